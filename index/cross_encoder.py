"""Reads a question and a passage together from the first word on: whether it tells what is asked.

A cross-encoder (Nogueira & Cho, "Passage Re-ranking with BERT", 2019). Vectors, words and the
reader of `reader.py` find the best passage among many, and know each passage only by itself, or
nearly; this one sees both texts in every layer, which takes as long for one passage as theirs for
five, so only the best is read. It is a model of its own, with its own word pieces, and stands
beside any embedding model; see `model/CARD.md`.
"""

import threading
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from index.attention import Layer, Telling, within_batch
from index.embed import one_thread
from index.errors import ModelError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

#: The folder of the one that ships.
FOLDER = Path(__file__).parent / "model" / "cross-encoder"
WEIGHTS, PIECES = "weights.safetensors", "tokenizer.json"
#: Word pieces of a question and of a passage that are read; what is longer is cut.
MOST_ASKED, MOST_TOLD = 64, 256
#: Numbers of a piece's input vector that share a factor, and how many are kept in a byte.
GROUP, _IN_A_BYTE = 32, 2
#: The numbers of the pieces that begin a text, fill up a batch, and end a text, as XLM-R has them;
#: and the kinds of pieces, of which 0 is padding.
_BEGIN, _PADDING, _END = 0, 1, 2
ASKED, TOLD = 1, 2
#: Rows' largest number in a byte, and how the names of their factors end.
_LARGEST, _FACTORS = 127, ".factors"
#: Its lowest layers, which stay as they were and only know the texts apart by the marks between.
FIXED = 2
#: Pieces, of a passage and a question together, up to which packed weights are used.
_FEW = 512


class Network(Telling):
    """Layers of BERT over word pieces of both texts, the question's first."""

    values: Tensor
    factors: Tensor

    def __init__(
        self, values: Tensor, factors: Tensor, places: int, layers: int, dropout: float = 0.1
    ) -> None:
        """`values` and `factors` are the pieces' input vectors, see `unpacked`; not trained."""
        width = _IN_A_BYTE * values.shape[1]
        super().__init__(width, dropout)
        self.register_buffer("values", values)
        self.register_buffer("factors", factors)
        self.places = nn.Parameter(torch.zeros(places, width))
        self.kinds = nn.Parameter(torch.zeros(2, width))
        self.norm = nn.LayerNorm(width, 1e-12)
        self.layers = nn.ModuleList(Layer(width) for _ in range(layers))

    def forward(self, numbers: Tensor, kinds: Tensor) -> Tensor:
        """One number a pair, shape `(b,)`, for pieces and their kinds, both `(b, n)`."""
        attention, asked = within_batch(kinds > 0), kinds == ASKED
        both = unpacked(self.values[numbers], self.factors[numbers])
        both = self.norm(both + self.places[: numbers.shape[1]])
        for number, layer in enumerate(self.layers[:-1]):
            if number == FIXED:
                both = both + torch.where(asked[..., None], *self.kinds)
            both = layer(both, both, attention)
        longest = int(asked.sum(1).max())
        last = self.layers[-1](both[:, :longest], both, attention)
        return self.told(last, asked[:, :longest])


class CrossEncoder:
    """Reads passages for questions; may be used from several threads."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._loading = threading.Lock()
        self._loaded: tuple[Network, Tokenizer] | None = None

    def read(self, question: str, sentences: Sequence[str]) -> float:
        """Log-odds that a passage, given as its sentences, tells what is asked.

        Raises `ModelError` if it cannot be loaded.
        """
        network, tokenizer = self._ready()
        with torch.inference_mode(), one_thread():
            return float(network(*batch([pieces(tokenizer, question, sentences)])))

    def network(self) -> Network:
        """The network with the weights in the file, as it was trained; raises `ModelError`."""
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        path = self._folder / WEIGHTS
        try:
            weights = whole(load_file(path))
            layers = 1 + max(int(name.split(".")[1]) for name in weights if name[:7] == "layers.")
            words = weights["values"], weights["factors"]
            network = Network(*words, len(weights["places"]), layers)
            network.load_state_dict(weights)
        except (OSError, RuntimeError, KeyError, ValueError, SafetensorError) as error:
            raise ModelError.of_shipped(path, error) from None
        return network.eval()

    def _ready(self) -> "tuple[Network, Tokenizer]":
        """All of it as it is computed fastest here, loaded once."""
        with self._loading:
            if self._loaded is None:
                network = self.network()
                network.hasten(_FEW)
                self._loaded = (network, _read_pieces(self._folder))
            return self._loaded


@cache
def shipped() -> CrossEncoder:
    """The one that ships, which is loaded once however many indexes are open."""
    return CrossEncoder()


def _read_pieces(folder: Path) -> "Tokenizer":
    """What cuts texts into word pieces; raises `ModelError`."""
    from tokenizers import Tokenizer

    path = folder / PIECES
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # noqa: BLE001 - that is what tokenizers raises
        raise ModelError.of_shipped(path, error) from None
    return tokenizer


def pieces(
    tokenizer: "Tokenizer", question: str, sentences: Sequence[str]
) -> tuple[list[int], list[int]]:
    """The pieces of a question and of a passage, with their marks."""
    asked, *told = tokenizer.encode_batch([question, *sentences], add_special_tokens=False)
    passage = [number for one in told for number in one.ids]
    return [_BEGIN, *asked.ids[:MOST_ASKED], _END], [_END, *passage[:MOST_TOLD], _END]


def batch(pairs: Sequence[tuple[list[int], list[int]]], multiple: int = 1) -> tuple[Tensor, Tensor]:
    """Numbers and kinds of the pieces of some pairs, filled up to a multiple of so many."""
    longest = max(len(asked) + len(told) for asked, told in pairs)
    numbers = torch.full((len(pairs), -(-longest // multiple) * multiple), _PADDING)
    kinds = torch.zeros_like(numbers)
    for row, (asked, told) in enumerate(pairs):
        numbers[row, : len(asked) + len(told)] = torch.tensor(asked + told)
        kinds[row, : len(asked)] = ASKED
        kinds[row, len(asked) : len(asked) + len(told)] = TOLD
    return numbers, kinds


def unpacked(values: Tensor, factors: Tensor) -> Tensor:
    """Vectors, shape `(..., e)`, of four bits a number and a factor for each `GROUP` of them.

    Of a group's 16 bytes the lower halves are its first numbers, from -8 to 7, the upper the rest.
    """
    groups = torch.unflatten(values, -1, (-1, GROUP // _IN_A_BYTE))
    steps = torch.cat([groups & 15, groups >> 4], dim=-1).float() - 8
    return (steps * factors.float()[..., None]).flatten(-2)


def rounded(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """`weights` as they are kept: of a layer's matrices a byte a number and a factor a row."""
    kept = {}
    for name, one in weights.items():
        if not one.is_floating_point():
            kept[name] = one
        elif name.startswith("layers.") and one.dim() > 1:
            largest = one.abs().amax(1, keepdim=True).clamp(min=1e-6)
            factors = largest / _LARGEST
            kept[name] = (one / factors).round().to(torch.int8)
            kept[name + _FACTORS] = factors
        else:
            kept[name] = one.half().contiguous()
    return kept


def whole(kept: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What `rounded` has kept, as nearly as it has."""
    factors = {name: one for name, one in kept.items() if name.endswith(_FACTORS)}
    weights = {}
    for name in kept.keys() - factors.keys():
        one = kept[name]
        by = factors.get(name + _FACTORS)
        is_float = one.is_floating_point() and name != "factors"
        weights[name] = one * by if by is not None else one.float() if is_float else one
    return weights
