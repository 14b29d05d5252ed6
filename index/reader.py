"""Reads a question and a passage together, for whether the passage tells what is asked.

Vectors put what is alike side by side, so a passage with the right names and another fact looks
like an answer. The reader is a small network (`attention.py`) over the word pieces of both, as the
shipped embedding model sees them; it was trained on questions that a passage answers and on such
that it nearly answers, see `model/CARD.md`. It knows that model alone: with another there is none.
"""

import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from cachetools import LRUCache

from index.embed import Embedder, Pieces, SentenceEmbedder, Vectors
from index.errors import ModelError

if TYPE_CHECKING:
    from index.attention import Batch, Network

#: The weights, and in their metadata the `fingerprint` of the embedding model they stand on.
FILE = Path(__file__).parent / "model" / "reader.safetensors"
#: Passages whose word pieces are kept, at most 200 kB each.
_KEPT = 300


class Reader:
    """Reads passages for one embedding model; may be used from several threads."""

    def __init__(self, embedder: SentenceEmbedder, file: Path = FILE) -> None:
        self._embedder = embedder
        self._file = file
        self._known: LRUCache[str, Pieces] = LRUCache(_KEPT)
        self._lock = threading.Lock()

    @classmethod
    def of(
        cls, embedder: Embedder, file: Path = FILE, fingerprint: str | None = None
    ) -> "Reader | None":
        """The reader for an embedding model; None if the one in `file` is for another.

        `fingerprint` is the embedder's, where it is known, for it costs reading all weights. Raises
        `ModelError` for a file that is broken.
        """
        if not isinstance(embedder, SentenceEmbedder) or not file.exists():
            return None
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(file, framework="np") as weights:
                model = (weights.metadata() or {}).get("model")
        except SafetensorError as error:
            raise ModelError(_unloadable(file, error)) from None
        return cls(embedder, file) if model == (fingerprint or embedder.fingerprint) else None

    def read(self, question: str, passages: Sequence[str]) -> Vectors:
        """Log-odds that each of `passages` tells what is asked, shape `(len(passages),)`.

        Raises `ModelError` if the reader or the embedding model cannot be loaded.
        """
        import torch

        if not passages:
            return np.zeros(0, dtype=np.float32)
        [asked] = self._embedder.pieces([question])
        read = self._pieces(passages)
        with torch.inference_mode():
            found = self._network(padded([asked] * len(read)), padded(read))
        log_odds: Vectors = found.numpy()
        return log_odds

    def _pieces(self, passages: Sequence[str]) -> list[Pieces]:
        with self._lock:
            known = {text: self._known[text] for text in passages if text in self._known}
        new = [text for text in dict.fromkeys(passages) if text not in known]
        if new:
            known |= zip(new, self._embedder.pieces(new), strict=True)
            with self._lock:
                self._known.update({text: known[text] for text in new})
        return [known[text] for text in passages]

    @cached_property
    def _network(self) -> "Network":
        from safetensors.torch import load_file

        from index.attention import Network

        network = Network(self._embedder.table())
        try:
            network.load_state_dict(
                {name: weight.float() for name, weight in load_file(self._file).items()}
            )
        except (OSError, RuntimeError) as error:
            raise ModelError(_unloadable(self._file, error)) from None
        return network.eval()


def _unloadable(file: Path, error: Exception) -> str:
    return f"{file}: cannot be loaded ({str(error).splitlines()[0]}); install again"


def padded(texts: Sequence[Pieces]) -> "Batch":
    """Several texts as one batch."""
    import torch
    from torch.nn.utils.rnn import pad_sequence

    from index.attention import Batch

    lengths = torch.tensor([len(one.numbers) for one in texts])
    numbers = [torch.from_numpy(one.numbers.astype(np.int64)) for one in texts]
    vectors = [torch.from_numpy(one.vectors) for one in texts]
    return Batch(
        pad_sequence(numbers, batch_first=True),
        pad_sequence(vectors, batch_first=True),
        torch.arange(int(lengths.max()))[None] < lengths[:, None],
    )
