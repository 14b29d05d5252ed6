"""Many articles: `python -m tests.bench.scale [CHUNKS…]`, by default ten thousand to a million.

Articles are made of the words of the shipped corpus, drawn at random, so that common words are as
common as in real text. Their vectors are not embedded, which would take days, but mixed: each is
between those of two real passages, with noise, so that it has neighbours as real ones have.
Questions are the real ones about the corpus, embedded. Opening and searching are measured in a
process of their own, whose memory nothing else has filled.
"""

import hashlib
import itertools
import multiprocessing
import random
import re
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from rich.console import Console

from index.build import Built, build
from index.chunk import Chunker
from index.corpus import read_corpus
from index.dense import Numbers
from index.embed import SentenceEmbedder, Vectors
from index.evaluate import read_questions
from index.generation import Generation
from index.retrieve import Query, Retriever
from index.segment import embedding_text
from index.settings import IndexSettings

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "corpus"
QUESTIONS = ROOT / "tests" / "eval" / "corpus.jsonl"
SIZES = (10_000, 100_000, 1_000_000)
#: Sentences of an article, and chunks as they come out: 1.9 to one; in the shipped corpus 1.7.
_SENTENCES, _CHUNKS = 5, 2.3
_POOL = 2_000
#: Length of the noise, beside a mixture of length 1 at most.
_NOISE = 0.35
_BLOCK = 50_000

T = TypeVar("T")
_out = Console(highlight=False)


@dataclass(frozen=True)
class MixedEmbedder:
    """Questions and words by the real model; a passage's vector is mixed by its last line."""

    real: SentenceEmbedder
    pool: Vectors
    name: str = "mixed"
    fingerprint: str = "mixed-2"

    @classmethod
    def of(cls, pool: Vectors) -> "MixedEmbedder":
        return cls(SentenceEmbedder.from_settings(IndexSettings()), pool)

    def embed_passages(self, texts: list[str]) -> Vectors:
        found = np.stack([self._mixed(text.rsplit("\n", 1)[-1]) for text in texts])
        unit: Vectors = found / np.linalg.norm(found, axis=1, keepdims=True)
        return unit

    def embed_questions(self, texts: list[str]) -> Vectors:
        return self.real.embed_questions(texts)

    def word_vectors(self, words: list[str]) -> Vectors:
        return self.real.word_vectors(words)

    def _mixed(self, text: str) -> Vectors:
        seed = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
        chance = np.random.Generator(np.random.PCG64(seed))
        one, other = self.pool[chance.integers(len(self.pool), size=2)]
        share = np.float32(chance.uniform(0.5, 1))
        noise = chance.standard_normal(len(one), dtype=np.float32) * np.float32(
            _NOISE / np.sqrt(len(one))
        )
        found: Vectors = share * one + (1 - share) * other + noise
        return found


@dataclass(frozen=True, slots=True)
class Served:
    """What a process that serves the index measured: seconds, bytes, and a share."""

    opening: float
    memory: int  # that the process grew by, pages of files it shares with others included
    private: int  # of that, what no other process shares
    nearest: tuple[float, float]  # p50, p95: the nearest chunks and sentences of a vector
    search: tuple[float, float]  # p50, p95: a question, the model included
    recall: float  # of the ten nearest chunks, by looking at all


def write(folder: Path, number: int, words: list[str], chance: random.Random) -> None:
    """An article in a folder of a hundred."""
    sentences = (
        " ".join(chance.choices(words, k=chance.randint(8, 16))).capitalize() + "."
        for _ in range(_SENTENCES)
    )
    place = folder / f"{number // 100:05}" / f"{number:07}.md"
    place.parent.mkdir(parents=True, exist_ok=True)
    day = f"20{chance.randint(12, 25)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
    head = f'---\ntitle: "Meldung {number}"\noutlet: Blatt\ndate: {day}\nlang: de\n---\n\n'
    place.write_text(head + " ".join(sentences) + "\n", "utf-8")


def serve(root: Path, pool: Vectors) -> Served:
    """Opens the index and asks it; runs in a process of its own."""
    embedder = MixedEmbedder.of(pool)
    asked = [(one.question, one.language) for one in read_questions(QUESTIONS)]
    vectors = embedder.embed_questions([text for text, _ in asked])
    embedder.word_vectors(["Mali"])
    before = _memory()
    began = time.perf_counter()
    generation = Generation.open(root, embedder)
    retriever = Retriever(generation, embedder)
    opening = time.perf_counter() - began

    def nearest(vector: Vectors) -> Numbers:
        generation.sentences.nearest(vector, 200)
        return generation.chunks.nearest(vector, 200)

    found, by_vector = _each(vectors, nearest)
    _, by_question = _each(asked, lambda one: retriever.search_many([Query(*one)]))
    after = _memory()
    exact = _exact(generation, embedder, vectors)
    shared = [len({*near[:10]} & {*all_of}) / 10 for near, all_of in zip(found, exact, strict=True)]
    return Served(
        opening,
        after["Rss"] - before["Rss"],
        after["Private_Dirty"] - before["Private_Dirty"],
        by_vector,
        by_question,
        float(np.mean(shared)),
    )


