"""Many articles: `python -m tests.bench.scale [ARTICLES]` builds, edits one, and builds again.

Articles are made of words drawn at random. Embedding is left out: vectors are random numbers drawn
for a text, so that what is timed is all the rest. Peak memory is the process's own.
"""

import hashlib
import random
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from rich.console import Console

from index.build import Built, build
from index.chunk import Chunker
from index.embed import Vectors
from index.generation import Generation
from index.retrieve import Retriever

T = TypeVar("T")
_out = Console(highlight=False)


@dataclass(frozen=True)
class RandomEmbedder:
    """Unit vectors drawn with the text as seed; shape and type as a real model's."""

    name: str = "random"
    fingerprint: str = "random-1"
    dimension: int = 384

    def embed_passages(self, texts: list[str]) -> Vectors:
        """Shape `(len(texts), 384)`."""
        seeds = [int.from_bytes(hashlib.blake2b(t.encode()).digest()[:8], "big") for t in texts]
        drawn = np.stack(
            [np.random.default_rng(seed).normal(size=self.dimension) for seed in seeds]
        )
        unit: Vectors = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)
        return unit

    def embed_questions(self, texts: list[str]) -> Vectors:
        """Shape `(len(texts), 384)`."""
        return self.embed_passages(texts)

    def word_vectors(self, words: list[str]) -> Vectors:
        """Shape `(len(words), 384)`."""
        return self.embed_passages(words)


def write(folder: Path, number: int, words: list[str], chance: random.Random) -> None:
    """An article of six sentences in a folder of a hundred."""
    sentences = (
        " ".join(chance.choices(words, k=chance.randint(8, 16))).capitalize() + "."
        for _ in range(6)
    )
    place = folder / f"{number // 100:04}" / f"{number:06}.md"
    place.parent.mkdir(parents=True, exist_ok=True)
    day = f"20{chance.randint(12, 25)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
    head = f'---\ntitle: "Meldung {number}"\noutlet: Blatt\ndate: {day}\nlang: de\n---\n\n'
    place.write_text(head + " ".join(sentences) + "\n", "utf-8")


def main() -> None:
    """Prints seconds and memory of each step."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    folder = Path(tempfile.mkdtemp())
    corpus, root, embedder = folder / "corpus", folder / "index", RandomEmbedder()
    chance = random.Random(0)  # noqa: S311 - made-up words, no secrets
    letters = "abcdefghiklmnoprstuw"
    words = ["".join(chance.choices(letters, k=chance.randint(3, 11))) for _ in range(50_000)]
    try:
        for number in range(count):
            write(corpus, number, words, chance)
        time.sleep(2.1)  # so that the files' times are settled

        def update() -> Built:
            return build([corpus], embedder, root, Chunker())

        built = _timed(f"first build of {count:,} articles", update)
        _out.print(f"{built.manifest.chunks:,} chunks, {built.manifest.sentences:,} sentences")
        _timed("build with nothing to do", update)
        write(corpus, count // 2, words, chance)
        _timed("build after one edit", update)
        (corpus / "0000" / "000000.md").unlink()
        _timed("build after one deletion", update)
        generation = _timed("opening", lambda: Generation.open(root, embedder))
        retriever = _timed("retriever", lambda: Retriever(generation, embedder))
        _timed("a search", lambda: retriever.search(" ".join(words[:6]), "de"))
    finally:
        shutil.rmtree(folder)


def _timed(what: str, work: Callable[[], T]) -> T:
    began = time.perf_counter()
    result = work()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    _out.print(f"{what}: {time.perf_counter() - began:.2f} s; peak memory {peak:.2f} GB")
    return result


if __name__ == "__main__":
    main()
