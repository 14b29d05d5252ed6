"""The words' side of the index: BM25 over stems, and how much evidence the words of a question are.

BM25 is `bm25s` (Lù 2024; Lucene's variant, k1 = 1.5, b = 0.75). What is added here is a measure
that means the same for every question: the share of a question's word evidence that a chunk holds.
Each content word of the question weighs its inverse document frequency, and a word that no article
has weighs most, so an English question about German articles, sharing little but names with them,
gets small shares and the dense side decides; a German one gets large shares and the words decide.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import bm25s
import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process

from index.embed import Vectors
from index.errors import Damaged
from index.words import Language, content_words, stem, stems

#: Likeness (RapidFuzz ratio, 0 to 100) from which an unknown word is read as a misspelt known one.
ALIKE = 80.0
#: Characters a word must have before it is read as misspelt: short words are alike by chance.
LONG_ENOUGH = 5


@dataclass(frozen=True, slots=True)
class Term:
    """A content word of a question, the stems that stand for it, and its weight (idf, above 0)."""

    word: str
    stems: dict[str, float]  # stem → likeness, from 0 to 1
    weight: float

    @property
    def known(self) -> bool:
        """Whether any article has the word, or one much like it."""
        return bool(self.stems)


@dataclass(frozen=True, slots=True)
class QuestionWords:
    """The content words of a question as terms; empty for "what is this?" and the like."""

    terms: tuple[Term, ...]

    @property
    def weight(self) -> float:
        """The evidence that a chunk with every word would hold."""
        return sum(term.weight for term in self.terms)

    def share(self, present: Collection[str]) -> float:
        """The share (0 to 1) of the question's evidence in a text of the stems `present`."""
        if not self.terms:
            return 0.0
        found = sum(
            term.weight * max((like for s, like in term.stems.items() if s in present), default=0.0)
            for term in self.terms
        )
        return found / self.weight


@dataclass(frozen=True, slots=True)
class LexicalIndex:
    """BM25 weights of every stem in every chunk, chunks numbered from 0."""

    _bm25: bm25s.BM25
    languages: tuple[Language, ...]
    size: int

    @classmethod
    def build(cls, texts: Sequence[str], languages: Sequence[Language]) -> "LexicalIndex":
        """An index of `texts`, each stemmed in its language; at least one text."""
        bm25 = bm25s.BM25()
        pairs = zip(texts, languages, strict=True)
        # BM25 divides by the mean length: a text without words gets a stem no question has.
        bm25.index([stems(text, lang) or [""] for text, lang in pairs], show_progress=False)
        return cls(bm25, tuple(sorted(set(languages))), len(texts))

    @classmethod
    def read(cls, folder: Path, languages: tuple[Language, ...], size: int) -> "LexicalIndex":
        """Raises `Damaged` if the folder does not hold a whole index."""
        try:
            return cls(bm25s.BM25.load(folder), languages, size)
        except (OSError, ValueError, KeyError) as error:
            raise Damaged(f"{folder}: not a word index ({type(error).__name__})") from None

    def write(self, folder: Path) -> None:
        """Writes the index to `folder`, which is made if missing."""
        self._bm25.save(folder, show_progress=False)

    def read_question(self, question: str, language: Language) -> QuestionWords:
        """The words of `question` as this index knows them, misspelt ones included."""
        words = content_words(question, language)
        return QuestionWords(tuple(self._term(word, language) for word in words))

    def shares(self, words: QuestionWords) -> Vectors:
        """For every chunk, the BM25 score as a share of the question's weight; shape `(n,)`.

        From 0 to 1; above 0.2 is much: BM25 gives a word that stands once in a chunk of
        average length 0.4 of its weight.
        """
        total = np.zeros(self.size, dtype=np.float32)
        for term in words.terms:
            if not term.stems:
                continue
            best = np.zeros(self.size, dtype=np.float32)
            for found, likeness in term.stems.items():
                chunks, scores = self._postings(found)
                best[chunks] = np.maximum(best[chunks], likeness * scores)
            # The rarer of two stems may bring more than the term's weight, which the commoner set.
            total += np.minimum(best, term.weight)
        if words.terms:
            total /= words.weight
        return total

    def _term(self, word: str, language: Language) -> Term:
        # The chunk's language decides how it was stemmed, so a word is tried in each of them.
        tried = {stem(word, lang) for lang in self.languages}
        known = {found: 1.0 for found in tried if found in self._vocabulary}
        if not known and len(word) >= LONG_ENOUGH and not word.isdigit():
            known = self._alike(tried | {stem(word, language)})
        chunks = max((len(self._postings(found)[0]) for found in known), default=0)
        return Term(word, known, math.log(1 + (self.size - chunks + 0.5) / (chunks + 0.5)))

    def _alike(self, tried: Collection[str]) -> dict[str, float]:
        found: dict[str, float] = {}
        for wanted in tried:
            matches = process.extract(
                wanted, self._vocabulary.keys(), scorer=fuzz.ratio, score_cutoff=ALIKE, limit=3
            )
            for match, score, _ in matches:
                if not match.isdigit():
                    found[match] = max(found.get(match, 0.0), score / 100)
        return found

    @property
    def _vocabulary(self) -> dict[str, int]:
        vocabulary: dict[str, int] = self._bm25.vocab_dict
        return vocabulary

    def _postings(self, found: str) -> tuple[npt.NDArray[np.int32], Vectors]:
        """The chunks that hold a stem, and its BM25 score in each."""
        number = self._vocabulary[found]
        matrix = self._bm25.scores
        begin, end = matrix["indptr"][number], matrix["indptr"][number + 1]
        return matrix["indices"][begin:end], matrix["data"][begin:end]