def main() -> None:
    """Prints what each size takes."""
    sizes = [int(size) for size in sys.argv[1:]] or SIZES
    articles = read_corpus(CORPUS)
    words = [word for one in articles if one.lang == "de" for word in re.findall(r"\w+", one.text)]
    texts = [embedding_text(one, chunk) for one in articles for chunk in Chunker().cut(one).chunks]
    pool = SentenceEmbedder.from_settings(IndexSettings()).embed_passages(
        texts[:: len(texts) // _POOL]
    )
    for size in sizes:
        folder = Path(tempfile.mkdtemp())
        try:
            _measure(size, folder, words, pool)
        finally:
            shutil.rmtree(folder)


def _measure(size: int, folder: Path, words: list[str], pool: Vectors) -> None:
    corpus, root, embedder = folder / "corpus", folder / "index", MixedEmbedder.of(pool)
    chance = random.Random(0)  # noqa: S311 - made-up articles, no secrets
    count = round(size / _CHUNKS)
    for number in range(count):
        write(corpus, number, words, chance)
    time.sleep(2.1)  # so that the files' times are settled

    def update() -> Built:
        return build([corpus], embedder, root, Chunker())

    built = _timed(f"{count:,} articles: first build", update)
    chunks = built.manifest.chunks
    _out.print(f"{chunks:,} chunks, {built.manifest.sentences:,} sentences")
    files = {path.name: path.stat().st_size for path in root.glob("seg-*/*.faiss")}
    files["words"] = sum(path.stat().st_size for path in root.glob("seg-*/words/*.npy"))
    files["places"] = sum(path.stat().st_size for path in root.glob("seg-*/store.npy"))
    told = ", ".join(f"{name} {held / chunks:,.0f}" for name, held in files.items())
    _out.print(f"bytes a chunk: {sum(files.values()) / chunks:,.0f} ({told})")
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as alone:
        served = alone.submit(serve, root, pool).result()
    _out.print(
        f"opening {served.opening:.2f} s; memory {served.memory / chunks:,.0f} bytes a chunk, "
        f"of which unshared {served.private / chunks:,.0f}; recall@10 {served.recall:.3f}"
    )
    for what, (p50, p95) in (("nearest", served.nearest), ("search", served.search)):
        _out.print(f"{what}: p50 {p50 * 1000:.1f} ms, p95 {p95 * 1000:.1f} ms")
    _timed("build with nothing to do", update)
    write(corpus, count // 2, words, chance)
    _timed("build after one edit", update)
    (corpus / "00000" / "0000000.md").unlink()
    _timed("build after one deletion", update)


def _each(asked: "list[T] | Vectors", ask: Callable[..., Numbers | object]) -> tuple[list, tuple]:  # type: ignore[type-arg]
    """What comes of each, and the median and 95th percentile of seconds; the first warms up."""
    ask(asked[0])
    found, taken = [], []
    for one in asked:
        began = time.perf_counter()
        found.append(ask(one))
        taken.append(time.perf_counter() - began)
    p50, p95 = np.percentile(taken, [50, 95])
    return found, (float(p50), float(p95))


def _exact(generation: Generation, embedder: MixedEmbedder, vectors: Vectors) -> Numbers:
    """The ten chunks nearest to each of `vectors` by their vectors as they were mixed."""
    best = np.full((len(vectors), 10), -1.0, dtype=np.float32)
    numbers = np.zeros((len(vectors), 10), dtype=np.int64)
    for block in _blocks(generation.living.tolist(), _BLOCK):
        held = embedder.embed_passages([_text(generation, number) for number in block])
        cosines = np.concatenate([best, vectors @ held.T], axis=1)
        every = np.concatenate([numbers, np.tile(block, (len(vectors), 1))], axis=1)
        top = np.argpartition(-cosines, 9, axis=1)[:, :10]
        best, numbers = (np.take_along_axis(one, top, axis=1) for one in (cosines, every))
    return numbers


def _text(generation: Generation, chunk: int) -> str:
    place = generation.store.chunk(chunk)
    return generation.store.written(chunk)[2][place.start : place.end]


def _blocks(numbers: list[int], size: int) -> Iterator[list[int]]:
    left = iter(numbers)
    while block := list(itertools.islice(left, size)):
        yield block


def _memory() -> dict[str, int]:
    """Bytes of this process by kind, as Linux counts them."""
    lines = Path("/proc/self/smaps_rollup").read_text("utf-8").splitlines()[1:]
    return {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines}


def _timed(what: str, work: Callable[[], T]) -> T:
    began = time.perf_counter()
    result = work()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    _out.print(f"{what}: {time.perf_counter() - began:.2f} s; peak memory {peak:.2f} GB")
    return result


if __name__ == "__main__":
    main()
