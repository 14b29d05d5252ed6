"""What a build has to do: what changed since the generation that serves, and what to merge."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import numpy as np

from index.aliases import Aliases
from index.article import Article
from index.chunk import Chunker
from index.corpus import ArticleFile, Articles, Corpus, group_of
from index.dense import DenseSegment
from index.embed import Embedder, Vectors
from index.errors import GenerationError
from index.generation import open_store
from index.manifest import Manifest, SegmentEntry, current, read_manifest, verify
from index.pieces import KeptPieces
from index.records import StoredArticle
from index.remote import Kind, dense_segment
from index.segment import Embedded
from index.store import Store

#: How many times larger a segment must be than those written after it to be left alone.
_RATIO = 4


@dataclass(frozen=True, slots=True)
class Predecessor:
    """The generation that serves, as far as a build needs it."""

    root: Path
    manifest: Manifest
    store: Store
    articles: dict[str, StoredArticle]  # those not left out, by id
    _pieces: list[KeptPieces | None]  # of each segment
    _dense: dict[tuple[str, Kind], DenseSegment] = field(default_factory=dict)

    @classmethod
    def of(cls, root: Path, embedder: Embedder, chunker: Chunker) -> "Predecessor | None":
        """None if there is none that can be built upon."""
        try:
            manifest = read_manifest(current(root))
            if made_with(manifest) != (embedder.fingerprint, chunker.signature):
                return None
            verify(root, manifest)
            store = open_store(root, manifest.segments)
            pieces = [
                KeptPieces.open([root / segment.name], [count], [segment.articles])
                for segment, count in zip(manifest.segments, store.sentence_counts, strict=True)
            ]
        except GenerationError:
            return None
        return cls(root, manifest, store, {one.id: one for one in store.contents()}, pieces)

    def vectors(self, article: Article) -> Embedded | None:
        """The vectors of an article it has from the same file; None where it has not."""
        stored = self.articles.get(article.id)
        if stored is None or stored.digest != article.digest:
            return None
        sentences, chunks = self.store.own_numbers(stored)
        name = self.manifest.segments[stored.segment].name
        vectors = self._of(name, "chunks", chunks), self._of(name, "sentences", sentences)
        kept = self._pieces[stored.segment]
        if kept is None or not sentences:
            return Embedded(*vectors)
        [headline] = kept.headlines.of(stored.own, stored.own)
        return Embedded(*vectors, kept.sentences.of(sentences[0], sentences[-1]), headline)

    def _of(self, segment: str, kind: Kind, numbers: range) -> Vectors:
        dense = self._dense.get((segment, kind))
        if dense is None:
            dense = dense_segment(self.root / segment, kind)
            self._dense[segment, kind] = dense
        if not numbers:
            return np.empty((0, dense.dimension), dtype=np.float32)
        return dense.vectors(np.array(numbers))


@dataclass(frozen=True, slots=True)
class Plan:
    """What a build has to do.

    `kept` are segments that stay, without what they lose. What is written into a new one are the
    `changed` articles, and those of `moved` groups, whose segments are merged into it: all of them
    if the names have changed, for then every word index is old.
    """

    before: Predecessor | None
    changed: Articles
    lost: frozenset[str]  # ids that changed or are gone
    kept: tuple[SegmentEntry, ...]
    moved: tuple[tuple[ArticleFile, ...], ...]
    aliases: Aliases

    @classmethod
    def of(cls, corpus: Corpus, before: Predecessor | None, aliases: Aliases) -> Self:
        """Reads the files that changed."""
        stored: dict[str, dict[str, str]] = {}
        for one in before.articles.values() if before else ():
            stored.setdefault(group_of(one.id), {})[one.id] = one.digest
        groups = {group[0].group: group for group in corpus.groups()}
        differing = {
            name: Articles.read([group])
            for name, group in groups.items()
            if {file.id: file.digest for file in group} != stored.get(name)
        }
        changed = {
            name: read
            for name, read in differing.items()
            # Files that were left out as broken make their group look changed at every build.
            if {one.id: one.digest for one in read.articles} != stored.get(name, {})
        }
        going = (stored.keys() - groups.keys()) | changed.keys()
        lost = frozenset(one for name in going for one in stored.get(name, ()))
        articles = tuple(one for read in changed.values() for one in read.articles)
        broken = tuple(error for read in differing.values() for error in read.broken)
        all_anew = before is not None and _respelt(before, aliases)
        kept, merged = _segments(before, lost, len(articles), all_anew)
        moving = {
            group_of(one.id)
            for one in (before.articles.values() if before else ())
            if one.segment in merged and one.id not in lost
        }
        moved = tuple(groups[name] for name in sorted(moving))
        return cls(before, Articles(articles, broken), lost, kept, moved, aliases)

    @property
    def nothing_to_do(self) -> bool:
        """Whether the predecessor holds just what it should."""
        if self.before is None or _respelt(self.before, self.aliases):
            return False
        return not self.changed.articles and not self.lost

    @property
    def size(self) -> int:
        """Articles to write."""
        return len(self.changed.articles) + sum(map(len, self.moved))

    def articles(self) -> Iterator[Article]:
        """The articles to write, the unchanged ones read only now."""
        yield from self.changed.articles
        for group in self.moved:
            yield from Articles.read([group]).articles  # without those told of in `changed`


def made_with(manifest: Manifest) -> tuple[str, str]:
    """What must be the same for two generations to share segments."""
    return manifest.model_fingerprint, manifest.chunker


def _respelt(before: Predecessor, aliases: Aliases) -> bool:
    """Whether the names are others than those that the predecessor's words were read with."""
    return before.manifest.aliases != aliases.entries


def _segments(
    before: Predecessor | None, lost: Iterable[str], size: int, all_anew: bool
) -> tuple[tuple[SegmentEntry, ...], set[int]]:
    """The segments that stay when `size` articles are written anew, and places of those merged.

    With `all_anew`, none stays.
    """
    if before is None:
        return (), set()
    gone: dict[int, set[int]] = {}
    for one in map(before.articles.__getitem__, lost):
        gone.setdefault(one.segment, set()).add(one.own)
    kept: list[SegmentEntry] = []
    merged: set[int] = set()
    for place, segment in reversed([*enumerate(before.manifest.segments)]):
        left_out = gone.get(place, set()).union(segment.left_out)
        living = segment.articles - len(left_out)
        if all_anew or living < _RATIO * size or len(left_out) * _RATIO > segment.articles:
            merged.add(place)
            size += living
        else:
            kept.append(segment.model_copy(update={"left_out": tuple(sorted(left_out))}))
    return tuple(reversed(kept)), merged
