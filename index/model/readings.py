"""Questions beside passages that answer them, or nearly do: what readers are trained on.

Questions that a passage nearly answers were written beside it (`unanswered.jsonl`): they ask for
what it does not tell, or take for true what it does not say. Their wording alone gives them away to
some degree, so each counts by how little it does (inverse propensity; Rosenbaum & Rubin 1983).
Beside them are reports of invented affairs (`reports.jsonl`): what one of them answers is asked of
the others too, so that its wording tells nothing. Or a question has a twin, worded alike, that none
answers (`twins.jsonl`).
"""

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

from index.embed import SentenceEmbedder
from index.model.examples import REPORTS
from index.model.pairs import Pairs, held_out_lines
from index.model.questions import Asked, Written, read_questions, read_written, unwritten
from index.model.reports import Affair
from index.model.rows import read_rows
from index.sentence import split_sentences
from index.words import Language

#: Called as work goes on: what is done, how much of it, of how much.
Progress = Callable[[str, int, int], None]
Sentences = tuple[str, ...]

QUESTIONS = Path(__file__).with_name("questions.jsonl")
UNANSWERED = Path(__file__).with_name("unanswered.jsonl")
#: Every so manieth passage with written questions, and affair, is kept to measure with.
_KEPT_APART = 12
#: Passages most like a question, of which one is paired with it as a wrong one; and the share of
#: questions for which that is done.
_NEAR, _NEAR_SHARE = 5, 0.6
#: Reports of its affair that a question is asked of though they do not answer it; and how much more
#: counts the one that does, of which there are fewer, and the one that a twin is asked of.
_OTHERS, _RIGHT = 2, 2.0
#: How often questions on an affair whose questions have twins, and these, are seen beside their
#: report while all else is once.
_TWINS = 3
#: Texts that are embedded in one go.
_AT_ONCE = 1_000
#: Bounds of how much one question may count.
_LEAST, _MOST = 0.3, 4.0


@dataclass(frozen=True, slots=True)
class Reading:
    """A question and the sentences of a passage, and whether it tells what is asked.

    `kind` is how they came together: "told", "near" (a passage like the right one), "untold" or
    "false" (written beside the passage; asks for what it does not tell, takes for true what it does
    not say), or "twin" (either, worded like one that it tells). Only where a question was `written`
    does its wording say something of the kind.
    """

    question: str
    passage: Sentences
    kind: str
    written: bool
    counts: float = 1.0
    times: int = 1  # how often it is seen while others are once

    @property
    def told(self) -> bool:
        """Whether the passage answers."""
        return self.kind == "told"


@dataclass(frozen=True, slots=True)
class Sources:
    """Where readings come from.

    `pairs` and `texts` are as for the embedding model, with a clone of
    PhongNTDo/guide_train_MRC_transformers in `texts`; lines of `evaluation` are left out.
    """

    pairs: Path
    texts: Path
    evaluation: Path
    written: Path = QUESTIONS
    unanswered: Path = UNANSWERED
    reports: Sequence[Path] = REPORTS


@dataclass(frozen=True, slots=True)
class Readings:
    """What is learned, and what is kept apart to measure with: of passages, and of affairs."""

    learned: tuple[Reading, ...]
    apart: tuple[Reading, ...]
    reported: tuple[Reading, ...]

    @classmethod
    def gather(
        cls, sources: Sources, embedder: SentenceEmbedder, seed: int, progress: Progress
    ) -> "Readings":
        """All of `sources`; `embedder` finds the passages that are like the right ones.

        Raises `TrainingDataError`.
        """
        data = Pairs.read(sources.pairs, held_out_lines(sources.evaluation))
        asked = read_written(sources.written, data)
        nearly = read_unanswered(sources.unanswered)
        affairs = read_rows(Affair, *sources.reports)
        near = _near(asked, embedder, progress)
        learned, apart = _of_passages(asked, nearly, near, sources.texts, seed)
        of_reports, reported = _of_reports(affairs, seed)
        weighed = [*_weighed(of_reports), *_weighed(learned)]
        several = (one for one in weighed for _ in range(one.times))
        return cls(tuple(several), tuple(apart), tuple(reported))


