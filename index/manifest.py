"""What is in an index folder and which of it serves; nothing here opens more than a manifest.

    INDEX/
      current              the name of the generation that serves, replaced atomically
      lock, holder         held while a build runs, and by whom
      seen.json            what the corpus files held at the last build; only saves time
      milvus               only in the copy of an index in Milvus: where that is, see `remote.py`
      gen-000002/
        manifest.json      what made it, its segments, and which of their articles it leaves out
      seg-000001-5ac1f09e/ written once, shared by all generations that name it
        chunks.faiss       a vector a chunk
        sentences.faiss    a vector a sentence
        pieces.npy         the word pieces of sentences, where the model has a reader
        headlines.npy      and of articles' titles and dates
        *.begins.npy       at which of them each text begins
        words/             stems and where they stand
        store.sqlite       articles, sentences, chunks
        store.npy          where chunks are: article, paragraphs, sentences

What a killed build leaves ends in `.part` or is named by no manifest; the next build removes it.
"""

import datetime as dt
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from index.aliases import Alias
from index.errors import BuildLocked, Damaged, GenerationError, IndexingError, Mismatch, NotBuilt
from index.pieces import SENTENCES
from index.words import Language

#: Raised by one whenever an index written before cannot be read any more.
SCHEMA = 8
#: Where a copy says what it is a copy of.
SOURCE = "milvus"
_GENERATION = re.compile(r"gen-(\d{6,})")
_SEGMENT = r"seg-\d{6,}(-[0-9a-f]{8})?"  # without the letters in indexes of before


class _Version(BaseModel):
    """The one key that every manifest has, whatever its format."""

    schema_version: int


class SegmentEntry(BaseModel):
    """A segment of a generation: its folder, what it holds, and what of it is left out.

    `left_out` are numbers of articles as the segment counts them, from 0; `files` maps names to
    SHA-256 (hex). The languages are those of its articles.
    """

    model_config = ConfigDict(frozen=True)
    name: str = Field(pattern=rf"^{_SEGMENT}$")
    articles: int
    languages: tuple[Language, ...]
    left_out: tuple[int, ...]
    files: dict[str, str]


class Manifest(BaseModel):
    """What made a generation and what it holds; kept as `manifest.json`.

    `aliases` are the names that its words were read with. Articles, chunks and sentences are
    counted without those left out.
    """

    model_config = ConfigDict(frozen=True)
    schema_version: int
    number: int
    created: dt.datetime
    model: str
    model_fingerprint: str
    chunker: str
    corpus_hash: str
    aliases: tuple[Alias, ...] = ()
    articles: int
    chunks: int
    sentences: int
    segments: tuple[SegmentEntry, ...]

    @property
    def languages(self) -> tuple[Language, ...]:
        """The languages of the articles, sorted."""
        return tuple(sorted({lang for segment in self.segments for lang in segment.languages}))


def name_of(number: int) -> str:
    """The folder of the generation of that number."""
    return f"gen-{number:06d}"


def segment_name(number: int) -> str:
    """A name for a segment first used by the generation of that number, and for no other segment.

    Where several machines build the same index, two may build a generation of the same number.
    """
    return f"seg-{number:06d}-{secrets.token_hex(4)}"


def number_of(name: str) -> int:
    """The number of the generation in the folder of that name."""
    return int(name.removeprefix("gen-"))


def current(root: Path) -> Path:
    """The folder of the generation that serves; raises `NotBuilt` or `Damaged`."""
    try:
        name = (root / "current").read_text(encoding="ascii").strip()
    except (FileNotFoundError, NotADirectoryError):
        raise NotBuilt(f"{root}: no index here yet; {mend(root)}") from None
    except (OSError, ValueError) as error:
        raise Damaged(f"{root / 'current'}: unreadable ({error}); {mend(root)}") from None
    if not _GENERATION.fullmatch(name) or not (root / name).is_dir():
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
    if (root / SOURCE).exists():
        address = (root / SOURCE).read_text("utf-8")
        return (
            f"mend it with: mali-index build --force --index {address}; or delete {root}, which is "
            "only a copy"
        )
    return f"mend it with: mali-index build --index {root}"


