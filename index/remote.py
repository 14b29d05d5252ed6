"""An index that several machines share: kept in Milvus, with a copy of all but its vectors here.

    NAME                             an alias of the generation that serves
    NAME_gen_000002                  its manifest
    NAME_seg_000001_5ac1f09e_chunks  the vectors of a segment's chunks
    NAME_seg_000001_5ac1f09e_sentences  and of its sentences
    NAME_seg_000001_5ac1f09e_files   its words and its store

These are the folders of `manifest.py`, and a copy is such a folder too, but for the vectors, which
are looked up in Milvus: so all that reads or builds an index works on the copy. `pull` makes the
copy like Milvus, `changing` also makes Milvus like the copy again; a plain folder they leave alone.
The words' side stays here because Milvus's own BM25 knows neither stems of three languages, nor
names in several forms, nor misspelt words, nor shares of evidence.

Segments are never changed, no two have the same name, and a generation is named only when its
segments are whole: readers see all of a build or nothing of it, whenever it is killed.
"""

import hashlib
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout

from index.errors import BuildLocked, Damaged, Mismatch, NotBuilt, SettingError
from index.manifest import (
    SOURCE,
    Manifest,
    SegmentEntry,
    current,
    flush,
    name_of,
    number_of,
    numbers,
    read_manifest,
    sweep,
    switch,
)
from index.on_faiss import FaissSegment
from index.on_milvus import Address, Milvus, MilvusSegment
from index.settings import IndexSettings

Kind = Literal["chunks", "sentences"]
_KINDS: tuple[Kind, ...] = ("chunks", "sentences")
_MANIFEST = "manifest.json"
_connections: dict[Address, Milvus] = {}


def serving(settings: IndexSettings) -> str:
    """The name of the generation that serves; raises `NotBuilt`, `Damaged`, `Unreachable`."""
    address = Address.read(settings.index)
    if address is None:
        return current(Path(settings.index)).name
    name = _serving(_milvus(address, settings))
    if not name:
        raise NotBuilt(
            f"{address}: no index here yet; mend it with: mali-index build --index {address}"
        )
    return name


def pull(settings: IndexSettings) -> Path:
    """The index folder to read: a plain one as it is, or a copy, made like what is in Milvus.

    Where nothing is in Milvus, the copy is an empty folder. A generation that cannot be used comes
    without its segments: whoever opens it is told. Raises `Unreachable`, `Damaged`, `SettingError`.
    """
    address = Address.read(settings.index)
    if address is None:
        return Path(settings.index)
    milvus, root = _milvus(address, settings), _copy(settings, address)
    with _writing(root), FileLock(root / "pull.lock"):
        _pull(milvus, root)
    return root


@contextmanager
def changing(settings: IndexSettings) -> Iterator[Path]:
    """The index folder to change: a plain one, or a copy, pulled first and pushed at the end.

    It is another copy than what is read, and one at a time has it on this machine. Nothing is
    pushed if anything is raised. Raises `BuildLocked` if somebody else here has it, or if another
    machine has let another generation serve in the meantime.
    """
    address = Address.read(settings.index)
    if address is None:
        yield Path(settings.index)
        return
    milvus, root = _milvus(address, settings), _copy(settings, address, "-build")
    with ExitStack() as held:
        try:
            held.enter_context(FileLock(root / "change.lock", timeout=0))
        except Timeout:
            raise BuildLocked(
                f"{address}: another command is changing it from this machine; wait for it"
            ) from None
        with _writing(root):
            pulled = _pull(milvus, root)
        yield root
        with _writing(root):
            _push(milvus, root, pulled)


def _pull(milvus: Milvus, root: Path) -> str:
    """Makes the copy in `root` like what is in Milvus; the name of the generation that serves."""
    name, kept = _serving(milvus), _generations(milvus)
    for number in kept:
        try:
            _pull_generation(milvus, root, number)
        except (Damaged, Mismatch):
            continue
    for number in set(numbers(root)) - set(kept):
        shutil.rmtree(root / name_of(number))
    if name:
        switch(root, number_of(name))
    else:
        (root / "current").unlink(missing_ok=True)
    sweep(root)
    return name


def _push(milvus: Milvus, root: Path, pulled: str) -> None:
    """Makes what is in Milvus like the copy in `root`, and lets the same generation serve."""
    _unchanged(milvus, root, pulled)
    there = milvus.collections()
    manifests, all_read = _manifests(root)
    segments = {one.name: one for made in manifests for one in made.segments}
    for segment in segments.values():
        _push_segment(milvus, root, segment)
    for number in numbers(root):
        collection = _collection(milvus.address, name_of(number))
        if milvus.read_files(collection) is None:
            content = (root / name_of(number) / _MANIFEST).read_bytes()
            milvus.write_files(collection, {_MANIFEST: content})
    name = current(root).name
    _unchanged(milvus, root, pulled)
    milvus.point(milvus.address.name, _collection(milvus.address, name))
    kept = {*map(name_of, numbers(root)), *segments}
    for collection in sorted(there):  # generations before the segments they name
        match = _ours(milvus.address).fullmatch(collection)
        belongs = match["name"].replace("_", "-") if match else ""
        if belongs and belongs not in kept and (all_read or belongs.startswith("gen")):
            milvus.drop(collection)


