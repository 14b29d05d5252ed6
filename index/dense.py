"""Nearest vectors by cosine. The one file that imports `faiss`.

Vectors have length 1, so the inner product that FAISS computes is the cosine: from -1 to 1, higher
is better. Search is exact.
"""

import errno
from dataclasses import dataclass
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt

from index.embed import Vectors
from index.errors import Damaged

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class DenseIndex:
    """Vectors numbered from 0 in the order they were given."""

    _faiss: faiss.Index

    @classmethod
    def build(cls, vectors: Vectors) -> "DenseIndex":
        """An index of vectors of shape `(n, d)`, n at least 1, each of length 1."""
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(vectors)
        return cls(index)

    @classmethod
    def read(cls, path: Path) -> "DenseIndex":
        """Raises `Damaged` if the file is not a whole FAISS index."""
        try:
            return cls(faiss.read_index(str(path)))
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1][-200:]
            raise Damaged(f"{path}: not a FAISS index ({reason})") from None

    def write(self, path: Path) -> None:
        """Writes the index to `path`, replacing what is there; raises `OSError` if it cannot."""
        try:
            faiss.write_index(self._faiss, str(path))
        except RuntimeError:
            raise OSError(errno.EIO, "writing failed, is the disk full?", str(path)) from None

    def __len__(self) -> int:
        return int(self._faiss.ntotal)

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""
        return int(self._faiss.d)

    def nearest(self, vector: Vectors, count: int, among: Numbers | None = None) -> Numbers:
        """The numbers of the `count` nearest vectors (fewer where there are fewer), best first.

        With `among`, only those numbers are looked at.
        """
        # FAISS fills up with -1 when asked for more than it holds.
        if among is None:
            _, numbers = self._faiss.search(vector[None, :], min(count, len(self)))
        else:
            chosen = faiss.SearchParameters()
            selector = faiss.IDSelectorBatch(among)
            chosen.sel = selector
            _, numbers = self._faiss.search(
                vector[None, :], max(1, min(count, len(among))), params=chosen
            )
        found: Numbers = numbers[0][numbers[0] >= 0]
        return found

    def vector(self, number: int) -> Vectors:
        """The vector of that number, shape `(d,)`."""
        found: Vectors = np.asarray(self._faiss.reconstruct(number), dtype=np.float32)
        return found

    def cosines(self, vector: Vectors, numbers: Numbers) -> Vectors:
        """The cosine of `vector` with each of the vectors `numbers`, in their order."""
        found: Vectors = self._faiss.reconstruct_batch(numbers) @ vector
        return found
