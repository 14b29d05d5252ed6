"""Hybrid retrieval against its halves, on the XQuAD development paragraphs."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.embed import Embedder, Vectors
from index.lexical import LexicalIndex, QuestionWords
from index.likeness import WordLikeness
from index.model.evaluate import Reading, Result, ranked
from index.retrieve import LEXICAL_WEIGHT, LIKENESS_WEIGHT
from index.sentence import split_sentences
from index.words import Language, content_words

DIRECTIONS: tuple[tuple[Language, Language], ...] = (("de", "de"), ("en", "de"), ("en", "en"))


@dataclass(frozen=True, slots=True)
class Scored:
    """One direction, e.g. English questions on German paragraphs.

    `dense`, `lexical` and `likeness` have the shape (questions, paragraphs).
    """

    name: str
    dense: Vectors
    lexical: Vectors
    likeness: Vectors
    answers: npt.NDArray[np.int64]

    @property
    def hybrid(self) -> Vectors:
        """The scores of `index.retrieve`."""
        words = LEXICAL_WEIGHT * self.lexical + LIKENESS_WEIGHT * self.likeness
        found: Vectors = self.dense + words
        return found

    def results(self) -> tuple[Result, Result, Result, Result]:
        """Dense, BM25, their ranks fused, and the hybrid of `index.retrieve`."""
        ranks = _reciprocal_ranks(self.dense) + _reciprocal_ranks(self.lexical)
        four = (self.dense, self.lexical, ranks, self.hybrid)
        dense, lexical, ranks_, hybrid_ = (ranked(self.name, one, self.answers) for one in four)
        return dense, lexical, ranks_, hybrid_

    def half(self, second: bool) -> "Scored":
        """The questions on every other paragraph, against all paragraphs."""
        chosen = self.answers % 2 == int(second)
        parts = (self.dense[chosen], self.lexical[chosen], self.likeness[chosen])
        return Scored(self.name, *parts, self.answers[chosen])


def scored(embedder: Embedder, folder: Path) -> Iterator[Scored]:
    """Yields the scores of a direction after the other; `folder` holds the XQuAD files."""
    read = {lang: Reading.read(folder / f"xquad-dev.{lang}.json") for lang in ("de", "en")}
    asked = {lang: embedder.embed_questions(reading.questions) for lang, reading in read.items()}
    for questions, paragraphs in DIRECTIONS:
        texts = read[paragraphs].paragraphs
        words = LexicalIndex.build(texts, [paragraphs] * len(texts))
        read_as = [words.read_question(text, questions) for text in read[questions].questions]
        shares = np.stack([words.shares(one) for one in read_as])
        dense = _dense(embedder, asked[questions], texts, paragraphs)
        alike = _likeness(embedder, read_as, texts, paragraphs)
        name = f"{questions}→{paragraphs}"
        yield Scored(name, dense, shares, alike, read[questions].answers)


def _dense(embedder: Embedder, asked: Vectors, texts: list[str], language: Language) -> Vectors:
    """As in `index.retrieve`: the mean of a paragraph's cosine and its best sentence's."""
    spans = [split_sentences(text, 0, language) for text in texts]
    sentences = [t[s.start : s.end] for t, found in zip(texts, spans, strict=True) for s in found]
    starts = np.cumsum([0, *(len(found) for found in spans)])[:-1]
    own = asked @ embedder.embed_passages(texts).T
    best = np.maximum.reduceat(asked @ embedder.embed_passages(sentences).T, starts, axis=1)
    found: Vectors = ((own + best) / 2).astype(np.float32)
    return found


def _likeness(
    embedder: Embedder, asked: list[QuestionWords], texts: list[str], language: Language
) -> Vectors:
    compared = WordLikeness(embedder, lambda number: [content_words(texts[number], language)])
    rows = []
    for one in asked:
        alike = compared.of([term.word for term in one.terms], range(len(texts)))
        weights = np.array([term.weight for term in one.terms]) / max(one.weight, 1e-9)
        rows.append(np.concatenate(alike) @ weights)
    found: Vectors = np.stack(rows).astype(np.float32)
    return found


def _reciprocal_ranks(scores: Vectors) -> Vectors:
    """Reciprocal-rank fusion's summand with its usual constant, 60 (Cormack et al. 2009)."""
    ranks = (-scores).argsort(1, kind="stable").argsort(1, kind="stable")
    found: Vectors = (1 / (61 + ranks)).astype(np.float32)
    return found
