"""Fits the numbers of `index.confidence`: `python -m tests.bench.calibration` prints them."""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from bot.engine import Engine
from bot.settings import BotSettings
from index.build import build
from index.chunk import Chunker
from index.embed import SentenceEmbedder
from index.retrieve import LEXICAL_WEIGHT
from tests.bench.fusion import Scored, scored
from tests.bench.questions import read_set

SHARED = Path(__file__).parents[3] / "shared"
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
    with tempfile.TemporaryDirectory() as folder:
        settings = BotSettings(index=Path(folder))
        build([SHARED / "articles"], embedder, settings.index, Chunker(), _silent)
        engine = replace(Engine.open(settings), sure=0.0)
        asked = [question for question in read_set("articles-dev") if question.answerable]
        best = [engine.retriever.search(q.question, q.language, 1).hits[0] for q in asked]
    features = np.array([[hit.dense, hit.lexical] for hit in best])
    sure = np.quantile(model.predict_proba(features)[:, 1], REFUSED)
    print(f"SURE {sure:.3f}")  # noqa: T201


def _silent(what: str, done: int, total: int) -> None:
    pass


if __name__ == "__main__":
    main()
