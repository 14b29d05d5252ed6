"""One built index on disk: written beside the old one, checked, then switched to in one step.

    INDEX/
      current              the name of the generation that serves, replaced atomically
      lock                 held while a build runs
      gen-000002/
        manifest.json      what made it, from what, and the SHA-256 of every other file
        chunks.faiss       a vector a chunk
        sentences.faiss    a vector a sentence
        words/             BM25
        store.sqlite       articles, sentences, chunks

A build that is killed leaves a folder ending in `.part`, which the next build removes; readers only
ever follow `current`. The generation before the current one is kept.
"""

import datetime as dt
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, ValidationError

from index.article import Article, Corpus
from index.chunk import Chunk, Chunker, CutArticle
from index.dense import DenseIndex
from index.embed import Embedder, Vectors
from index.errors import BuildLocked, CorpusError, Damaged, IndexingError, Mismatch, NotBuilt
from index.lexical import LexicalIndex
from index.store import Store
from index.words import Language

#: Raised by one whenever an index written before cannot be read any more.
SCHEMA = 2
_NAME = re.compile(r"gen-(\d{6,})")
_BATCH = 64  # texts embedded between two steps of the progress bar

#: Called as work goes on: what is being done, steps done, steps in all.
Progress = Callable[[str, int, int], None]


class _Version(BaseModel):
    """The one key that every manifest has, whatever its format."""

    schema_version: int


class Manifest(BaseModel):
    """What made a generation and what it holds; kept as `manifest.json`."""

    model_config = ConfigDict(frozen=True)
    schema_version: int
    number: int
    created: dt.datetime
    model: str
    model_fingerprint: str
    dimension: int
    chunker: str
    corpus_hash: str
    languages: tuple[Language, ...]
    articles: int
    chunks: int
    sentences: int
    files: dict[str, str]


@dataclass(frozen=True, slots=True)
class Generation:
    """An open generation; everything in it is read-only."""

    folder: Path
    manifest: Manifest
    chunks: DenseIndex
    sentences: DenseIndex
    words: LexicalIndex
    store: Store

    @classmethod
    def open(cls, root: Path, embedder: Embedder) -> "Generation":
        """Opens the current generation under `root`, checking every file against the manifest.

        Raises `NotBuilt`, `Damaged` or `Mismatch`, each naming the command that mends it.
        """
        return cls.open_folder(current(root), embedder)

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
        _verify(folder, manifest)
        try:
            chunks = DenseIndex.read(folder / "chunks.faiss")
            sentences = DenseIndex.read(folder / "sentences.faiss")
            words = LexicalIndex.read(folder / "words", manifest.languages, manifest.chunks)
            store = Store.open(folder / "store.sqlite")
        except Damaged as error:
            raise Damaged(f"{error}; {mend(root)}") from None
        found = (len(chunks), len(sentences), chunks.dimension)
        if found != (manifest.chunks, manifest.sentences, manifest.dimension):
            raise Damaged(f"{folder}: its files do not fit each other; {mend(root)}")
        return cls(folder, manifest, chunks, sentences, words, store)


def build(
    corpus: Corpus, embedder: Embedder, root: Path, chunker: Chunker, progress: Progress
) -> Manifest:
    """Builds a generation of `corpus` under `root`, checks that it opens, and switches to it.

    Raises `BuildLocked` if another build runs there; whatever is raised, what served still serves.
    """
    with _locked(root):
        number = max([0, *_numbers(root)]) + 1
        final = root / f"gen-{number:06d}"
        part = final.with_suffix(".part")
        for left_over in root.glob("gen-*.part"):
            shutil.rmtree(left_over)
        part.mkdir()
        manifest = _write(corpus, embedder, part, number, chunker, progress)
        _flush(part)
        part.rename(final)
        Generation.open_folder(final, embedder).store.close()
        _switch(root, final.name)
        for old in sorted(_numbers(root))[:-2]:
            shutil.rmtree(root / f"gen-{old:06d}")
        return manifest


def is_current(corpus: Corpus, embedder: Embedder, root: Path, chunker: Chunker) -> bool:
    """Whether what serves under `root` is whole and made from the same texts, model and chunker."""
    try:
        manifest = read_manifest(current(root))
        _verify(current(root), manifest)
    except (NotBuilt, Damaged, Mismatch):
        return False
    made_of = (manifest.corpus_hash, manifest.chunker, manifest.model_fingerprint)
    return made_of == (corpus_hash(corpus.articles), chunker.signature, embedder.fingerprint)


