"""Fits the numbers of `index.confidence`: `python -m tests.bench.calibration [--write]`.

Fitted on questions of XQuAD and PIAF, each with its answer in the index and again without, so that
nothing but the passages tells the two apart: in the project's own question sets, those without an
answer are shorter than the others, which a model would learn. What the features give is then
weighed against what the cross-encoder says, on the same questions. Fitted with them, at a tenth of
the weight, are those own sets: the development questions on the two news articles, every other one
on the shipped corpus (odd numbers), and those for topics of it. The rest on the corpus show what
the numbers are worth; no test questions are looked at.
"""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from bot.settings import BotSettings
from index.build import build
from index.chunk import Chunker
from index.confidence import FILE, Again, Fitted, features
from index.embed import SentenceEmbedder
from index.evaluate import evaluate, read_questions
from index.generation import Generation
from index.retrieve import Found, Query, Retriever
from tests.bench.questions import read_set
from tests.bench.ranking import sets

SHARED = Path(__file__).parents[3] / "shared"
CORPUS = Path(__file__).parents[2] / "corpus"
QUESTIONS = Path(__file__).parents[1] / "eval" / "corpus.jsonl"
TOPICS = QUESTIONS.with_name("topics-dev.jsonl")
#: Log-odds of the features within which the cross-encoder is asked.
_DOUBT = (-3.0, 1.0)
#: Share of answerable development questions that may be refused: the most that this project allows
#: itself, for a wrong answer is worse than none.
REFUSED = 0.12
#: Hits in which those without the answer are looked for.
DEEP = 20
#: What the questions of XQuAD and PIAF count together; the others count 1 each.
_WIKI = 3_000
#: Shares of answerable questions refused that the curve shows.
_SHARES = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3)
_out = Console(highlight=False, width=100)


@dataclass(frozen=True, slots=True)
class Example:
    """What is known of a question and its best passage; whether it has an answer, and if there."""

    features: dict[str, float]
    checked: float
    answerable: bool
    right: bool
    near: bool


def main() -> None:
    """Prints how well refusals go, and the numbers; writes them with `--write`."""
    embedder = SentenceEmbedder.from_settings(BotSettings())
    wiki = list(_wiki(embedder))
    news = list(_news(embedder))
    own, topics = _own(embedder, QUESTIONS), _own(embedder, TOPICS)
    development, rest = [*news, *own[::2], *topics], own[1::2]
    both = [*wiki, *development]
    counts = np.repeat([_WIKI / len(wiki), 1.0], [len(wiki), len(development)])
    right = [one.right for one in both]
    crossed, weights, constant = _fitted(_matrix(both), right, counts)
    # As many are refused of few passages as of many.
    passages = list(development[0].features).index("log_passages")
    weights[passages], shift = _growth(news, own[::2], weights, passages)
    constant += shift * float(np.mean(_matrix(both)[:, passages]))
    checked = np.array([one.checked for one in both])
    crossed, _, _ = _fitted(np.column_stack([crossed, checked]), right, counts)
    odds = _matrix(both) @ weights + constant
    _, again, more = _fitted(np.column_stack([odds, checked]), right, counts)
    found = Fitted(
        constant=round(constant, 3),
        weights=dict(zip(development[0].features, np.round(weights, 3).tolist(), strict=True)),
        again=Again(constant=round(more, 3), before=round(again[0], 3), checked=round(again[1], 3)),
        doubt=_DOUBT,
        sure=0,
        likely=0,
    )
    given = _confidences(development, found)
    crossed = 1 / (1 + np.exp(-crossed[len(wiki) :]))
    # Topics are so rarely refused that with them more of the others would be.
    others = slice(len(development) - len(topics))
    sure = round(_point(development[others], given[others]), 3)
    likely = round(_likely(development[others], given[others]), 3)
    found = found.model_copy(update={"sure": sure, "likely": likely})

    table = Table("questions", "refused wrongly", "rightly", "near misses", "Brier", "AUC", "AP")
    table.add_row("development, crossed", *_row(development, crossed, _point(development, crossed)))
    table.add_row("  the articles'", *_row(news, given[: len(news)], sure))
    table.add_row("  the corpus's", *_row(own[::2], given[others][len(news) :], sure))
    held_out = _confidences(rest, found)
    table.add_row("corpus, the rest", *_row(rest, held_out, sure))
    _out.print(table)
    curve = Table("refused wrongly (the rest)", *(f"{share:.0%}" for share in _SHARES))
    curve.add_row("point", *(f"{np.quantile(_yes(rest, held_out), s):.2f}" for s in _SHARES))
    curve.add_row("refused rightly", *(f"{r:.0%}" for r, _ in _curve(rest, held_out)))
    curve.add_row("of refusals right", *(f"{p:.0%}" for _, p in _curve(rest, held_out)))
    _out.print(curve)
    doubted = np.mean([_DOUBT[0] <= one <= _DOUBT[1] for one in _odds(rest, found)])
    _out.print(f"Read once more of the rest: {doubted:.0%}")
    written = found.model_dump_json(indent=2) + "\n"
    _out.print(written)
    if "--write" in sys.argv[1:]:
        FILE.write_text(written, "utf-8")


