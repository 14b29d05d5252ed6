"""One state of the index, open for reading: its segments as if they were one.

Generations are written by `build.py`, beside the one that serves; see `manifest.py` for the files.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index.aliases import Aliases
from index.dense import DenseIndex, Numbers
from index.embed import Embedder
from index.errors import Damaged, Mismatch
from index.lexical import LexicalIndex
from index.manifest import Manifest, SegmentEntry, current, mend, name_of, read_manifest, verify
from index.pieces import KeptPieces
from index.postings import Postings
from index.remote import dense_segment
from index.store import Store


def open_store(root: Path, segments: Sequence[SegmentEntry]) -> Store:
    """The articles of `segments` without those they leave out; raises `Damaged`."""
    left_out: list[int] = []
    begin = 0
    for segment in segments:
        left_out += [begin + number for number in segment.left_out]
        begin += segment.articles
    return Store.open([root / segment.name / "store.sqlite" for segment in segments], left_out)


@dataclass(frozen=True, slots=True)
class Generation:
    """An open generation; everything in it is read-only."""

    folder: Path
    manifest: Manifest
    chunks: DenseIndex
    sentences: DenseIndex
    words: LexicalIndex
    store: Store
    living: Numbers  # of the chunks that can be found
    pieces: KeptPieces | None  # None where the model has no reader

    @classmethod
    def open(cls, root: Path, embedder: Embedder, number: int | None = None) -> "Generation":
        """Opens a generation under `root` (None: the one that serves), checking every file.

        Raises `NotBuilt`, `Damaged` or `Mismatch`, each naming the command that mends it.
        """
        return cls.open_folder(
            current(root) if number is None else root / name_of(number), embedder
        )

    @classmethod
    def open_folder(cls, folder: Path, embedder: Embedder) -> "Generation":
        """Opens the generation in `folder`, whether it serves or not; raises as `open` does."""
        root = folder.parent
        manifest = read_manifest(folder)
        if manifest.model_fingerprint != embedder.fingerprint:
            raise Mismatch(
                f"{root}: built with the model {manifest.model}, not with {embedder.name} as it is "
                f"now; {mend(root)}, or set MALI_MODEL to the model it was built with"
            )
        verify(root, manifest)
        try:
            return cls._of(folder, manifest)
        except Damaged as error:
            raise Damaged(f"{error}; {mend(root)}") from None

    @classmethod
    def _of(cls, folder: Path, manifest: Manifest) -> "Generation":
        places = [folder.parent / segment.name for segment in manifest.segments]
        store = open_store(folder.parent, manifest.segments)
        living_sentences, living_chunks = store.living()
        chunks = DenseIndex.of([dense_segment(place, "chunks") for place in places], living_chunks)
        sentences = DenseIndex.of(
            [dense_segment(place, "sentences") for place in places], living_sentences
        )
        postings = [Postings.read(place / "words") for place in places]
        found = (store.counts.articles, store.counts.chunks, store.counts.sentences)
        held = sum(len(one.lengths) for one in postings)
        articles = sum(segment.articles for segment in manifest.segments)
        if found != (articles, len(chunks), len(sentences)) or held != len(chunks):
            raise Damaged(f"{folder}: its files do not fit each other")
        aliases = Aliases(manifest.aliases)
        words = LexicalIndex.of(postings, manifest.languages, living_chunks, aliases)
        everything = np.arange(len(chunks))
        living = everything if living_chunks is None else everything[living_chunks]
        counts = [segment.articles for segment in manifest.segments]
        pieces = KeptPieces.open(places, store.sentence_counts, counts)
        return cls(folder, manifest, chunks, sentences, words, store, living, pieces)