def numbers(root: Path) -> list[int]:
    """The numbers of the generations under `root`, ascending."""
    matches = (_GENERATION.fullmatch(path.name) for path in root.glob("gen-*"))
    return sorted(int(match[1]) for match in matches if match)


def files_of(folder: Path) -> dict[str, str]:
    """Every file under a segment's `folder`, with its SHA-256 (hex)."""
    return {
        path.relative_to(folder).as_posix(): _checksum(path, folder.parent)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def verify(root: Path, manifest: Manifest) -> None:
    """Raises `Damaged` unless every file of its segments is as it was when it was built.

    A copy need not have those of vectors. The word pieces of sentences are most of an index and say
    no more than in which order passages come: only their number is looked at, when they are opened.
    """
    copy = (root / SOURCE).exists()
    expected = {
        root / segment.name / name: checksum
        for segment in manifest.segments
        for name, checksum in segment.files.items()
        if name != SENTENCES.rows
        and not (copy and name.endswith(".faiss") and not (root / segment.name / name).exists())
    }
    with ThreadPoolExecutor() as pool:
        found = pool.map(lambda path: _checksum(path, root), expected)
        for path, checksum in zip(expected, found, strict=True):
            if checksum != expected[path]:
                raise Damaged(f"{path}: changed since it was built; {mend(root)}")


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Holds `root` against other builds; raises `BuildLocked`, or `IndexingError` on `OSError`."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        with FileLock(root / "lock", timeout=0):
            since = dt.datetime.now().astimezone().isoformat(" ", "seconds")
            (root / "holder").write_text(f"process {os.getpid()}, since {since}", "utf-8")
            yield
    except Timeout:
        raise BuildLocked(
            f"{root}: another build is running here ({_holder(root)}); wait for it, or use "
            "another --index"
        ) from None
    except OSError as error:
        place = error.filename or root
        raise IndexingError(
            f"{place}: cannot be written ({error.strerror}); name another folder with --index"
        ) from None


def switch(root: Path, number: int) -> None:
    """Lets the generation of that number serve, in one step."""
    fresh = root / "current.part"
    fresh.write_text(f"{name_of(number)}\n", encoding="ascii")
    _flush_file(fresh)
    fresh.replace(root / "current")
    _flush_file(root)


def flush(folder: Path) -> None:
    """Has everything under `folder` written to disk."""
    for path in folder.rglob("*"):
        _flush_file(path)
    _flush_file(folder)


def prune(root: Path, keep: int) -> list[int]:
    """Removes all but the newest `keep` generations and the one that serves; those removed.

    Raises `NotBuilt`, and `Damaged` or `Mismatch` if the one that serves cannot be read.
    """
    serving = current(root).name
    read_manifest(root / serving)
    there = numbers(root)
    going = [number for number in there[: max(0, len(there) - keep)] if name_of(number) != serving]
    for number in going:
        shutil.rmtree(root / name_of(number))
    sweep(root)
    return going


def sweep(root: Path) -> None:
    """Removes what killed builds left, and segments that no generation names.

    While a generation is there that cannot be read, of another format maybe, all segments stay: it
    may name them, and a program that reads it may serve it.
    """
    for path in [*root.glob("gen-*.part"), *root.glob("seg-*.part")]:
        shutil.rmtree(path)
    named: set[str] = set()
    for number in numbers(root):
        try:
            manifest = read_manifest(root / name_of(number))
        except GenerationError:
            return
        named.update(segment.name for segment in manifest.segments)
    for path in root.glob("seg-*"):
        if path.name not in named:
            shutil.rmtree(path)


def _holder(root: Path) -> str:
    try:
        return (root / "holder").read_text("utf-8")
    except (OSError, ValueError):
        return "it does not say who"


def _checksum(path: Path, root: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise Damaged(f"{path}: cannot be read ({error.strerror}); {mend(root)}") from None


def _flush_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