def _wiki(embedder: SentenceEmbedder) -> Iterator[Example]:
    """Every third question twice: with its answer in the index, and with the hits that lack it."""
    with tempfile.TemporaryDirectory() as folder:
        for _, retriever, language, asked in sets(Path(folder), embedder):
            for one in asked[::3]:
                found = retriever.search(one.question, language, DEEP)
                held = [one.within(h.article.id, h.chunk.start, h.chunk.end) for h in found.hits]
                lacking = [h for h, holds in zip(found.hits, held, strict=True) if not holds]
                check = partial(retriever.check, one.question, language)
                yield Example(features(found), check(found.hits[0]) or 0, True, held[0], False)
                if lacking:
                    without = replace(found, hits=retriever.read(one.question, language, lacking))
                    checked = check(without.hits[0]) or 0
                    yield Example(features(without), checked, False, False, False)


def _news(embedder: SentenceEmbedder) -> Iterator[Example]:
    asked = [*read_set("articles-dev"), *read_set("articles-more")]
    queries = [Query.of(one.question, one.language) for one in asked]
    with _opened(SHARED / "articles", embedder) as retriever:
        every = retriever.search_many(queries, 1)
        checks = _checks(retriever, queries, every)
    for one, found, checked in zip(asked, every, checks, strict=True):
        best = found.hits[0]
        right = best.article.id == one.article and any(
            begin < best.chunk.end and best.chunk.start < end for begin, end in one.evidence
        )
        off = one.kind == "off-topic"
        near = not one.answerable and not off
        yield Example(features(found), checked, one.answerable, right, near)


def _own(embedder: SentenceEmbedder, questions: Path) -> list[Example]:
    asked = read_questions(questions)
    with _opened(CORPUS, embedder) as retriever:
        outcomes = evaluate(asked, retriever, 0.0)
        queries = [Query.of(one.question, one.language) for one in asked]
        found = retriever.search_many(queries, 1)
        checks = _checks(retriever, queries, found)
    return [
        Example(
            features(best),
            checked,
            bool(outcome.question.evidence),
            outcome.rank == 1,
            outcome.question.kind == "near miss",
        )
        for outcome, best, checked in zip(outcomes, found, checks, strict=True)
    ]


@contextmanager
def _opened(articles: Path, embedder: SentenceEmbedder) -> Iterator[Retriever]:
    with tempfile.TemporaryDirectory() as folder:
        build([articles], embedder, Path(folder), Chunker())
        generation = Generation.open(Path(folder), embedder)
        yield Retriever(generation, embedder)
        generation.store.close()


