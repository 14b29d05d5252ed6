"""Hybrid retrieval against its halves, on the XQuAD development paragraphs."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index.embed import Embedder, Vectors
from index.lexical import LexicalIndex
from index.model.evaluate import Reading, Result, ranked
from index.retrieve import LEXICAL_WEIGHT
from index.sentence import split_sentences
from index.words import Language

DIRECTIONS: tuple[tuple[Language, Language], ...] = (("de", "de"), ("en", "de"), ("en", "en"))


@dataclass(frozen=True, slots=True)
class Compared:
    """The results of one direction, e.g. English questions on German paragraphs."""

    dense: Result
    lexical: Result
    ranks: Result
    hybrid: Result


def compare(embedder: Embedder, folder: Path) -> Iterator[Compared]:
    """Yields a comparison a direction; `folder` holds the XQuAD files."""
    read = {lang: Reading.read(folder / f"xquad-dev.{lang}.json") for lang in ("de", "en")}
    asked = {
        lang: np.stack([embedder.embed_question(q) for q in reading.questions])
        for lang, reading in read.items()
    }
    for questions, paragraphs in DIRECTIONS:
        reading, answers = read[paragraphs], read[questions].answers
        dense = _dense(embedder, asked[questions], reading.paragraphs, paragraphs)
        words = LexicalIndex.build(reading.paragraphs, [paragraphs] * len(reading.paragraphs))
        texts = read[questions].questions
        lexical = np.stack([words.shares(words.read_question(q, questions)) for q in texts])
        name = f"{questions}→{paragraphs}"
        yield Compared(
            dense=ranked(name, dense, answers),
            lexical=ranked(name, lexical, answers),
            ranks=ranked(name, _reciprocal_ranks(dense) + _reciprocal_ranks(lexical), answers),
            hybrid=ranked(name, dense + LEXICAL_WEIGHT * lexical, answers),
        )


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
