"""Texts to unit vectors. The one file that imports `sentence_transformers`, and only when needed.

A model is named by a folder, and then nothing is looked up anywhere, or by a hub name, which a
maintainer with network may choose. Loading takes seconds, so it waits for the first text;
`fingerprint` tells without loading which model a folder holds.
"""

import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

import numpy as np
import numpy.typing as npt

from index.errors import ModelError
from index.pieces import ABOVE, Pieces
from index.settings import IndexSettings

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer
    from torch import Tensor
    from torch.nn import Embedding, Module

Vectors = npt.NDArray[np.float32]

#: Files of a model folder that say nothing of the vectors it gives.
_BESIDE_THE_POINT = {".md", ".gitattributes", ".txt~"}
#: The module of a model that gives what a text means; what follows adds which words it is of.
MEANING = "meaning"
#: Texts computed together.
_BATCH = 32
#: Word pieces up to which packed weights are faster; with more, it is computing that takes time.
FEW = 64


class Embedder(Protocol):
    """What the rest of the package needs of an embedding model; tests pass their own."""

    @property
    def name(self) -> str:
        """What a maintainer would call it."""

    @property
    def fingerprint(self) -> str:
        """Equal for two embedders exactly if they give the same vectors."""

    def embed_passages(self, texts: list[str]) -> Vectors:
        """Vectors of shape `(len(texts), d)`, each of length 1."""

    def embed_questions(self, texts: list[str]) -> Vectors:
        """Vectors of shape `(len(texts), d)`, each of length 1."""

    def word_vectors(self, words: list[str]) -> Vectors:
        """What the model knows of each word alone, without running it; shape `(len(words), e)`.

        Of length 1, or 0 for a word without pieces.
        """


@dataclass
class SentenceEmbedder:
    """An `Embedder` over a sentence-transformers model, safe to call from several threads.

    Of a model with a module named `MEANING` it gives what that gives, for an index has BM25 for the
    words; `whole`: all numbers.
    """

    model: str
    query_prompt: str | None = None
    passage_prompt: str | None = None
    whole: bool = False
    _loaded: "SentenceTransformer | None" = field(default=None, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @classmethod
    def from_settings(cls, settings: IndexSettings) -> "SentenceEmbedder":
        """The embedder that the settings name."""
        return cls(settings.model, settings.query_prompt, settings.passage_prompt)

    @property
    def name(self) -> str:
        """The last part of the folder's path, or the hub name."""
        path = Path(self.model)
        if not path.is_dir():
            return self.model
        return path.parent.name if path.name == "model" else path.name

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hex) over the folder's files and the prompts; a hub name stands for itself.

        Raises `ModelError` where neither a folder nor a plausible hub name is given.
        """
        given = (self.query_prompt, self.passage_prompt, *(["whole"] if self.whole else []))
        digest = hashlib.sha256(repr(given).encode())
        path = Path(self.model)
        if not path.is_dir():
            if path.is_absolute() or self.model.startswith(".") or self.model.count("/") > 1:
                raise ModelError(_unloadable(self.model, "no such folder"))
            digest.update(self.model.encode())
            return digest.hexdigest()
        for file in sorted(path.rglob("*")):
            if file.is_file() and file.suffix not in _BESIDE_THE_POINT:
                digest.update(file.relative_to(path).as_posix().encode())
                with file.open("rb") as stream:
                    digest.update(hashlib.file_digest(stream, "sha256").digest())
        return digest.hexdigest()

    def embed_passages(self, texts: list[str]) -> Vectors:
        """See `Embedder`; raises `ModelError` if the model cannot be loaded or gives no numbers."""
        with self._lock:
            model = self._model()
            with in_bfloat16():
                return self._encoded(model.encode_document, texts, self.passage_prompt)

    def embed_questions(self, texts: list[str]) -> Vectors:
        """See `Embedder`; raises `ModelError` if the model cannot be loaded or gives no numbers."""
        with self._lock, one_thread():
            model = self._model()
            with in_bfloat16():
                return self._encoded(model.encode_query, texts, self.query_prompt)

    def word_vectors(self, words: list[str]) -> Vectors:
        """See `Embedder`: the mean of the model's input vectors of a word's pieces."""
        with self._lock:
            model = self._model()
            body = model.transformers_model
            if body is None:  # a model of another make
                return np.zeros((len(words), 1), dtype=np.float32)
            table = cast("Embedding", body.get_input_embeddings()).weight
            pieces = model.tokenizer(words, add_special_tokens=False)["input_ids"] if words else []
        vectors = _means(table.detach(), pieces)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return self._checked(vectors / np.maximum(lengths, 1e-9))

    def read_passages(self, texts: list[str]) -> tuple[Vectors, list[Pieces]]:
        """What `embed_passages` gives, and the word pieces of each text midway, see `Pieces`.

        Raises `ModelError` if the model cannot be loaded, gives no numbers or is not built as BERT.
        """
        with self._lock:
            return self._read(texts, self.passage_prompt)

    def read_questions(self, texts: list[str]) -> tuple[Vectors, list[Pieces]]:
        """What `embed_questions` gives, and the pieces as `read_passages` does; raises as it."""
        with self._lock, one_thread():
            return self._read(texts, self.query_prompt)

    def table(self) -> "torch.Tensor":
        """The model's input vectors, shape `(pieces, e)`, shared with it; raises `ModelError`."""
        with self._lock:
            body = self._model().transformers_model
            if body is None:
                raise ModelError(_unloadable(self.model, "it has no word pieces"))
            return cast("Embedding", body.get_input_embeddings()).weight.detach().cpu()

    def excess(self, texts: list[str]) -> list[int]:
        """How many tokens of each text the model leaves out; 0 where it reads all of it."""
        with self._lock:
            model = self._model()
            longest = model.max_seq_length
            read = model.tokenizer(
                [(self.passage_prompt or "") + text for text in texts],
                truncation=False,
                verbose=False,
            )
        return [max(0, len(ids) - (longest or len(ids))) for ids in read["input_ids"]]

    def _encoded(
        self, encode: Callable[..., object], texts: list[str], prompt: str | None
    ) -> Vectors:
        found = encode(
            texts,
            prompt=prompt,
            batch_size=_BATCH,
            normalize_embeddings=True,
            show_progress_bar=False,
        )
        return self._checked(found)

    def _read(self, texts: list[str], prompt: str | None) -> tuple[Vectors, list[Pieces]]:
        import torch
        from sentence_transformers.util import batch_to_device

        cpu, model = torch.device("cpu"), self._model()
        vectors = np.zeros((len(texts), model.get_embedding_dimension() or 0), dtype=np.float32)
        pieces: dict[int, Pieces] = {}
        layers = getattr(getattr(model.transformers_model, "encoder", None), "layer", ())
        if len(layers) <= ABOVE:
            raise ModelError(_unloadable(self.model, "it has no layers to read from"))
        ordered = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        for begin in range(0, len(texts), _BATCH):
            places = ordered[begin : begin + _BATCH]
            given = model.preprocess([texts[place] for place in places], prompt=prompt)
            with torch.inference_mode(), in_bfloat16(), _given_by(layers[-1 - ABOVE]) as midway:
                found = batch_to_device(model(batch_to_device(given, model.device)), cpu)
            vectors[places] = found["sentence_embedding"].float().numpy()
            for row, place in enumerate(places):
                there = found["attention_mask"][row].bool()
                numbers = found["input_ids"][row, there].numpy().astype(np.int32)
                states = midway[0][row, there].float().cpu().numpy()
                pieces[place] = Pieces(numbers, states)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return self._checked(vectors), [pieces[place] for place in range(len(texts))]

    def _checked(self, found: object) -> Vectors:
        vectors = np.ascontiguousarray(found, dtype=np.float32)
        if not np.isfinite(vectors).all():
            raise ModelError(_unloadable(self.model, "it gives vectors that are not numbers"))
        return vectors

    def _model(self) -> "SentenceTransformer":
        if self._loaded is None:
            local = Path(self.model).is_dir()
            if local:
                os.environ.setdefault("HF_HUB_OFFLINE", "1")
            os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
            from sentence_transformers import SentenceTransformer
            from transformers.utils import logging

            logging.disable_progress_bar()  # type: ignore[no-untyped-call]
            try:
                self._loaded = SentenceTransformer(
                    self.model,
                    local_files_only=local,
                    # Half-precision weights are widened: CPUs compute slowly in half.
                    model_kwargs={"dtype": "float32"},
                )
            except (OSError, ValueError, RuntimeError, KeyError, ImportError) as error:
                reason = (str(error).strip() or type(error).__name__).splitlines()[0]
                raise ModelError(_unloadable(self.model, reason[:200])) from None
            if not self.whole:
                keep_meaning(self._loaded)
            if knows_bfloat16() and self._loaded.device.type == "cpu":
                from index.packed import pack

                pack(self._loaded, few=FEW)
        return self._loaded


