"""From article files to a new generation, at the cost of what changed.

What changed since the generation that serves is written as a new segment; the segments there are
stay, and the generation leaves out their articles that changed or are gone. Small segments are
merged as they come (the logarithmic method of Bentley and Saxe 1980), so that there are few of
them; a merge takes the vectors that are known. The new generation is opened and tried before it
serves, and whatever goes wrong, what served still serves.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from index.aliases import Aliases
from index.article import Article
from index.chunk import Chunker
from index.corpus import Corpus, Seen
from index.embed import Embedder
from index.errors import ArticleError, CorpusError, Damaged
from index.generation import Generation, open_store
from index.manifest import (
    SCHEMA,
    Manifest,
    SegmentEntry,
    flush,
    locked,
    mend,
    name_of,
    numbers,
    prune,
    segment_name,
    sweep,
    switch,
)
from index.plan import Plan, Predecessor
from index.retrieve import Retriever
from index.segment import write_segment

#: Generations kept beside each other; a build removes older ones.
KEEP = 5
#: Chunks of a new generation that must find themselves before it serves.
_TRIED = 16

#: Called as work goes on: what is being done, steps done, steps in all.
Progress = Callable[[str, int, int], None]
#: Looks at a generation before it serves; raises an `IndexingError` to keep it from serving.
Gate = Callable[[Generation], None]


@dataclass(frozen=True, slots=True)
class Built:
    """What came of a build: the generation that serves now, and what is new in it, by id."""

    manifest: Manifest
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    broken: tuple[ArticleError, ...]  # left out
    warnings: tuple[tuple[str, str], ...]  # article, and what it lacks
    fresh: bool  # whether anything was to be done


def build(
    folders: Iterable[Path],
    embedder: Embedder,
    root: Path,
    chunker: Chunker,
    progress: Progress = lambda *_: None,
    *,
    skip_broken: bool = False,
    force: bool = False,
    gate: Gate | None = None,
) -> Built:
    """Brings the index under `root` up to the articles in `folders`; with `force`, from nothing.

    Raises `CorpusError`, `BrokenArticles` unless `skip_broken`, `ArticleError` for a broken list of
    names, `BuildLocked` if another build runs there, and what `gate` raises; whatever is raised,
    what served still serves.
    """
    folders = tuple(folders)
    with locked(root):
        sweep(root)
        aliases = Aliases.read(folders)
        seen = Seen.read(root / "seen.json")
        corpus = Corpus.scan(folders, seen)
        before = None if force else Predecessor.of(root, embedder, chunker)
        try:
            plan = Plan.of(corpus, before, aliases)
            if not skip_broken:
                plan.changed.checked()
            if before and plan.nothing_to_do:
                manifest = before.manifest
            else:
                manifest = _write(plan, corpus, embedder, root, chunker, progress, gate)
                switch(root, manifest.number)
                prune(root, KEEP)
        except BaseException:
            sweep(root)
            raise
        finally:
            if before:
                before.store.close()
        seen.write(root / "seen.json")
        return _built(plan, manifest)


def _write(
    plan: Plan,
    corpus: Corpus,
    embedder: Embedder,
    root: Path,
    chunker: Chunker,
    progress: Progress,
    gate: Gate | None,
) -> Manifest:
    """Writes the new generation, tries it, and gives it its name; it does not serve yet."""
    number = max([0, *numbers(root)]) + 1
    segments = list(plan.kept)
    if plan.size:
        articles = _counted(plan.articles(), plan.size, progress)
        known = plan.before.vectors if plan.before else lambda _: None
        folder = root / segment_name(number)
        segments.append(write_segment(articles, folder, embedder, chunker, known, plan.aliases))
    manifest = _manifest(segments, corpus, plan.aliases, embedder, root, number, chunker)
    part = root / f"{name_of(number)}.part"
    part.mkdir()
    (part / "manifest.json").write_text(manifest.model_dump_json(indent=2), encoding="utf-8")
    flush(part)
    generation = Generation.open_folder(part, embedder)
    try:
        _try(generation, embedder, root)
        if gate:
            gate(generation)
    finally:
        generation.store.close()
    part.rename(root / name_of(number))
    return manifest


def _manifest(
    segments: list[SegmentEntry],
    corpus: Corpus,
    aliases: Aliases,
    embedder: Embedder,
    root: Path,
    number: int,
    chunker: Chunker,
) -> Manifest:
    if not segments:
        raise CorpusError("no article can be used: nothing is left to cite; mend or add one")
    store = open_store(root, segments)
    try:
        flags, counts = store.living(), store.counts
        sentences, chunks = (
            held if living is None else int(living.sum())
            for living, held in zip(flags, (counts.sentences, counts.chunks), strict=True)
        )
        articles = sum(1 for _ in store.contents())
    finally:
        store.close()
    if not chunks:
        raise CorpusError(
            "every article is withdrawn: nothing is left to cite; add one that is not"
        )
    return Manifest(
        schema_version=SCHEMA,
        number=number,
        created=dt.datetime.now(dt.UTC).replace(microsecond=0),
        model=embedder.name,
        model_fingerprint=embedder.fingerprint,
        chunker=chunker.signature,
        corpus_hash=corpus.digest,
        aliases=aliases.entries,
        articles=articles,
        chunks=chunks,
        sentences=sentences,
        segments=tuple(segments),
    )


def _try(generation: Generation, embedder: Embedder, root: Path) -> None:
    """Raises `Damaged` unless chunks find themselves and a search gives verbatim passages."""
    retriever = Retriever(generation, embedder)
    living = generation.living
    for number in living[:: max(1, len(living) // _TRIED)]:
        vector = generation.chunks.vector(int(number))
        nearest = generation.chunks.nearest(vector, 1)
        # Another chunk with the same text may come first, or in a large index one nearly the same.
        if not len(nearest) or generation.chunks.cosines(vector, nearest)[0] < 1 - 1e-3:
            raise Damaged(f"{generation.folder}: chunk {number} is not found; {mend(root)}")
    hit = retriever.hit(int(living[-1]))
    found = retriever.search(hit.text[:200], hit.article.lang)
    if not found.hits or not all(hit.text.strip() for hit in found.hits):
        raise Damaged(f"{generation.folder}: a search finds nothing; {mend(root)}")


def _counted(articles: Iterator[Article], total: int, progress: Progress) -> Iterator[Article]:
    for done, article in enumerate(articles):
        progress("articles", done, total)
        yield article
    progress("articles", total, total)


def _built(plan: Plan, manifest: Manifest) -> Built:
    before = plan.before.articles if plan.before else {}
    now = {article.id: article.digest for article in plan.changed.articles}
    return Built(
        manifest,
        added=tuple(sorted(name for name in now if name not in before)),
        changed=tuple(
            sorted(name for name in now if name in before and before[name].digest != now[name])
        ),
        removed=tuple(sorted(plan.lost - now.keys())),
        broken=plan.changed.broken,
        warnings=tuple((one.id, said) for one in plan.changed.articles for said in one.warnings),
        fresh=not plan.nothing_to_do,
    )
