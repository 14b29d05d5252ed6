"""The vectors' side of the index, in FAISS: which vectors are nearest, and how near.

Vectors have length 1, so inner product is cosine; higher is nearer. The search is exact. The only
file that imports `faiss`.
"""

import errno
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt

from index.embed import Vectors
from index.errors import Damaged

#: How a flat FAISS file begins: kind, dimension, vectors, unused, unused, trained, metric, floats.
_HEAD = struct.Struct("<4siqqqBiQ")

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class DenseIndex:
    """The vectors of one or more segments, numbered from 0 through all of them.

    Those that are not `living` (None: all are) are never found, but keep their numbers.
    """

    _segments: tuple[faiss.Index, ...]
    _living: Flags | None = None

    @classmethod
    def build(cls, vectors: Vectors) -> "DenseIndex":
        """An index of vectors of shape `(n, d)`, n at least 1, each of length 1."""
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(vectors)
        return cls((index,))

    @classmethod
    def read(cls, paths: Sequence[Path], living: Flags | None = None) -> "DenseIndex":
        """Opens a file a segment, memory-mapped; raises `Damaged` if one is no whole index."""
        return cls(tuple(_read(path) for path in paths), living)

    def __len__(self) -> int:
        return sum(int(segment.ntotal) for segment in self._segments)

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""
        return int(self._segments[0].d)

    def nearest(self, vector: Vectors, count: int, among: Numbers | None = None) -> Numbers:
        """The numbers of the `count` nearest vectors (fewer where there are fewer), best first.

        With `among` (ascending), only those numbers are looked at.
        """
        cosines, numbers = [], []
        for segment, begin, end in self._numbered():
            chosen, selector = faiss.SearchParameters(), self._selector(begin, end, among)
            chosen.sel = selector  # FAISS keeps no reference of its own
            found = segment.search(vector[None, :], min(count, end - begin), params=chosen)
            # FAISS fills up with -1 when asked for more than there is.
            there = found[1][0] >= 0
            cosines.append(found[0][0][there])
            numbers.append(found[1][0][there] + begin)
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
                found[here] = segment.reconstruct_batch(numbers[here] - begin)
        return found

    def cosines(self, vector: Vectors, numbers: Numbers) -> Vectors:
        """The cosine of `vector` with each of the vectors `numbers`, in their order."""
        # Row by row: a matrix product rounds a row differently by its place among the others.
        found: Vectors = (self.vectors(numbers) * vector).sum(axis=1)
        return found

    def _numbered(self) -> Iterator[tuple[faiss.Index, int, int]]:
        """Every segment with its first number and the one after its last."""
        begin = 0
        for segment in self._segments:
            end = begin + int(segment.ntotal)
            if end > begin:
                yield segment, begin, end
            begin = end

    def _selector(self, begin: int, end: int, among: Numbers | None) -> faiss.IDSelector | None:
        if among is not None:
            if self._living is not None:
                among = among[self._living[among]]
            return faiss.IDSelectorBatch(
                among[slice(*np.searchsorted(among, (begin, end)))] - begin
            )
        if self._living is None or self._living[begin:end].all():
            return None
        bits = np.packbits(self._living[begin:end], bitorder="little")
        return faiss.IDSelectorBitmap(bits)  # type: ignore[call-arg, arg-type]


class DenseWriter:
    """Collects the vectors of a segment; not more of them in memory than the segment has."""

    def __init__(self, dimension: int) -> None:
        self._faiss = faiss.IndexFlatIP(dimension)

    def add(self, vectors: Vectors) -> None:
        """Adds vectors of shape `(n, d)`, which go on with the numbers of those before."""
        if len(vectors):
            self._faiss.add(vectors)

    def write(self, path: Path) -> None:
        """Writes the segment to `path`, replacing what is there; raises `OSError` if it cannot."""
        try:
            faiss.write_index(self._faiss, str(path))
        except RuntimeError:
            raise OSError(errno.EIO, "writing failed, is the disk full?", str(path)) from None


def _read(path: Path) -> faiss.Index:
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD.size)
        # FAISS, mapping a file that is cut off, reads past its end and takes the process with it.
        kind, *_, floats = _HEAD.unpack(head)
        if kind != b"IxFI" or path.stat().st_size != _HEAD.size + 4 * floats:
            raise Damaged(f"{path}: not a FAISS index (its length is not what its head says)")
        return faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
    except (OSError, struct.error, RuntimeError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[-1][-200:]
        raise Damaged(f"{path}: not a FAISS index ({reason})") from None