def current(root: Path) -> Path:
    """The folder of the generation that serves; raises `NotBuilt` or `Damaged`."""
    try:
        name = (root / "current").read_text(encoding="ascii").strip()
    except (FileNotFoundError, NotADirectoryError):
        raise NotBuilt(f"{root}: no index here yet; {mend(root)}") from None
    except (OSError, ValueError) as error:
        raise Damaged(f"{root / 'current'}: unreadable ({error}); {mend(root)}") from None
    if not _NAME.fullmatch(name) or not (root / name).is_dir():
        raise Damaged(f"{root / 'current'}: names no generation; {mend(root)}")
    return root / name


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the generation in `folder`; raises `Damaged` or `Mismatch`."""
    path = folder / "manifest.json"
    try:
        content = path.read_bytes()
        version = _Version.model_validate_json(content).schema_version
        if version != SCHEMA:
            raise Mismatch(
                f"{folder}: index format {version}, this program reads {SCHEMA}; "
                f"{mend(folder.parent)}"
            )
        return Manifest.model_validate_json(content)
    except OSError as error:
        raise Damaged(f"{path}: unreadable ({error.strerror}); {mend(folder.parent)}") from None
    except ValidationError as error:
        first = error.errors()[0]["msg"]
        raise Damaged(f"{path}: not a manifest ({first}); {mend(folder.parent)}") from None


def mend(root: Path) -> str:
    """The way out of every error about a built index."""
    return f"mend it with: mali-index build --index {root}"


def corpus_hash(articles: tuple[Article, ...]) -> str:
    """SHA-256 (hex) over the ids, texts and metadata of `articles`, in their order."""
    digest = hashlib.sha256()
    for article in articles:
        for part in (article.id, article.lang, article.title, article.text):
            data = part.encode("utf-8", "surrogatepass")
            digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


def embedding_text(article: Article, chunk: Chunk) -> str:
    """What is embedded for a chunk: title and date, where known, its heading, then the span.

    A title made from the first sentence is left out: it would pull every chunk towards that one.
    """
    date = f" ({article.date.isoformat()})" if article.date else ""
    title = "" if article.title_derived else article.title + date
    return "\n".join(part for part in (title, chunk.heading, chunk.text) if part)


def _write(
    corpus: Corpus,
    embedder: Embedder,
    folder: Path,
    number: int,
    chunker: Chunker,
    progress: Progress,
) -> Manifest:
    cut = [
        CutArticle(article, (), ()) if article.withdrawn else chunker.cut(article)
        for article in corpus.articles
    ]
    if not any(one.chunks for one in cut):
        raise CorpusError(
            "every article is withdrawn: nothing is left to cite; add one that is not"
        )
    passages = [embedding_text(one.article, chunk) for one in cut for chunk in one.chunks]
    sentences = [
        one.article.text[sentence.start : sentence.end] for one in cut for sentence in one.sentences
    ]
    vectors = _embed(passages, embedder, "passages", progress)
    DenseIndex.build(vectors).write(folder / "chunks.faiss")
    DenseIndex.build(_embed(sentences, embedder, "sentences", progress)).write(
        folder / "sentences.faiss"
    )
    _words(cut).write(folder / "words")
    Store.write(folder / "store.sqlite", cut)
    manifest = Manifest(
        schema_version=SCHEMA,
        number=number,
        created=dt.datetime.now(dt.UTC).replace(microsecond=0),
        model=embedder.name,
        model_fingerprint=embedder.fingerprint,
        dimension=vectors.shape[1],
        chunker=chunker.signature,
        corpus_hash=corpus_hash(corpus.articles),
        languages=tuple(sorted({article.lang for article in corpus.articles})),
        articles=len(cut),
        chunks=len(passages),
        sentences=len(sentences),
        files={
            path.relative_to(folder).as_posix(): _checksum(path, folder)
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        },
    )
    (folder / "manifest.json").write_text(manifest.model_dump_json(indent=2), encoding="utf-8")
    return manifest


def _words(cut: list[CutArticle]) -> LexicalIndex:
    texts = [
        f"{one.article.title}\n{chunk.heading}\n{chunk.text}" for one in cut for chunk in one.chunks
    ]
    return LexicalIndex.build(texts, [one.article.lang for one in cut for _ in one.chunks])


def _embed(texts: list[str], embedder: Embedder, what: str, progress: Progress) -> Vectors:
    # Texts of like length share a batch, so that little is padded; then back into their order.
    order = sorted(range(len(texts)), key=lambda number: len(texts[number]))
    found: list[Vectors] = []
    for begin in range(0, len(order), _BATCH):
        progress(what, begin, len(texts))
        found.append(embedder.embed_passages([texts[i] for i in order[begin : begin + _BATCH]]))
    progress(what, len(texts), len(texts))
    vectors = np.empty((len(texts), found[0].shape[1]), dtype=np.float32)
    vectors[order] = np.concatenate(found)
    return vectors


def _verify(folder: Path, manifest: Manifest) -> None:
    """Raises `Damaged` unless every file is as it was when it was built."""
    for name, expected in manifest.files.items():
        if _checksum(folder / name, folder.parent) != expected:
            raise Damaged(f"{folder / name}: changed since it was built; {mend(folder.parent)}")


def _checksum(path: Path, root: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise Damaged(f"{path}: cannot be read ({error.strerror}); {mend(root)}") from None


@contextmanager
def _locked(root: Path) -> Iterator[None]:
    try:
        root.mkdir(parents=True, exist_ok=True)
        with FileLock(root / "lock", timeout=0):
            yield
    except Timeout:
        raise BuildLocked(
            f"{root}: another build is running here; wait for it, or use another --index"
        ) from None
    except OSError as error:
        place = error.filename or root
        raise IndexingError(
            f"{place}: cannot be written ({error.strerror}); name another folder with --index"
        ) from None


def _numbers(root: Path) -> list[int]:
    matches = (_NAME.fullmatch(path.name) for path in root.iterdir())
    return [int(match[1]) for match in matches if match]


def _switch(root: Path, name: str) -> None:
    fresh = root / "current.part"
    fresh.write_text(f"{name}\n", encoding="ascii")
    _flush_file(fresh)
    fresh.replace(root / "current")
    _flush_file(root)


def _flush(folder: Path) -> None:
    for path in folder.rglob("*"):
        _flush_file(path)
    _flush_file(folder)


def _flush_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
