"""Which chunk holds which stem how often, on disk: the words' side of one segment.

    words.json      the stems, sorted
    begins.npy      where the postings of each stem begin; one more at the end
    chunks.npy      the chunk of every posting, ascending within a stem
    counts.npy      how often the stem stands there, 255 at most
    lengths.npy     stems in every chunk, repeated ones counted

Only counts are kept, no scores: a score depends on all segments together, see `lexical.py`.
"""

import json
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.errors import Damaged

Ints = npt.NDArray[np.integer]
_ARRAYS = ("begins", "chunks", "counts", "lengths")


@dataclass(frozen=True)
class Postings:
    """The postings of a segment, chunks numbered from 0."""

    stems: tuple[str, ...]
    begins: Ints
    chunks: Ints
    counts: Ints
    lengths: Ints

    @classmethod
    def read(cls, folder: Path) -> "Postings":
        """Opens the files in `folder`, memory-mapped; raises `Damaged` if they are not whole."""
        try:
            stems = tuple(json.loads((folder / "words.json").read_text("utf-8")))
            arrays = [_load(folder / f"{name}.npy") for name in _ARRAYS]
        except (OSError, ValueError, EOFError) as error:
            raise Damaged(f"{folder}: not a word index ({type(error).__name__})") from None
        found = cls(stems, *arrays)
        postings = len(found.chunks)
        if len(found.begins) != len(stems) + 1 or postings != len(found.counts):
            raise Damaged(f"{folder}: not a word index (its files do not fit each other)")
        return found

    def write(self, folder: Path) -> None:
        """Writes the files to `folder`, which is made if missing."""
        folder.mkdir(exist_ok=True)
        stems = json.dumps(self.stems, ensure_ascii=False)
        (folder / "words.json").write_text(stems, "utf-8")
        for name in _ARRAYS:
            np.save(folder / f"{name}.npy", getattr(self, name), allow_pickle=False)

    def of(self, stem: str) -> tuple[Ints, Ints]:
        """The chunks that hold `stem`, and how often each does; empty where none does."""
        number = self._numbers.get(stem)
        if number is None:
            return self.chunks[:0], self.counts[:0]
        begin, end = self.begins[number], self.begins[number + 1]
        return self.chunks[begin:end], self.counts[begin:end]

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {stem: number for number, stem in enumerate(self.stems)}


class PostingsWriter:
    """Collects the chunks of a segment, each a sequence of stems."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}
        self._stems, self._chunks, self._counts = array("I"), array("I"), array("I")
        self._lengths = array("I")

    def add(self, stems: Sequence[str]) -> None:
        """Adds the next chunk."""
        for stem, count in Counter(stems).items():
            self._stems.append(self._known.setdefault(stem, len(self._known)))
            self._chunks.append(len(self._lengths))
            self._counts.append(count)
        self._lengths.append(len(stems))

    def postings(self) -> Postings:
        """All that was added."""
        stems = sorted(self._known)
        place = np.empty(len(stems), dtype=np.int64)
        place[[self._known[stem] for stem in stems]] = np.arange(len(stems))
        of_stem = place[np.frombuffer(self._stems, dtype=np.uint32)]
        order = np.argsort(of_stem, kind="stable")
        ends = np.cumsum(np.bincount(of_stem, minlength=len(stems)))
        return Postings(
            tuple(stems),
            np.concatenate([[0], ends]).astype(np.int64),
            np.frombuffer(self._chunks, dtype=np.uint32)[order],
            np.minimum(np.frombuffer(self._counts, dtype=np.uint32), 255)[order].astype("u1"),
            np.frombuffer(self._lengths, dtype=np.uint32).copy(),
        )


def _load(path: Path) -> Ints:
    try:
        found: Ints = np.load(path, mmap_mode="r", allow_pickle=False)
    except ValueError:  # what is empty cannot be mapped
        found = np.load(path, allow_pickle=False)
    return found