def read_unanswered(path: Path) -> dict[str, dict[str, list[str]]]:
    """By passage and kind, the questions written beside passages that do not answer them."""
    try:
        rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        return {
            row["passage"]: {
                kind: [one for asked in row.get(kind, {}).values() for one in asked]
                for kind in ("untold", "false")
            }
            for row in rows
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise unwritten(path, error) from None


def _of_passages(
    written: Sequence[Written],
    unanswered: Mapping[str, Mapping[str, Sequence[str]]],
    near: Mapping[str, Sequence[int]],
    texts: Path,
    seed: int,
) -> tuple[list[Reading], list[Reading]]:
    """What is learned, and what is kept apart to measure with."""
    chance = random.Random(seed)  # noqa: S311 - nothing is secret
    learned: list[Reading] = []
    apart: list[Reading] = []
    for number, one in enumerate(written):
        into = learned if number % _KEPT_APART else apart
        for language, questions in one.questions.items():
            for question in questions:
                into.append(Reading(question, _passage(one, language, chance), "told", True))
                if chance.random() < _NEAR_SHARE:
                    other = written[chance.choice(near[question])]
                    passage = _passage(other, language, chance)
                    into.append(Reading(question, passage, "near", False))
        for kind, nearly in unanswered.get(one.name, {}).items():
            for question in nearly:
                language = chance.choice(list(one.passages))
                into.append(Reading(question, _sentences(one, language), kind, True))
    asked = read_questions(texts / "fquad-exploration/data/valid.json")
    learned += _by_others(asked, "fr", chance)
    asked = read_questions(texts / "guide_train_MRC_transformers/train-v2.0.json")
    learned += _by_others(asked, "en", chance)
    return learned, apart


def _of_reports(affairs: Sequence[Affair], seed: int) -> tuple[list[Reading], list[Reading]]:
    """What is learned from `affairs`, and what is kept apart to measure with."""
    chance = random.Random(seed)  # noqa: S311 - nothing is secret
    learned: list[Reading] = []
    apart: list[Reading] = []
    for number, affair in enumerate(affairs):
        (learned if number % _KEPT_APART else apart).extend(_asked_of(affair, chance))
    return learned, apart


def _asked_of(affair: Affair, chance: random.Random) -> Iterator[Reading]:
    """Every question of an affair, beside the report that answers it and some that do not."""
    passages = [_split(one.text, one.language) for one in affair.passages]
    times = _TWINS if any(one.passage is not None for one in affair.untold) else 1
    for told in affair.told:
        yield Reading(told.question, passages[told.passage], "told", True, _RIGHT, times)
        others = [one for number, one in enumerate(passages) if number != told.passage]
        for one in chance.sample(others, min(_OTHERS, len(others))):
            yield Reading(told.question, one, "near", False)
    for untold in affair.untold:
        if untold.passage is not None:
            yield Reading(untold.question, passages[untold.passage], "twin", True, _RIGHT, times)
            continue
        for one in chance.sample(passages, min(_OTHERS, len(passages))):
            yield Reading(untold.question, one, "untold", True)


def _near(
    written: Sequence[Written], embedder: SentenceEmbedder, progress: Progress
) -> dict[str, list[int]]:
    """By question, the numbers of the passages most like it but for its own."""
    passages = embedder.embed_passages([one.passages["en"] for one in written])
    owners = [n for n, one in enumerate(written) for some in one.questions.values() for _ in some]
    questions = [q for one in written for some in one.questions.values() for q in some]
    found: dict[str, list[int]] = {}
    for begin in range(0, len(questions), _AT_ONCE):
        some = questions[begin : begin + _AT_ONCE]
        cosines = embedder.embed_questions(some) @ passages.T
        best = np.argsort(-cosines, axis=1)[:, : _NEAR + 1]
        for own, question, row in zip(owners[begin:], some, best.tolist(), strict=False):
            found[question] = [number for number in row if number != own][:_NEAR]
        progress("comparing", begin + len(some), len(questions))
    return found


def _passage(one: Written, language: Language, chance: random.Random) -> Sentences:
    """The passage in the question's language, half of the time, or in any."""
    own = language in one.passages and chance.random() < 0.5
    return _sentences(one, language if own else chance.choice(list(one.passages)))


def _sentences(one: Written, language: Language) -> Sentences:
    return _split(one.passages[language], language)


@lru_cache(maxsize=100_000)
def _split(text: str, language: Language) -> Sentences:
    """A passage as it is kept in an index, or as one sentence where there is none to be found."""
    found = tuple(text[one.start : one.end] for one in split_sentences(text, 0, language))
    return found or (text,)


def _by_others(
    asked: Sequence[Asked], language: Language, chance: random.Random
) -> Iterator[Reading]:
    """Questions of others, beside their passage and some beside another of the same article."""
    groups: dict[str, list[str]] = {}
    for one in asked:
        groups.setdefault(one.group, []).append(one.passage)
    for one in asked:
        yield Reading(one.question, _split(one.passage, language), "told", False)
        others = [passage for passage in groups[one.group] if passage != one.passage]
        if others and chance.random() < 0.5:
            other = _split(chance.choice(others), language)
            yield Reading(one.question, other, "near", False)


def _weighed(readings: Sequence[Reading]) -> list[Reading]:
    """`readings`, in which no written question counts for what its wording gives away."""
    written = [number for number, one in enumerate(readings) if one.written]
    told = np.array([readings[number].told for number in written])
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=3, sublinear_tf=True)
    seen = words.fit_transform([readings[number].question for number in written])
    model = LogisticRegression(C=1, max_iter=400)
    share = cross_val_predict(model, seen, told, cv=5, method="predict_proba")[:, 1]
    counts = np.where(told, told.mean() / share, (1 - told.mean()) / (1 - share))
    found = list(readings)
    for number, one in zip(written, np.clip(counts, _LEAST, _MOST).tolist(), strict=True):
        found[number] = replace(readings[number], counts=readings[number].counts * one)
    return found