def _growth(
    few: Sequence[Example], many: Sequence[Example], weights: np.ndarray, passages: int
) -> tuple[float, float]:
    """The weight of `log_passages` at which as many are refused of both; by how much it is less."""
    points, sizes = [], []
    for some in (few, many):
        held = _matrix(some)
        without = held @ weights - weights[passages] * held[:, passages]
        points.append(_point(some, without))
        sizes.append(held[0, passages])
    weight = -(points[1] - points[0]) / (sizes[1] - sizes[0])
    return float(weight), float(weights[passages] - weight)


def _checks(retriever: Retriever, queries: Sequence[Query], every: Sequence[Found]) -> list[float]:
    """What the cross-encoder says of the best hits, in doubt or not."""
    return [
        retriever.check(query.text, query.language, found.hits[0]) or 0.0
        for query, found in zip(queries, every, strict=True)
    ]


def _fitted(
    given: np.ndarray, right: Sequence[bool], counts: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """Log-odds of what was left out of ten fits each time; then weights and constant of all."""
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(C=0.3))
    weighed = {"logisticregression__sample_weight": counts}
    crossed = cross_val_predict(
        pipeline, given, right, cv=KFold(10), method="decision_function", params=weighed
    )
    pipeline.fit(given, right, **weighed)
    scaler, model = pipeline[0], pipeline[1]
    weights = model.coef_[0] / scaler.scale_
    return crossed, weights, float(model.intercept_[0] - (weights * scaler.mean_).sum())


def _odds(examples: Sequence[Example], found: Fitted) -> np.ndarray:
    odds: np.ndarray = _matrix(examples) @ list(found.weights.values()) + found.constant
    return odds


def _confidences(examples: Sequence[Example], found: Fitted) -> np.ndarray:
    odds, again = _odds(examples, found), found.again
    checked = np.array([one.checked for one in examples])
    both = again.constant + again.before * odds + again.checked * checked
    in_doubt = (found.doubt[0] <= odds) & (odds <= found.doubt[1])
    given: np.ndarray = 1 / (1 + np.exp(-np.where(in_doubt, both, odds)))
    return given


def _matrix(examples: Sequence[Example]) -> np.ndarray:
    return np.array([list(one.features.values()) for one in examples])


def _yes(examples: Sequence[Example], given: np.ndarray) -> np.ndarray:
    return given[[one.answerable for one in examples]]


def _point(examples: Sequence[Example], given: np.ndarray) -> float:
    return float(np.quantile(_yes(examples, given), REFUSED))


def _likely(examples: Sequence[Example], given: np.ndarray) -> float:
    """The least confidence at which an answer is likelier right than not (isotonic regression)."""
    order = np.argsort(given)
    right = [examples[number].right for number in order]
    likelihood = IsotonicRegression().fit_transform(given[order], right)
    reached = likelihood >= 0.5
    return float(given[order[np.argmax(reached)]]) if reached.any() else 1.0


def _row(examples: Sequence[Example], given: np.ndarray, sure: float) -> list[str]:
    answerable = np.array([one.answerable for one in examples])
    near = np.array([one.near for one in examples])
    right = np.array([one.right for one in examples])
    refused = given < sure
    shares = (refused[answerable], refused[~answerable], refused[near])
    return [
        *(f"{share.mean():.0%}" for share in shares),
        f"{brier_score_loss(right, given):.3f}",
        f"{roc_auc_score(answerable, given):.3f}",
        f"{average_precision_score(right, given):.3f}",
    ]


def _curve(examples: Sequence[Example], given: np.ndarray) -> Iterator[tuple[float, float]]:
    """For each of `_SHARES`: the share of unanswerable questions refused, of refusals right."""
    answerable = np.array([one.answerable for one in examples])
    for share in _SHARES:
        refused = given < np.quantile(given[answerable], share)
        yield float(refused[~answerable].mean()), float((~answerable)[refused].mean())


if __name__ == "__main__":
    main()
