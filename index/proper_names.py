"""The proper names in a question, which an article must have to answer it.

Told by how the articles write: what English and French both write with a capital letter is a name;
German writes every noun so, and English "European". Where there are not articles in both languages
nothing is told.
"""

import re
from functools import lru_cache

import numpy as np

from index.concordance import CAPITAL, LEAST, REMEMBERED, Concordance, level, own_stems, written
from index.dense import Flags, Numbers
from index.lexical import QuestionWords, Term
from index.words import Language

#: From so many passages on, looking which articles have a name would take milliseconds, and those
#: that are found will have it.
COMMON = 10_000
_BOTH: tuple[Language, ...] = ("en", "fr")


class ProperNames:
    """What the articles of an index write as names; may be used from several threads."""

    def __init__(self, passages: Concordance) -> None:
        self._passages = passages
        self._are = lru_cache(maxsize=REMEMBERED)(self._is_name)

    def among(self, read: QuestionWords) -> tuple[Term, ...]:
        """The words of a question that are names, but for those misspelt."""
        return tuple(
            term
            for term in read.terms
            if any(likeness == 1 for likeness in term.stems.values())
            and self._are(level(term.word), frozenset(term.stems))
        )

    def all_in(self, names: tuple[Term, ...], chunks: Numbers) -> Flags:
        """Which of `chunks` are of articles that have all of `names`; shape `(len(chunks),)`.

        An article has what any of its translations has; `COMMON` names are not looked for.
        """
        of = self._passages.originals
        there = np.ones(len(chunks), dtype=np.bool_)
        for name in names:
            held = self._passages.holding(tuple(name.stems))
            if len(held) <= COMMON:
                there &= np.isin(of[chunks], of[held])
        return there

    def _is_name(self, word: str, stems: frozenset[str]) -> bool:
        own = own_stems(stems)
        name = re.compile(written((word,)), re.IGNORECASE)
        for language in _BOTH:
            passages = self._passages.sample(own, language) if own else iter(())
            capital = [found[0].isupper() for one in passages for found in name.findall(one.level)]
            if len(capital) < LEAST or sum(capital) < CAPITAL * len(capital):
                return False
        return True