def dense_segment(folder: Path, kind: Kind) -> FaissSegment | MilvusSegment:
    """The vectors of the segment in `folder`: its file, or in a copy what Milvus has of it."""
    file = folder / f"{kind}.faiss"
    source = folder.parent / SOURCE
    if file.exists() or not source.exists():
        return FaissSegment.read(file)
    address = Address.read(source.read_text("utf-8"))
    if address is None:
        raise Damaged(f"{source}: names no index in Milvus; delete {folder.parent}")
    return _milvus(address).segment(_collection(address, folder.name, kind))


def _pull_generation(milvus: Milvus, root: Path, number: int) -> None:
    name = name_of(number)
    held = milvus.read_files(_collection(milvus.address, name))
    if held is None:
        return  # half written, or dropped since
    if _content(root, number) != held.get(_MANIFEST):
        # None yet, or of an index that was there before, or of a build that was never pushed.
        shutil.rmtree(root / name, ignore_errors=True)
        _write(root / name, held)
    for segment in read_manifest(root / name).segments:
        if (root / segment.name).exists():
            continue
        held = milvus.read_files(_collection(milvus.address, segment.name, "files"))
        if held is None:
            raise Damaged(
                f"{milvus.address}: {segment.name} is not whole; build anew with mali-index build "
                "--force"
            )
        _write(root / segment.name, held)


def _content(root: Path, number: int) -> bytes | None:
    path = root / name_of(number) / _MANIFEST
    return path.read_bytes() if path.exists() else None


def _manifests(root: Path) -> tuple[list[Manifest], bool]:
    """Those of the generations that can be used, and whether all can."""
    found = []
    for number in numbers(root):
        with suppress(Damaged, Mismatch):
            found.append(read_manifest(root / name_of(number)))
    return found, len(found) == len(numbers(root))


def _push_segment(milvus: Milvus, root: Path, segment: SegmentEntry) -> None:
    """Writes a segment that was built here, which is told by its having its vectors here.

    One of that name that a killed push left is another one.
    """
    folder = root / segment.name
    own = [folder / f"{kind}.faiss" for kind in _KINDS]
    if not all(file.exists() for file in own):
        return
    for kind, file in zip(_KINDS, own, strict=True):
        collection = _collection(milvus.address, segment.name, kind)
        milvus.write_vectors(collection, FaissSegment.read(file))
    files = {
        name: (folder / name).read_bytes()
        for name in segment.files
        if Path(name).suffix != ".faiss"
    }
    milvus.write_files(_collection(milvus.address, segment.name, "files"), files)
    for file in own:
        file.unlink()


def _write(folder: Path, files: dict[str, bytes]) -> None:
    """Writes `files` to a new `folder`, all or nothing; raises `Damaged` for one outside of it."""
    part = folder.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    for name, content in files.items():
        path = part / name
        if not path.resolve().is_relative_to(part.resolve()):
            raise Damaged(f"{folder.name}: holds a file outside of it; build anew with --force")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    flush(part)
    part.rename(folder)


@contextmanager
def _writing(root: Path) -> Iterator[None]:
    """Tells what goes wrong on this machine's disk."""
    try:
        yield
    except OSError as error:
        raise SettingError(
            f"{error.filename or root}: cannot be written ({error.strerror}); name another folder "
            "with MALI_CACHE"
        ) from None


def _unchanged(milvus: Milvus, root: Path, pulled: str) -> None:
    """Raises `BuildLocked` if another generation serves than `pulled`, or one is another now."""
    name = _serving(milvus)
    others = [
        number
        for number in _generations(milvus)
        if _content(root, number) is not None
        and milvus.read_files(_collection(milvus.address, name_of(number)))
        not in (None, {_MANIFEST: _content(root, number)})
    ]
    if name != pulled or others:
        raise BuildLocked(
            f"{milvus.address}: somebody else has let {name or 'nothing'} serve meanwhile; run the "
            "command again"
        )


def _serving(milvus: Milvus) -> str:
    """The name of the generation that serves; "" if none does."""
    collection = milvus.target(milvus.address.name)
    match = _ours(milvus.address).fullmatch(collection or "")
    return match["name"].replace("_", "-") if match else ""


def _generations(milvus: Milvus) -> list[int]:
    matches = map(_ours(milvus.address).fullmatch, milvus.collections())
    return sorted(int(match["number"]) for match in matches if match and match["number"])


def _ours(address: Address) -> re.Pattern[str]:
    """Names of collections of the index, and the generation or segment they belong to."""
    name = re.escape(address.name)
    kinds = "|".join((*_KINDS, "files"))
    segment = rf"seg_\d{{6,}}(?:_[0-9a-f]{{8}})?(?=_(?:{kinds})$)"
    return re.compile(rf"{name}_(?P<name>gen_(?P<number>\d{{6,}})|{segment})(?:_(?:{kinds}))?")


def _collection(address: Address, folder: str, kind: str = "") -> str:
    return "_".join(part for part in (address.name, folder.replace("-", "_"), kind) if part)


def _copy(settings: IndexSettings, address: Address, suffix: str = "") -> Path:
    """The folder of a copy."""
    digest = hashlib.sha256(str(address).encode()).hexdigest()[:12]
    root = settings.cache / f"{address.name}-{digest}{suffix}"
    with _writing(root):
        root.mkdir(parents=True, exist_ok=True)
        (root / SOURCE).write_text(str(address), "utf-8")
    return root


def _milvus(address: Address, settings: IndexSettings | None = None) -> Milvus:
    """One connection for all of this process that use the same index."""
    found = _connections.get(address)
    if found is None:
        token = (settings or IndexSettings()).milvus_token
        found = Milvus.connect(address, token.get_secret_value() if token else None)
        _connections[address] = found
    return found
