"""How alike the words of a question and of a passage are, where they are not the same.

BM25 sees that a passage has a question's word; this sees that it has one much like it: "coup" for
"Putsch", "blockierten" for "Blockade". Every word of the question is compared with every word of
the text, and the most alike counts (MaxSim, Khattab and Zaharia 2020). A word's vector is the mean
of the embedding model's input vectors of its pieces, so no text is run through the model, and
nothing is stored. Vectors are rounded to whole numbers from -127 to 127, whose products and sums
are exact in single precision: a likeness is the same to the last digit, whatever else is compared.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from index.embed import Embedder, Vectors

#: Cosines between which likeness grows from 0 to 1. Unrelated words lie below, forms of one word
#: and translations above. Chosen on the XQuAD and PIAF development questions.
_UNLIKE, _ALIKE = 0.2, 0.7
#: Words and passages of articles remembered; when there are more, reading begins anew.
_WORDS, _PASSAGES = 200_000, 100_000
_SCALE = 127

Words = Sequence[str]
_Ids = npt.NDArray[np.int64]
_Rounded = npt.NDArray[np.int8]


@dataclass
class WordLikeness:
    """Compares questions with passages; `read` gives the words of a passage, text by text.

    A text without words is like nothing. What people ask is not kept. Safe to call from several
    threads.
    """

    embedder: Embedder
    read: Callable[[int], Sequence[Words]]
    _numbers: dict[str, int] = field(default_factory=dict)
    _vectors: _Rounded = field(default_factory=lambda: np.zeros((0, 0), dtype=np.int8))
    _known: dict[int, tuple[_Ids, ...]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def of(self, words: Words, passages: Sequence[int]) -> list[Vectors]:
        """For each of `passages`, the likeness of `words` to its texts, from 0 to 1.

        Shapes `(texts of the passage, len(words))`.
        """
        if not passages:
            return []
        with self._lock:
            if len(self._numbers) > _WORDS or len(self._known) > _PASSAGES:
                self._forget()
            self._learn([passage for passage in passages if passage not in self._known])
            texts = [self._known[passage] for passage in passages]
            vectors = self._vectors
            known = np.array([self._numbers.get(word, -1) for word in words], dtype=np.int64)
        asked = vectors[known]
        if new := [word for word, number in zip(words, known, strict=True) if number < 0]:
            asked[known < 0] = self._rounded(new)
        return _compare(vectors, asked, texts)

    def _learn(self, passages: Sequence[int]) -> None:
        """Reads passages and looks up the vectors of all their new words at once."""
        # The empty word, like nothing, keeps a text without words from being none.
        read = {
            passage: [["", *words] for words in self.read(passage)]
            for passage in dict.fromkeys(passages)
        }
        words = (word for texts in read.values() for text in texts for word in text)
        new = [word for word in dict.fromkeys(words) if word not in self._numbers]
        if new:
            rounded = self._rounded(new)
            first = len(self._numbers)
            if first + len(new) > len(self._vectors):
                grown = np.zeros((2 * (first + len(new)), rounded.shape[1]), dtype=np.int8)
                if first:
                    grown[:first] = self._vectors[:first]
                self._vectors = grown
            self._vectors[first : first + len(new)] = rounded
            self._numbers.update({word: first + place for place, word in enumerate(new)})
        for passage, texts in read.items():
            self._known[passage] = tuple(
                np.array([self._numbers[word] for word in text], dtype=np.int64) for text in texts
            )

    def _rounded(self, words: Words) -> _Rounded:
        return np.rint(self.embedder.word_vectors(list(words)) * _SCALE).astype(np.int8)

    def _forget(self) -> None:
        self._numbers.clear()
        self._known.clear()
        self._vectors = np.zeros((0, 0), dtype=np.int8)


def _compare(vectors: _Rounded, asked: _Rounded, texts: list[tuple[_Ids, ...]]) -> list[Vectors]:
    flat = [ids for some in texts for ids in some]
    if not flat or not len(asked):
        return [np.zeros((len(some), len(asked)), dtype=np.float32) for some in texts]
    every, places = np.unique(np.concatenate(flat), return_inverse=True)
    products = vectors[every].astype(np.float32) @ asked.astype(np.float32).T
    cosines = products / np.float32(_SCALE**2)
    alike = np.clip((cosines - _UNLIKE) / (_ALIKE - _UNLIKE), 0, 1).astype(np.float32)
    lengths = np.array([len(ids) for ids in flat])
    best = np.maximum.reduceat(alike[places], np.cumsum(lengths) - lengths)
    return np.split(best, np.cumsum([len(some) for some in texts])[:-1])
