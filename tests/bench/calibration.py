"""Fits the numbers of `index.confidence`: `python -m tests.bench.calibration` prints them."""

import math
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from bot.settings import BotSettings
from index.build import build
from index.chunk import Chunker
from index.embed import SentenceEmbedder
from index.evaluate import read_questions
from index.generation import Generation
from index.retrieve import LEXICAL_WEIGHT, Retriever
from index.words import Language
from tests.bench.fusion import Scored, scored
from tests.bench.questions import read_set

SHARED = Path(__file__).parents[3] / "shared"
CORPUS = Path(__file__).parents[2] / "corpus"
QUESTIONS = Path(__file__).parents[1] / "eval" / "corpus.jsonl"
#: Share of answerable development questions that may be refused.
REFUSED = 0.10

Features = npt.NDArray[np.float64]


def examples(one: Scored) -> tuple[Features, npt.NDArray[np.bool_]]:
    """`dense` and `lexical` of the best hit, and whether it answers.

    Each question counts twice: with its paragraph, if that is found first, and without it.
    """
    numbers = np.arange(len(one.answers))
    hybrid = one.dense + LEXICAL_WEIGHT * one.lexical
    right = hybrid.argmax(1) == one.answers
    without = hybrid.copy()
    without[numbers, one.answers] = -np.inf
    wrong = without.argmax(1)
    rows = np.concatenate([numbers[right], numbers])
    columns = np.concatenate([one.answers[right], wrong])
    features = np.stack([one.dense[rows, columns], one.lexical[rows, columns]], axis=1)
    return features.astype(np.float64), np.arange(len(rows)) < right.sum()


def main() -> None:
    """Prints the weights, the constant and the operating point."""
    embedder = SentenceEmbedder.from_settings(BotSettings())
    found = [examples(one) for one in scored(embedder, SHARED / "eval")]
    model = LogisticRegression(C=10, class_weight="balanced")
    model.fit(np.concatenate([x for x, _ in found]), np.concatenate([y for _, y in found]))
    print("_DENSE, _LEXICAL", model.coef_[0].round(2), "_CONSTANT", model.intercept_.round(2))  # noqa: T201
    news = [(q.question, q.language) for q in read_set("articles-dev") if q.answerable]
    own = [
        (q.question, q.language)
        for q in read_questions(QUESTIONS)
        if q.evidence and int(q.id[1:]) % 2
    ]
    few, sure = _tenth(SHARED / "articles", news, model, embedder)
    many, surer = _tenth(CORPUS, own, model, embedder)
    growth = (surer - sure) / math.log(many / few)
    print(f"SURE {1 / (1 + math.exp(-sure)):.3f} _PASSAGES {growth:.2f} _FEW {few}")  # noqa: T201


def _tenth(
    articles: Path,
    asked: list[tuple[str, Language]],
    model: LogisticRegression,
    embedder: SentenceEmbedder,
) -> tuple[int, float]:
    """The passages of `articles`, and the log-odds under which a tenth of the answerable is."""
    with tempfile.TemporaryDirectory() as folder:
        build([articles], embedder, Path(folder), Chunker())
        generation = Generation.open(Path(folder), embedder)
        retriever = Retriever(generation, embedder)
        best = [retriever.search(question, language, 1).hits[0] for question, language in asked]
        features = np.array([[hit.dense, hit.lexical] for hit in best])
        passages = len(generation.living)
        generation.store.close()
    return passages, float(np.quantile(model.decision_function(features), REFUSED))


if __name__ == "__main__":
    main()
