"""`mali-index`: build the index, look into it, search it."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from index.build import Built
from index.build import Progress as Step
from index.build import build as build_generation
from index.chunk import Chunker
from index.embed import SentenceEmbedder
from index.generation import Generation
from index.history_cli import go_back, remove_old, show_difference, show_generations
from index.language import detect
from index.manifest import Manifest, current, read_manifest
from index.model.cli import eval_model, model_path, train_model
from index.options import CorpusOption, IndexOption, ModelOption
from index.report import errors
from index.retrieve import Retriever
from index.settings import IndexSettings

app = typer.Typer(
    help=__doc__,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_stderr = Console(stderr=True, highlight=False, markup=False, emoji=False)


@app.command()
def build(
    corpus: CorpusOption = None,
    index: IndexOption = None,
    model: ModelOption = None,
    skip_broken: Annotated[
        bool, typer.Option("--skip-broken", help="Leave out article files that cannot be used.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Build even if nothing changed since the last build.")
    ] = False,
) -> None:
    """Build the index from article files, unless it is up to date.

    What served keeps serving until the new index is whole; after an error it serves on.
    """
    with errors("mali-index"):
        settings = IndexSettings.read(index, model)
        with _progress() as step:
            found = build_generation(
                corpus or [Path("corpus")],
                SentenceEmbedder.from_settings(settings),
                settings.index,
                Chunker(),
                step,
                skip_broken=skip_broken,
                force=force,
            )
    _report(found, settings.index)


@app.command("add")
def add_articles(
    sources: Annotated[
        list[str],
        typer.Argument(
            help="Web pages, feeds, sitemaps, article files (md, txt, html, pdf), folders."
        ),
    ],
    corpus: Annotated[Path, typer.Option(help="Folder to add to.")] = Path("corpus"),
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Also fetch from private addresses.")
    ] = False,
    most: Annotated[
        int, typer.Option(min=1, help="Pages taken of one feed or sitemap, the newest first.")
    ] = 200,
) -> None:
    """Add articles to the corpus folder; then run build. Exit code 1 if any of them failed."""
    from index.ingest.add import add

    with errors("mali-index"), _progress() as step:
        done = add(
            sources,
            corpus,
            allow_private=allow_private,
            most=most,
            progress=lambda done, known: step("sources", done, known),
        )
    for one in done:
        like = f" (like {one.like[0]}: {one.like[1]:.0%} of its word runs)" if one.like else ""
        typer.echo(f"{one.outcome:9}  {one.said}{like}")
    counts: Counter[str] = Counter(one.outcome for one in done)
    counts["near-duplicates"] = sum(one.like is not None for one in done)
    _stderr.print(", ".join(f"{count} {what}" for what, count in counts.items() if count))
    if counts["failed"]:
        raise typer.Exit(1)


@app.command("check")
def check_corpus(
    corpus: CorpusOption = None,
    model: ModelOption = None,
    fix: Annotated[
        bool, typer.Option("--fix", help="Mend what a machine can; old files stay as .NAME.before.")
    ] = False,
) -> None:
    """Look through the articles for errors and doubts; exit code 1 if there are errors."""
    from index.check import check
    from index.repair import repair

    folders = corpus or [Path("corpus")]
    with errors("mali-index"):
        for path, what in repair(folders) if fix else ():
            typer.echo(f"{path}: mended: {what}")
        settings = IndexSettings.read(None, model)
        found = check(folders, SentenceEmbedder.from_settings(settings))
    for finding in found.findings:
        typer.echo(str(finding))
    doubts = len(found.findings) - found.errors
    _stderr.print(f"{found.articles} articles: {found.errors} errors, {doubts} warnings")
    if found.errors:
        raise typer.Exit(1)


@app.command()
def info(index: IndexOption = None) -> None:
    """Say what the index holds and what it was made with."""
    with errors("mali-index"):
        settings = IndexSettings.read(index, None)
        manifest = read_manifest(current(settings.index))
    said = manifest.model_dump(mode="json", exclude={"segments"})
    said |= {"languages": ", ".join(manifest.languages), "segments": len(manifest.segments)}
    for key, value in said.items():
        typer.echo(f"{key.replace('_', ' '):18} {value}")


@app.command()
def search(
    query: Annotated[str, typer.Argument(help="What to look for.")],
    index: IndexOption = None,
    model: ModelOption = None,
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="Hits shown.")] = 5,
) -> None:
    """Show the chunks found for a query, with the scores that put them in this order."""
    query = query.encode("utf-8", "replace").decode("utf-8")  # halves of broken characters
    with errors("mali-index"):
        settings = IndexSettings.read(index, model)
        embedder = SentenceEmbedder.from_settings(settings)
        retriever = Retriever(Generation.open(settings.index, embedder), embedder)
        found = retriever.search(query, detect(query), count)
    for number, hit in enumerate(found.hits, start=1):
        scores = f"score {hit.score:.3f}, dense {hit.dense:.3f}, lexical {hit.lexical:.3f}"
        place = f"{hit.article.id}:{hit.chunk.start}-{hit.chunk.end}"
        typer.secho(f"{number}. {place}  ({scores})", fg="cyan")
        typer.echo(" ".join(hit.text.split()))


app.command("generations")(show_generations)
app.command("rollback")(go_back)
app.command("prune")(remove_old)
app.command("diff")(show_difference)
app.command()(train_model)
app.command()(eval_model)
app.command()(model_path)


def main() -> None:
    """The console script."""
    app()


def _report(found: Built, index: Path) -> None:
    """What a build left out, what it took with a warning, and what it changed."""
    for error in found.broken:
        _stderr.print(f"left out: {error}", soft_wrap=True)
    for article, warning in found.warnings:
        _stderr.print(f"warning: {article}: {warning}", soft_wrap=True)
    if not found.fresh:
        _stderr.print(f"{index} is up to date: {_counts(found.manifest)}", soft_wrap=True)
        return
    done = {"added": found.added, "changed": found.changed, "removed": found.removed}
    said = ", ".join(f"{len(names)} {what}" for what, names in done.items() if names)
    _stderr.print(f"built {index}: {_counts(found.manifest)}: {said}", soft_wrap=True)


def _counts(manifest: Manifest) -> str:
    return (
        f"{manifest.articles} articles, {manifest.chunks} chunks, "
        f"{manifest.sentences} sentences (generation {manifest.number})"
    )


@contextmanager
def _progress() -> Iterator[Step]:
    """A progress bar on stderr, shown only where stderr is a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    hidden = not _stderr.is_terminal
    left = TimeRemainingColumn()
    with Progress(*columns, left, console=_stderr, transient=True, disable=hidden) as progress:
        tasks: dict[str, TaskID] = {}

        def step(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=total)
            progress.update(tasks[what], completed=done, total=total)

        yield step
