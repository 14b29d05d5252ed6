"""Reads a question and a passage together, for whether the passage tells what is asked.

Vectors put what is alike side by side, so a passage with the right names and another fact looks
like an answer. The reader is the shipped embedding model's last layers once more (`attention.py`),
over what the layers below make of either; it was trained on questions that a passage answers and on
such that it nearly answers, see `model/CARD.md`. It knows that model alone: with another there is
none.
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from index.embed import Embedder, SentenceEmbedder, Vectors, one_thread
from index.errors import ModelError
from index.pieces import Pieces, Rounded

if TYPE_CHECKING:
    from index.attention import Batch, Network

#: The weights, and in their metadata the `fingerprint` of the embedding model they stand on.
FILE = Path(__file__).parent / "model" / "reader.safetensors"
#: Word pieces, of all pairs together, up to which packed weights are used: five of the longest
#: passages beside a question.
_FEW = 2_048


class Reader:
    """Reads passages for one embedding model; may be used from several threads."""

    def __init__(self, embedder: SentenceEmbedder, file: Path = FILE) -> None:
        self._embedder = embedder
        self._file = file
        self._loading = threading.Lock()
        self._loaded: Network | None = None

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
            raise ModelError.of_shipped(file, error) from None
        return cls(embedder, file) if model == (fingerprint or embedder.fingerprint) else None

    def questions(self, texts: list[str]) -> tuple[Vectors, list[Pieces]]:
        """The vectors of questions, as `Embedder` gives them, and what `read` wants of each."""
        return self._embedder.read_questions(texts)

    def sentences(self, texts: list[str]) -> tuple[Vectors, list[Rounded]]:
        """The vectors of sentences, as `Embedder` gives them, and what `read` wants of each.

        Marks of beginning and end are left out, for sentences are read one after another, but where
        there is nothing between them.
        """
        vectors, pieces = self._embedder.read_passages(texts)
        return vectors, [_bare(one).rounded() for one in pieces]

    def read(self, question: Pieces, passages: Sequence[Sequence[Rounded]]) -> Vectors:
        """Log-odds that each of `passages` tells what is asked, shape `(len(passages),)`.

        A passage is given as the texts that it is made of. Raises `ModelError` if the reader cannot
        be loaded.
        """
        import torch

        if not passages:
            return np.zeros(0, dtype=np.float32)
        read = [Pieces.of(np.concatenate(sentences)) for sentences in passages]
        with torch.inference_mode(), one_thread():
            found = self._network().read(question, read)
        log_odds: Vectors = found.numpy()
        return log_odds

    def network(self) -> "Network":
        """The network with the weights in the file, as it was trained; raises `ModelError`."""
        from safetensors.torch import load_file

        from index.attention import Network

        network = Network(self._embedder.table())
        try:
            network.load_state_dict(
                {name: weight.float() for name, weight in load_file(self._file).items()}
            )
        except (OSError, RuntimeError) as error:
            raise ModelError.of_shipped(self._file, error) from None
        return network.eval()

    def _network(self) -> "Network":
        """The network as it is computed fastest here, loaded once."""
        with self._loading:
            if self._loaded is None:
                self._loaded = self.network()
                self._loaded.hasten(_FEW)
            return self._loaded


def hand_on(
    before: SentenceEmbedder, after: SentenceEmbedder, out: Path, file: Path = FILE
) -> None:
    """Writes the reader for `before` to `out` as one for `after`; nothing if it is for another.

    The two models may differ in their last `ABOVE` layers alone. Raises `ModelError`.
    """
    if Reader.of(before, file):
        from safetensors.numpy import load_file, save_file

        save_file(load_file(file), out, metadata={"format": "pt", "model": after.fingerprint})


def _bare(one: Pieces) -> Pieces:
    inner = slice(1, -1) if len(one.numbers) > 2 else slice(None)
    return Pieces(one.numbers[inner], one.vectors[inner])


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
