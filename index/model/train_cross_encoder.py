"""Trains the cross-encoder of `index.cross_encoder`, from the lower layers of an embedding model.

What the upper ones are for, a vector of a whole text, it does not need (Sajjad et al., "On the
Effect of Dropping Layers of Pre-trained Transformer Models", 2023). Of the word pieces those stay
that texts in German, English or French have.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
from torch import Tensor

from index.cross_encoder import FIXED, PIECES, WEIGHTS, Network, batch, pieces, rounded
from index.embed import SentenceEmbedder
from index.model.e5 import E5, e5_file, read_e5
from index.model.pairs import Pairs
from index.model.readings import Progress, Reading, Readings, Sources
from index.model.training import Course, Phase, fit, kept_apart

#: Marks, which come first among the word pieces.
_MARKS = ("<s>", "<pad>", "</s>", "<unk>")
#: Texts that are cut into pieces in one go.
_AT_ONCE = 10_000
#: Batches are filled up to a multiple of so many pieces: oneDNN makes a program for each number.
_ROWS = 16
_STATE = "state.pt"


_PHASE = Phase(230_000, 1e-4)
_COURSE = Course(
    begun=("layers.",),
    new_rate=5e-4,
    fixed=("places", "norm.", *(f"layers.{number}." for number in range(FIXED))),
    warm_up=200,
    batch=32,
)


@dataclass(frozen=True, slots=True)
class CrossEncoderRecipe:
    """Everything that decides what comes out."""

    phase: Phase = _PHASE
    layers: int = 8
    course: Course = _COURSE


def train_cross_encoder(
    sources: Sources,
    out: Path,
    embedder: SentenceEmbedder,
    recipe: CrossEncoderRecipe,
    progress: Progress,
) -> dict[str, float]:
    """Writes the cross-encoder into the folder `out`; AUC by kind on passages kept apart.

    Cut off, it goes on where it was. `embedder` finds wrong passages that are like the right ones.
    Raises `TrainingDataError`, and `ModelError` where the model it begins with is not installed.
    """
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(recipe.course.seed)
    begun = read_e5(e5_file(), recipe.layers)
    data = Pairs.read(sources.pairs, set())
    readings = Readings.gather(sources, embedder, recipe.course.seed, progress)
    every = [*readings.learned, *readings.apart, *readings.reported]
    texts = {text for one in every for text in (one.question, *one.passage)}
    kept = _kept(begun, [*sorted(texts), *data.texts()], progress)
    tokenizer = cut_by([begun.pieces[number] for number in kept])
    tokenizer.save(str(out / PIECES), pretty=False)
    values, factors = begun.values[kept].contiguous(), begun.factors[kept].contiguous()
    network = begun_as(begun, values, factors, recipe.layers)
    given = _Given(tokenizer)
    state = out / _STATE
    fit(network, readings.learned, given, recipe.course, recipe.phase, "training", progress, state)
    save_file(rounded(network.state_dict()), out / WEIGHTS, metadata={"format": "pt"})
    state.unlink(missing_ok=True)
    return kept_apart(network, readings, given, recipe.course.batch)


def begun_as(begun: E5, values: Tensor, factors: Tensor, layers: int) -> Network:
    """A network to be trained, whose layers begin as those of `begun`, over some of its pieces."""
    network = Network(values, factors, len(begun.weights["places"]), layers)
    weights = network.state_dict() | begun.weights
    network.load_state_dict(weights)
    return network


def cut_by(known: Sequence[tuple[str, float]]) -> Tokenizer:
    """What cuts texts into `known` pieces, as SentencePiece does for XLM-R (Kudo 2018)."""
    tokenizer = Tokenizer(models.Unigram(list(known), unk_id=_MARKS.index("<unk>")))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    return tokenizer


def _kept(begun: E5, texts: Sequence[str], progress: Progress) -> list[int]:
    """The numbers of the pieces that stay: marks, single letters of `texts`, and what they have."""
    tokenizer = cut_by(begun.pieces)
    there = set(range(len(_MARKS)))
    for start in range(0, len(texts), _AT_ONCE):
        some = list(texts[start : start + _AT_ONCE])
        for one in tokenizer.encode_batch(some, add_special_tokens=False):
            there.update(one.ids)
        progress("choosing word pieces", start + len(some), len(texts))
    letters = {letter for text in texts for letter in text}
    there |= {number for number, (piece, _) in enumerate(begun.pieces) if piece in letters}
    return sorted(there)


class _Given:
    """Makes of readings what the network takes."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer

    def batch(self, some: Sequence[Reading]) -> tuple[Tensor, Tensor]:
        """The arguments of `Network.forward`."""
        return batch([pieces(self._tokenizer, one.question, one.passage) for one in some], _ROWS)
