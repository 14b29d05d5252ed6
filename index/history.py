"""The generations of an index: which there are, going back to one, and what sets two apart."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from index.embed import Embedder
from index.errors import GenerationError, NotBuilt
from index.generation import Generation, open_store
from index.manifest import (
    Manifest,
    current,
    locked,
    mend,
    name_of,
    number_of,
    numbers,
    prune,
    read_manifest,
    switch,
)
from index.store import Store


@dataclass(frozen=True, slots=True)
class Past:
    """A generation as a list shows it; one that cannot be read has a `fault` and no more."""

    number: int
    serving: bool
    manifest: Manifest | None
    fault: str | None = None

    @property
    def created(self) -> dt.datetime | None:
        """When it was built."""
        return self.manifest.created if self.manifest else None


@dataclass(frozen=True, slots=True)
class Difference:
    """What sets a later generation apart from an earlier one: ids of articles, and chunks."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    chunks_added: int
    chunks_removed: int


def generations(root: Path) -> list[Past]:
    """The generations under `root`, oldest first; raises `NotBuilt` if there are none."""
    found = numbers(root)
    if not found:
        raise NotBuilt(f"{root}: no index here yet; {mend(root)}")
    return [_past(root, number) for number in found]


def rollback(root: Path, embedder: Embedder, number: int | None = None) -> Manifest:
    """Lets an earlier generation serve (None: the one before that which serves), if it opens.

    Raises `NotBuilt` if there is no such generation, what opening raises, and `BuildLocked`.
    """
    with locked(root):
        serving = number_of(current(root).name)
        earlier = [one for one in numbers(root) if one < serving]
        if number is None and not earlier:
            raise NotBuilt(f"{root}: no generation before {serving} is kept")
        wanted = earlier[-1] if number is None else _existing(root, number)
        generation = Generation.open(root, embedder, wanted)
        generation.store.close()
        switch(root, wanted)
        return generation.manifest


def discard(root: Path, keep: int) -> list[int]:
    """Removes all but the newest `keep` generations and the one that serves; those removed."""
    with locked(root):
        return prune(root, keep)


def difference(root: Path, before: int, after: int) -> Difference:
    """What sets generation `after` apart from `before`; raises `NotBuilt`, `Damaged`."""
    stores = [_store(root, number) for number in (before, after)]
    try:
        old, new = ({one.id: one for one in store.contents()} for store in stores)
        changed = {name for name in old.keys() & new.keys() if old[name].digest != new[name].digest}
        ours, theirs = (
            Counter(
                text
                for name in changed | (old.keys() ^ new.keys())
                if name in articles
                for text in _chunks(store, name, articles[name].number)
            )
            for store, articles in zip(stores, (old, new), strict=True)
        )
    finally:
        for store in stores:
            store.close()
    return Difference(
        added=tuple(sorted(new.keys() - old.keys())),
        removed=tuple(sorted(old.keys() - new.keys())),
        changed=tuple(sorted(changed)),
        chunks_added=(theirs - ours).total(),
        chunks_removed=(ours - theirs).total(),
    )


def _past(root: Path, number: int) -> Past:
    try:
        serving = current(root).name == name_of(number)
    except GenerationError:
        serving = False
    try:
        return Past(number, serving, read_manifest(root / name_of(number)))
    except GenerationError as error:
        return Past(number, serving, None, str(error))


def _existing(root: Path, number: int) -> int:
    there = numbers(root)
    if number not in there:
        kept = ", ".join(map(str, there)) or "none"
        raise NotBuilt(f"{root}: no generation {number}; kept are {kept}")
    return number


def _store(root: Path, number: int) -> Store:
    manifest = read_manifest(root / name_of(_existing(root, number)))
    return open_store(root, manifest.segments)


def _chunks(store: Store, name: str, number: int) -> Iterator[tuple[str, str]]:
    """The chunks of an article, as its id and their texts."""
    text = store.article(number).text
    for begin, end in store.chunk_spans(number):
        yield name, text[begin:end]
