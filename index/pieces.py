"""The word pieces of texts, as the embedding model sees them midway: what the reader reads.

They are kept when an article is embedded, so that nobody who asks waits for the model to read a
passage (MacAvaney et al., "Efficient Document Re-Ranking for Transformers by Precomputing Term
Representations", 2020). A piece sees its own sentence and no other; a passage is the pieces of its
article's headline and of its sentences, one after another. Each of a piece's numbers is rounded to
four bits, within three standard deviations of their mean.
"""

import tempfile
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from index.errors import Damaged

#: A row a piece, see `_row`.
Rounded = npt.NDArray[np.void]

#: How many of the embedding model's layers are above what is kept; the reader goes on with its own.
#: With another number, what indexes hold is of another format.
ABOVE = 2
_STEPS, _REACH = 15, 3.0


class Files(NamedTuple):
    """The files of a segment: rows, and at which of them every text begins."""

    rows: str
    begins: str


#: Those of sentences, and those of the headlines of articles.
SENTENCES = Files("pieces.npy", "pieces.begins.npy")
HEADLINES = Files("headlines.npy", "headlines.begins.npy")


@dataclass(frozen=True, slots=True)
class Pieces:
    """Word pieces: numbers, shape `(n,)`, and vectors below the last `ABOVE` layers, `(n, e)`."""

    numbers: npt.NDArray[np.int32]
    vectors: npt.NDArray[np.floating[Any]]

    @classmethod
    def of(cls, rows: Rounded) -> Self:
        """What was rounded, as nearly as is kept."""
        values = rows["values"]
        steps = np.stack([values >> 4, values & 15], axis=-1).reshape(len(rows), -1)
        vectors = steps * rows["step"][:, None].astype(np.float32)
        vectors += rows["least"][:, None].astype(np.float32)
        return cls(rows["number"].astype(np.int32), vectors)

    def rounded(self) -> Rounded:
        """As they are kept; `e` is even."""
        vectors = self.vectors.astype(np.float32)
        deviation = np.maximum(vectors.std(axis=1), 1e-4)
        rows = np.empty(len(vectors), dtype=_row(vectors.shape[1]))
        rows["number"] = self.numbers
        rows["least"] = vectors.mean(axis=1) - _REACH * deviation
        rows["step"] = 2 * _REACH * deviation / _STEPS
        least, step = (rows[name][:, None].astype(np.float32) for name in ("least", "step"))
        steps = np.clip(np.rint((vectors - least) / step), 0, _STEPS).astype(np.uint8)
        rows["values"] = steps[:, ::2] << 4 | steps[:, 1::2]
        return rows


def _row(size: int) -> np.dtype[np.void]:
    """A piece's number, and its vector of `size` as `least + step * value`, two values a byte."""
    values = ("values", "u1", (size // 2,))
    return np.dtype([("number", "<i4"), ("least", "<f2"), ("step", "<f2"), values])


class PiecesWriter:
    """Collects the pieces of a segment's texts, on disk until all are there."""

    def __init__(self, folder: Path, files: Files) -> None:
        self._folder, self._files = folder, files
        self._kind: np.dtype[np.void] | None = None
        self._lengths: list[int] = []
        self._collected = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - see __exit__

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._collected.close()

    def add(self, texts: Sequence[Rounded | None]) -> None:
        """Adds texts, which go on with the numbers of those before; None is one without pieces."""
        for rows in texts:
            self._lengths.append(0 if rows is None else len(rows))
            if rows is not None and len(rows):
                self._kind = rows.dtype
                self._collected.write(rows.tobytes())

    def write(self) -> None:
        """Writes both files; raises `OSError`."""
        self._collected.flush()
        begins = np.cumsum([0, *self._lengths], dtype=np.int64)
        kind = self._kind or _row(0)
        rows = (
            np.memmap(self._collected, dtype=kind, mode="r", shape=(int(begins[-1]),))
            if begins[-1]
            else np.empty(0, dtype=kind)
        )
        np.save(self._folder / self._files.rows, rows, allow_pickle=False)
        np.save(self._folder / self._files.begins, begins, allow_pickle=False)


@dataclass(frozen=True, slots=True)
class Texts:
    """The pieces of the texts of one or more segments, numbered from 0 through all of them."""

    _segments: tuple[tuple[Rounded, npt.NDArray[np.int64]], ...]
    _firsts: tuple[int, ...]

    @classmethod
    def open(cls, folders: Sequence[Path], files: Files, counts: Sequence[int]) -> Self | None:
        """Those of the segments in `folders`, which hold so many texts each, memory-mapped.

        None if there is one without; raises `Damaged`.
        """
        if not all((folder / files.rows).exists() for folder in folders):
            return None
        segments = tuple(_read(one, files, held) for one, held in zip(folders, counts, strict=True))
        return cls(segments, tuple(np.cumsum([0, *counts])[:-1].tolist()))

    def of(self, first: int, last: int) -> list[Rounded]:
        """Those of texts `first` to `last` (included), which are of one segment."""
        number = bisect_right(self._firsts, first) - 1
        (rows, begins), own = self._segments[number], self._firsts[number]
        bounds = begins[first - own : last - own + 2]
        return [rows[begin:end] for begin, end in pairwise(bounds.tolist())]


@dataclass(frozen=True, slots=True)
class KeptPieces:
    """All that the reader reads of one or more segments."""

    sentences: Texts
    headlines: Texts  # of the articles

    @classmethod
    def open(
        cls, folders: Sequence[Path], sentences: Sequence[int], articles: Sequence[int]
    ) -> Self | None:
        """That of the segments in `folders`, which hold so many sentences and articles each.

        None if there is one without; raises `Damaged`.
        """
        own = Texts.open(folders, SENTENCES, sentences)
        headlines = Texts.open(folders, HEADLINES, articles)
        return cls(own, headlines) if own and headlines else None

    def passage(self, article: int, first: int, last: int) -> list[Rounded]:
        """The headline of an article and its sentences `first` to `last`."""
        return self.headlines.of(article, article) + self.sentences.of(first, last)


def _read(folder: Path, files: Files, texts: int) -> tuple[Rounded, npt.NDArray[np.int64]]:
    path = folder / files.rows
    try:
        rows = np.load(path, mmap_mode="r", allow_pickle=False)
        begins = np.load(folder / files.begins, allow_pickle=False)
        size = 2 * rows.dtype["values"].shape[0]
    except (OSError, ValueError, EOFError, KeyError, IndexError) as error:
        raise Damaged(f"{path}: unreadable ({type(error).__name__})") from None
    if rows.dtype != _row(size) or begins.shape != (texts + 1,) or len(rows) != begins[-1]:
        raise Damaged(f"{path}: not of the store beside it")
    return rows, begins