def _means(table: "Tensor", rows: list[list[int]]) -> Vectors:
    """The mean of some rows of `table` for each of `rows`, or 0 for none."""
    import torch
    from torch.nn.functional import embedding_bag

    every = torch.tensor([row for some in rows for row in some], dtype=torch.int64)
    begins = np.cumsum([0, *map(len, rows)])[:-1]
    means = embedding_bag(every, table.float(), torch.from_numpy(begins), mode="mean")
    return means.numpy()


def keep_meaning(model: "SentenceTransformer") -> None:
    """Takes away the modules after that which gives what a text means, if there is one."""
    names = [name for name, _ in model.named_children()]
    if MEANING in names:
        for name in names[names.index(MEANING) + 1 :]:
            delattr(model, name)
        if model.transformers_model is not None:
            model.transformers_model.config.output_hidden_states = False


@contextmanager
def _given_by(layer: "Module") -> Iterator[list["Tensor"]]:
    """Collects what a layer of BERT gives while the model computes."""
    found: list[Tensor] = []

    def keep(_: "Module", __: object, given: "Tensor | tuple[Tensor, ...]") -> None:
        found.append(given[0] if isinstance(given, tuple) else given)

    hook = layer.register_forward_hook(keep)
    try:
        yield found
    finally:
        hook.remove()


@contextmanager
def one_thread() -> Iterator[None]:
    """Computes without helpers: for what is asked, waiting for them takes longer than the work."""
    import torch

    threads = _threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@cache
def _threads() -> int:
    """How many torch computes with; what it says meanwhile may be what another thread has set."""
    import torch

    return torch.get_num_threads()


def in_bfloat16() -> AbstractContextManager[object]:
    """Computes products in bfloat16 where the processor can: nearly twice as fast.

    Vectors change by less than 1e-4 (cosine), recall by nothing that could be measured, see the
    README.
    """
    import torch

    return torch.autocast("cpu", dtype=torch.bfloat16) if knows_bfloat16() else nullcontext()


@cache
def knows_bfloat16() -> bool:
    """Whether the processor computes products in bfloat16."""
    import torch

    able = torch.cpu.get_capabilities()
    return bool(able.get("avx512_bf16") or able.get("amx_bf16"))


def _unloadable(model: str, reason: str) -> str:
    return (
        f"embedding model {model}: cannot be loaded ({reason}); name a sentence-transformers "
        "folder with --model or MALI_MODEL, or unset it for the default"
    )
