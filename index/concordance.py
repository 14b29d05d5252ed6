"""How the passages of an index write a word: what stands where, beside what."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from index.aliases import MARK
from index.dense import Numbers
from index.lexical import LexicalIndex
from index.store import Places, Store
from index.words import Language, fold, stem

#: Passages looked at to learn how a word is used.
LOOKED_AT = 40
#: Times a name must be seen, and how often capitalised.
LEAST, CAPITAL = 2, 0.95
#: Words of which it is remembered how they are used, and passages that are.
REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk, verbatim and without accents."""

    text: str
    level: str
    language: Language


class Concordance:
    """The passages in which words stand; may be used from several threads.

    `articles` and `originals` are the numbers of the article that each chunk is of, and of the one
    that this translates, or itself.
    """

    def __init__(self, words: LexicalIndex, store: Store, places: Places) -> None:
        """`places` are those of `store.chunk_places`, which are a million rows in a large index."""
        self.words, self._store = words, store
        self.articles, self.originals = places[:, 0], places[:, 1]
        self._passage = lru_cache(maxsize=REMEMBERED)(self._read)

    def stems(self, word: str) -> frozenset[str]:
        """What the articles may have made of `word`."""
        return frozenset(stem(word, language) for language in self.words.languages)

    def holding(self, stems: Collection[str]) -> Numbers:
        """The chunks that have any of `stems`, ascending; at least one stem."""
        first, *others = (self.words.chunks(one) for one in stems)
        return np.unique(np.concatenate([first, *others])) if others else first

    def sample(self, stems: Collection[str], language: Language | None = None) -> Iterator[Passage]:
        """Some of the chunks that have any of `stems`, in `language` where one is given."""
        held = self.holding(stems)
        for number in held[:: max(1, len(held) // LOOKED_AT)][:LOOKED_AT].tolist():
            passage = self._passage(number)
            if language in (None, passage.language):
                yield passage

    def passages(self, chunks: Numbers) -> Iterator[Passage]:
        """These chunks."""
        return map(self._passage, chunks.tolist())

    def _read(self, number: int) -> Passage:
        chunk = self._store.chunk(number)
        _, language, text = self._store.written(number)
        own = text[chunk.start : chunk.end]
        return Passage(own, level(own), language)


def level(text: str) -> str:
    """`text` without accents; as long as it was, if its accents are written as one usually does."""
    return fold(text.replace("ß", "s"))


def own_stems(stems: Collection[str]) -> frozenset[str]:
    """`stems` without the keys of names."""
    return frozenset(one for one in stems if not one.startswith(MARK))


def written(words: Collection[str]) -> str:
    """A pattern for `words` in a text without accents, whatever their case ending."""
    return rf"\b(?:{'|'.join(map(re.escape, words))})\w{{0,2}}\b"
