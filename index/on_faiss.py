"""The vectors of a segment in a FAISS file. The only file that imports `faiss`.

Up to `EXACT_UP_TO` vectors are kept as they are, and the search looks at each. More become an
inverted file (IVF): vectors in eight or six bits a dimension, in lists by the nearest of some
thousand centres (k-means), and the search looks at the lists whose centres are nearest to the
question. What it then misses is measured by `tests/bench/scale.py`.
"""

import errno
import math
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, Self, cast

import faiss
import numpy as np

from index.dense import EXACT_UP_TO, Flags, Numbers, centres
from index.embed import Vectors
from index.errors import Damaged

#: Vectors by which each centre is found; FAISS asks for 39 at least.
_TRAINING = 40
#: The share of the lists that is looked at.
_LOOKED_AT = 1 / 16
#: How finely a large segment keeps a vector, in bits a dimension.
Bits = Literal[8, 6]
#: Vectors that are added to a segment in one go.
_BLOCK = 65_536
#: How a flat FAISS file begins: kind, dimension, vectors, unused, unused, trained, metric, floats.
_HEAD = struct.Struct("<4siqqqBiQ")


class FaissSegment:
    """A `DenseSegment` in a FAISS index."""

    def __init__(self, index: faiss.Index) -> None:
        self._index = index

    @classmethod
    def read(cls, path: Path) -> Self:
        """Opens a file, memory-mapped; raises `Damaged` if it is no whole index."""
        return cls(_read(path))

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""
        return int(self._index.d)

    def nearest(
        self, vector: Vectors, count: int, allowed: Flags | None
    ) -> tuple[Vectors, Numbers]:
        """See `DenseSegment`."""
        chosen, selector = _looking_at(self._index, allowed)
        chosen.sel = selector  # FAISS keeps no reference of its own
        with _threads(self._index):
            found = self._index.search(vector[None, :], min(count, len(self)), params=chosen)
        cosines, numbers = found
        # FAISS fills up with -1 when asked for more than there is.
        there = numbers[0] >= 0
        return cosines[0][there], numbers[0][there]

    def vectors(self, numbers: Numbers) -> Vectors:
        """See `DenseSegment`."""
        with _threads(self._index):
            held: Vectors = self._index.reconstruct_batch(numbers)
        if isinstance(self._index, faiss.IndexIVF):  # rounding has changed their lengths
            held /= np.linalg.norm(held, axis=1, keepdims=True)
        return held

    def cosines(self, vector: Vectors, numbers: Numbers) -> Vectors:
        """See `DenseSegment`."""
        # Row by row: a matrix product rounds a row differently by its place among the others.
        found: Vectors = (self.vectors(numbers) * vector).sum(axis=1)
        return found


class DenseWriter:
    """Collects the vectors of a segment, on disk until all are there, for the file `path`."""

    def __init__(
        self, path: Path, dimension: int, bits: Bits = 8, exact_up_to: int = EXACT_UP_TO
    ) -> None:
        self._path, self._dimension = path, dimension
        self._bits, self._exact_up_to = bits, exact_up_to
        self._count = 0
        self._collected = tempfile.TemporaryFile(dir=path.parent)  # noqa: SIM115 - see __exit__

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._collected.close()

    def add(self, vectors: Vectors) -> None:
        """Adds vectors of shape `(n, d)`, which go on with the numbers of those before."""
        self._collected.write(np.ascontiguousarray(vectors, dtype=np.float32).tobytes())
        self._count += len(vectors)

    def write(self) -> None:
        """Writes the segment, replacing what is there; raises `OSError` if it cannot."""
        self._collected.flush()
        shape = (self._count, self._dimension)
        vectors: Vectors = (
            np.memmap(self._collected, dtype=np.float32, mode="r", shape=shape)
            if self._count
            else np.empty(shape, dtype=np.float32)
        )
        index = (
            faiss.IndexFlatIP(self._dimension)
            if self._count <= self._exact_up_to
            else _inverted(vectors, self._bits)
        )
        for begin in range(0, self._count, _BLOCK):
            index.add(np.array(vectors[begin : begin + _BLOCK]))
        try:
            faiss.write_index(index, str(self._path))
        except RuntimeError:
            raise OSError(errno.EIO, "writing failed, is the disk full?", str(self._path)) from None


def _inverted(vectors: Vectors, bits: Bits) -> faiss.IndexIVF:
    """An empty inverted file with centres and rounding fitted to `vectors`."""
    size, dimension = vectors.shape
    lists = centres(size)
    index = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(dimension),
        dimension,
        lists,
        faiss.ScalarQuantizer.QT_8bit if bits == 8 else faiss.ScalarQuantizer.QT_6bit,
        faiss.METRIC_INNER_PRODUCT,
    )
    index.cp.spherical = True
    index.cp.min_points_per_centroid = 1  # else it warns on stderr
    index.nprobe = max(1, round(lists * _LOOKED_AT))
    index.train(np.array(vectors[:: max(1, size // (lists * _TRAINING))]))
    return index


def _looking_at(
    segment: faiss.Index, allowed: Flags | None
) -> tuple[faiss.SearchParameters, faiss.IDSelector | None]:
    """How to search a segment of whose vectors only those `allowed` may be found."""
    selector = None
    if allowed is not None:
        selector = faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))  # type: ignore[call-arg, arg-type]
    if not isinstance(segment, faiss.IndexIVF):
        return faiss.SearchParameters(), selector
    # Where fewer are allowed, more lists are looked at for as many to choose from.
    share = 1.0 if allowed is None else max(float(allowed.mean()), 1 / segment.nlist)
    chosen = faiss.SearchParametersIVF()
    chosen.nprobe = min(segment.nlist, math.ceil(segment.nprobe / share))
    return chosen, selector


@contextmanager
def _threads(segment: faiss.Index) -> Iterator[None]:
    """As many threads as are good for one search: for all vectors of a flat segment it is one.

    Of 50,000, 200 are found in 3.9 ms by one thread and in 8.7 ms by two, which must be waited for.
    """
    threads = faiss.omp_get_max_threads()
    if not isinstance(segment, faiss.IndexIVF):
        faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(threads)


def _read(path: Path) -> faiss.Index:
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD.size)
        if head[:4] == b"IwSq":
            flags = faiss.IO_FLAG_MMAP | faiss.IO_FLAG_READ_ONLY
            inverted = cast(faiss.IndexIVF, faiss.read_index(str(path), flags))
            inverted.make_direct_map(True)
            # Threads that read lists ahead of a search take longer than a search.
            lists = faiss.downcast_InvertedLists(cast(faiss.InvertedLists, inverted.invlists))
            cast(faiss.OnDiskInvertedLists, lists).prefetch_nthread = 0
            return inverted
        # FAISS, mapping a file that is cut off, reads past its end and takes the process with it.
        kind, *_, floats = _HEAD.unpack(head)
        if kind != b"IxFI" or path.stat().st_size != _HEAD.size + 4 * floats:
            raise Damaged(f"{path}: not a FAISS index (its length is not what its head says)")
        return faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
    except (OSError, struct.error, RuntimeError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[-1][-200:]
        raise Damaged(f"{path}: not a FAISS index ({reason})") from None
