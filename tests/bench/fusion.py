"""Hybrid retrieval against its halves, on the XQuAD development paragraphs."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.embed import Embedder, Vectors
from index.lexical import LexicalIndex
from index.model.evaluate import Reading, Result, ranked
from index.retrieve import LEXICAL_WEIGHT
from index.sentence import split_sentences
from index.words import Language

DIRECTIONS: tuple[tuple[Language, Language], ...] = (("de", "de"), ("en", "de"), ("en", "en"))


@dataclass(frozen=True, slots=True)
class Scored:
    """One direction, e.g. English questions on German paragraphs.

    `dense` and `lexical` have the shape (questions, paragraphs).
    """

    name: str
    dense: Vectors
    lexical: Vectors
    answers: npt.NDArray[np.int64]

    def results(self, weight: float = LEXICAL_WEIGHT) -> tuple[Result, Result, Result, Result]:
        """Dense, BM25, their ranks fused, and the hybrid of `index.retrieve`."""
        ranks = _reciprocal_ranks(self.dense) + _reciprocal_ranks(self.lexical)
        hybrid = self.dense + weight * self.lexical
        four = (self.dense, self.lexical, ranks, hybrid)
        dense, lexical, ranks_, hybrid_ = (ranked(self.name, one, self.answers) for one in four)
        return dense, lexical, ranks_, hybrid_

    def half(self, second: bool) -> "Scored":
        """The questions on every other paragraph, against all paragraphs."""
        chosen = self.answers % 2 == int(second)
        return Scored(self.name, self.dense[chosen], self.lexical[chosen], self.answers[chosen])


def scored(embedder: Embedder, folder: Path) -> Iterator[Scored]:
    """Yields the scores of a direction after the other; `folder` holds the XQuAD files."""
    read = {lang: Reading.read(folder / f"xquad-dev.{lang}.json") for lang in ("de", "en")}
    asked = {lang: embedder.embed_questions(reading.questions) for lang, reading in read.items()}
    for questions, paragraphs in DIRECTIONS:
        texts = read[paragraphs].paragraphs
        words = LexicalIndex.build(texts, [paragraphs] * len(texts))
        shares = [
            words.shares(words.read_question(question, questions))
            for question in read[questions].questions
        ]
        dense = _dense(embedder, asked[questions], texts, paragraphs)
        yield Scored(f"{questions}→{paragraphs}", dense, np.stack(shares), read[questions].answers)


def _dense(embedder: Embedder, asked: Vectors, texts: list[str], language: Language) -> Vectors:
    """As in `index.retrieve`: the mean of a paragraph's cosine and its best sentence's."""
    spans = [split_sentences(text, 0, language) for text in texts]
    sentences = [t[s.start : s.end] for t, found in zip(texts, spans, strict=True) for s in found]
    starts = np.cumsum([0, *(len(found) for found in spans)])[:-1]
    own = asked @ embedder.embed_passages(texts).T
    best = np.maximum.reduceat(asked @ embedder.embed_passages(sentences).T, starts, axis=1)
    found: Vectors = ((own + best) / 2).astype(np.float32)
    return found


def _reciprocal_ranks(scores: Vectors) -> Vectors:
    """Reciprocal-rank fusion's summand with its usual constant, 60 (Cormack et al. 2009)."""
    ranks = (-scores).argsort(1, kind="stable").argsort(1, kind="stable")
    found: Vectors = (1 / (61 + ranks)).astype(np.float32)
    return found
