"""Trains the reader of `index.reader`: on questions that a passage answers, and nearly answers.

The layers below those that read both texts stay as they are, so what they make of each text is
computed once; the others begin as those of the embedding model. What comes out of the second phase
is averaged with what went in (Wortsman et al. 2022). `readings.py` has what it is trained on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from transformers import AutoConfig, BertModel

from index.attention import HEADS, INNER, Batch, Network
from index.embed import SentenceEmbedder
from index.errors import ModelError
from index.model.readings import Progress, Reading, Readings, Sources
from index.model.train import move_back
from index.model.training import Course, Phase, fit, kept_apart
from index.pieces import ABOVE, Pieces, Rounded
from index.reader import Reader, padded

#: Texts that are embedded in one go.
_AT_ONCE = 1_000
#: The parts of a layer, and of which parts of BERT's they are made, one under another.
_TAKEN = {
    "query": ["attention.self.query"],
    "keys_values": ["attention.self.key", "attention.self.value"],
    "seen": ["attention.output.dense"],
    "norm_seen": ["attention.output.LayerNorm"],
    "inner.0": ["intermediate.dense"],
    "inner.2": ["output.dense"],
    "norm": ["output.LayerNorm"],
}


_FIRST, _FURTHER = Phase(60_000, 1e-4), Phase(220_000, 1.5e-4)
_COURSE = Course(begun=("layers.",), new_rate=1e-3)


@dataclass(frozen=True, slots=True)
class ReaderRecipe:
    """Everything that decides what comes out; both phases are of the same pairs."""

    first: Phase = _FIRST
    further: Phase = _FURTHER
    kept: float = 0.2  # how much of what came out of the first phase goes into what ships
    course: Course = _COURSE


def train_reader(
    sources: Sources,
    out: Path,
    embedder: SentenceEmbedder,
    recipe: ReaderRecipe,
    progress: Progress,
    begin: Path | None = None,
) -> dict[str, float]:
    """Writes the reader for `embedder` to `out`; AUC by kind on passages kept apart.

    It goes on from the reader `begin`, if one is given, as if that had come out of the first phase.
    Raises `TrainingDataError`, and `ModelError` for a `begin` that is no reader for `embedder`.
    """
    torch.manual_seed(recipe.course.seed)
    network = _started(begin, embedder) if begin else begun_as(embedder)
    readings = Readings.gather(sources, embedder, recipe.course.seed, progress)
    seen = _Seen(Reader(embedder))
    seen.look([*readings.learned, *readings.apart, *readings.reported], progress)
    if begin is None:
        fit(network, readings.learned, seen, recipe.course, recipe.first, "training", progress)
    before = {name: one.clone() for name, one in network.state_dict().items()}
    fit(
        network,
        readings.learned,
        seen,
        recipe.course,
        recipe.further,
        "training further",
        progress,
    )
    move_back(network, before, recipe.kept)
    weights = {name: one.half().contiguous() for name, one in network.state_dict().items()}
    save_file(weights, out, metadata={"format": "pt", "model": embedder.fingerprint})
    return kept_apart(network, readings, seen, recipe.course.batch)


def begun_as(embedder: SentenceEmbedder) -> Network:
    """A network to be trained, whose layers begin as the last ones of the embedding model.

    Raises `ModelError` where these are of another make.
    """
    config = AutoConfig.from_pretrained(embedder.model)
    if (
        config.model_type != "bert"
        or config.hidden_act != "gelu"
        or config.num_attention_heads != HEADS
        or config.intermediate_size != INNER * config.hidden_size
    ):
        raise ModelError(
            f"{embedder.model}: the reader goes on with layers like the shipped model's"
        )
    model = BertModel.from_pretrained(embedder.model, dtype=torch.float32, add_pooling_layer=False)
    network = Network(embedder.table())
    first = config.num_hidden_layers - ABOVE
    for number, layer in enumerate(network.layers):
        given = model.get_submodule(f"encoder.layer.{first + number}")
        for name, parts in _TAKEN.items():
            own = layer.get_submodule(name)
            theirs = [given.get_submodule(part) for part in parts]
            for kind in ("weight", "bias"):
                own.get_parameter(kind).data = torch.cat(
                    [o.get_parameter(kind).data for o in theirs]
                )
    return network


def _started(begin: Path, embedder: SentenceEmbedder) -> Network:
    reader = Reader.of(embedder, begin)
    if reader is None:
        raise ModelError(f"{begin}: no reader for this model; --from takes what train-reader wrote")
    return reader.network()


class _Seen:
    """What the reader is given of each text: 800 bytes a piece of a question, 200 of a passage."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._questions: dict[str, Pieces] = {}
        self._sentences: dict[str, Rounded] = {}

    def look(self, readings: Sequence[Reading], progress: Progress) -> None:
        """Takes in all that is not known of `readings`."""
        questions = sorted({one.question for one in readings} - self._questions.keys(), key=len)
        sentences = sorted({text for one in readings for text in one.passage}, key=len)
        total = len(questions) + len(sentences)
        for begin in range(0, len(questions), _AT_ONCE):
            some = questions[begin : begin + _AT_ONCE]
            for text, one in zip(some, self._reader.questions(some)[1], strict=True):
                self._questions[text] = Pieces(one.numbers, one.vectors.astype(np.float16))
            progress("embedding", begin, total)
        for begin in range(0, len(sentences), _AT_ONCE):
            some = sentences[begin : begin + _AT_ONCE]
            self._sentences |= zip(some, self._reader.sentences(some)[1], strict=True)
            progress("embedding", len(questions) + begin + len(some), total)

    def batch(self, some: Sequence[Reading]) -> tuple[Batch, Batch]:
        """Questions and passages as the network takes them."""
        passages = [np.concatenate([self._sentences[text] for text in o.passage]) for o in some]
        questions = padded([self._questions[one.question] for one in some])
        return questions, padded([Pieces.of(rows) for rows in passages])
