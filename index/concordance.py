"""How the passages of an index write a word: what stands where, beside what."""

import re
from collections.abc import Collection, Iterator

import numpy as np

from index.aliases import MARK
from index.dense import Numbers
from index.lexical import LexicalIndex
from index.store import Places, Store
from index.words import Language, stem

#: Passages looked at to learn how a word is used.
LOOKED_AT = 40
#: Times a name must be seen, and how often capitalised.
LEAST, CAPITAL = 2, 0.95
#: Words of which it is remembered how they are used.
REMEMBERED = 10_000


class Concordance:
    """The passages in which words stand; may be used from several threads.

    `articles` and `originals` are the numbers of the article that each chunk is of, and of the one
    that this translates, or itself.
    """

    def __init__(self, words: LexicalIndex, store: Store, places: Places) -> None:
        """`places` are those of `store.chunk_places`, which are a million rows in a large index."""
        self.words, self._store = words, store
        self.articles, self.originals = places[:, 0], places[:, 1]

    def stems(self, word: str) -> frozenset[str]:
        """What the articles may have made of `word`."""
        return frozenset(stem(word, language) for language in self.words.languages)

    def holding(self, stems: Collection[str]) -> Numbers:
        """The chunks that have any of `stems`, ascending; at least one stem."""
        first, *others = (self.words.chunks(one) for one in stems)
        return np.unique(np.concatenate([first, *others])) if others else first

    def sample(self, stems: Collection[str], language: Language | None = None) -> Iterator[str]:
        """Some of the chunks that have any of `stems`, in `language` where one is given."""
        held = self.holding(stems)
        for number in held[:: max(1, len(held) // LOOKED_AT)][:LOOKED_AT].tolist():
            text, written = self._read(number)
            if language in (None, written):
                yield text

    def texts(self, chunks: Numbers) -> Iterator[str]:
        """These chunks, verbatim."""
        return (self._read(number)[0] for number in chunks.tolist())

    def _read(self, number: int) -> tuple[str, Language]:
        chunk = self._store.chunk(number)
        _, language, text = self._store.written(number)
        return text[chunk.start : chunk.end], language


def own_stems(stems: Collection[str]) -> frozenset[str]:
    """`stems` without the keys of names."""
    return frozenset(one for one in stems if not one.startswith(MARK))


def written(words: Collection[str]) -> str:
    """A pattern for `words` in a text without accents, whatever their case ending."""
    return rf"\b(?:{'|'.join(map(re.escape, words))})\w{{0,2}}\b"
