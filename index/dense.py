"""The vectors' side of the index: which vectors are nearest, and how near.

Vectors have length 1, so inner product is cosine; higher is nearer. A segment's vectors are in a
FAISS file (`on_faiss.py`) or in Milvus (`on_milvus.py`); here segments are searched as one.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from index.embed import Vectors

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

#: Vectors in a segment up to which all are looked at: about ten milliseconds' work.
EXACT_UP_TO = 50_000
#: Centres of a larger segment are this many times the root of its size, as FAISS's guide has it.
_CENTRES = 4


class DenseSegment(Protocol):
    """The vectors of one segment, numbered from 0."""

    def __len__(self) -> int: ...

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""

    def nearest(
        self, vector: Vectors, count: int, allowed: Flags | None
    ) -> tuple[Vectors, Numbers]:
        """Cosines and numbers of the `count` nearest vectors, or of all there are, best first.

        Only those `allowed` (None: all) are found.
        """

    def vectors(self, numbers: Numbers) -> Vectors:
        """The vectors of those numbers, one at least, in their order; shape `(len(numbers), d)`."""

    def cosines(self, vector: Vectors, numbers: Numbers) -> Vectors:
        """The cosine of `vector` with each of the vectors `numbers`, one at least."""


def centres(size: int) -> int:
    """By how many centres the vectors of a segment of over `EXACT_UP_TO` are put into lists."""
    return math.ceil(_CENTRES * math.sqrt(size))


@dataclass(frozen=True, slots=True)
class DenseIndex:
    """The vectors of one or more segments, numbered from 0 through all of them.

    Those that are not `living` (None: all are) are never found, but keep their numbers.
    """

    _segments: tuple[DenseSegment, ...]
    _living: Flags | None = None

    @classmethod
    def of(cls, segments: Sequence[DenseSegment], living: Flags | None = None) -> "DenseIndex":
        """The index over `segments`, in their order."""
        return cls(tuple(segments), living)

    def __len__(self) -> int:
        return sum(map(len, self._segments))

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""
        return self._segments[0].dimension

    def nearest(self, vector: Vectors, count: int, among: Numbers | None = None) -> Numbers:
        """The numbers of the `count` nearest vectors (fewer where there are fewer), best first.

        With `among` (ascending), only those numbers are looked at.
        """
        cosines, numbers = [], []
        for segment, begin, end in self._numbered():
            found = segment.nearest(vector, count, self._allowed(begin, end, among))
            cosines.append(found[0])
            numbers.append(found[1] + begin)
        order = np.argsort(-np.concatenate(cosines), kind="stable")[:count]
        best: Numbers = np.concatenate(numbers)[order]
        return best

    def vector(self, number: int) -> Vectors:
        """The vector of that number, shape `(d,)`."""
        found: Vectors = self.vectors(np.array([number]))[0]
        return found

    def vectors(self, numbers: Numbers) -> Vectors:
        """The vectors of those numbers, in their order; shape `(len(numbers), d)`."""
        found = np.empty((len(numbers), self.dimension), dtype=np.float32)
        for segment, begin, end in self._numbered():
            here = (numbers >= begin) & (numbers < end)
            if here.any():
                found[here] = segment.vectors(numbers[here] - begin)
        return found

    def cosines(self, vector: Vectors, numbers: Numbers) -> Vectors:
        """The cosine of `vector` with each of the vectors `numbers`, in their order."""
        found = np.empty(len(numbers), dtype=np.float32)
        for segment, begin, end in self._numbered():
            here = (numbers >= begin) & (numbers < end)
            if here.any():
                found[here] = segment.cosines(vector, numbers[here] - begin)
        return found

    def _numbered(self) -> Iterator[tuple[DenseSegment, int, int]]:
        """Every segment with its first number and the one after its last."""
        begin = 0
        for segment in self._segments:
            end = begin + len(segment)
            if end > begin:
                yield segment, begin, end
            begin = end

    def _allowed(self, begin: int, end: int, among: Numbers | None) -> Flags | None:
        """Which of a segment's vectors may be found; None: all of them."""
        living = None if self._living is None else self._living[begin:end]
        if among is None:
            return None if living is None or living.all() else living
        allowed = np.zeros(end - begin, dtype=np.bool_)
        allowed[among[slice(*np.searchsorted(among, (begin, end)))] - begin] = True
        return allowed if living is None else allowed & living
