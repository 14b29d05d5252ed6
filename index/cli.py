"""`mali-index`: build the index, look into it, search it."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from index.build import Built, Progress
from index.build import build as build_generation
from index.chunk import Chunker
from index.corpus_cli import add_articles, check_corpus
from index.embed import SentenceEmbedder
from index.errors import IndexingError
from index.evaluate import read_questions
from index.evaluate_cli import draw_map, evaluate_index
from index.evaluate_cli import gate as gate_of
from index.generation import Generation
from index.history_cli import go_back, remove_old, show_difference, show_generations
from index.language import detect
from index.manifest import Manifest, current, read_manifest
from index.model.cli import (
    eval_model,
    model_path,
    train_cross_encoder,
    train_model,
    train_reader,
)
from index.options import CorpusOption, GateOption, IndexOption, MarginOption, ModelOption
from index.remote import changing, pull
from index.report import errors, fail, progress_bar
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
        bool, typer.Option("--force", help="Build everything anew, whatever is there.")
    ] = False,
    gate: GateOption = None,
    margin: MarginOption = 0.02,
) -> None:
    """Bring the index up to the article files, at the cost of what changed.

    What served keeps serving until the new index is whole; after an error it serves on.
    """
    with errors("mali-index"):
        settings = IndexSettings.read(index, model)
        embedder = SentenceEmbedder.from_settings(settings)
        with progress_bar() as step:
            found = _update(
                corpus or [settings.corpus],
                settings,
                embedder,
                (gate, margin),
                step,
                skip_broken=skip_broken,
                force=force,
            )
    _report(found, settings.index)


@app.command("watch")
def watch_folders(
    corpus: CorpusOption = None,
    index: IndexOption = None,
    model: ModelOption = None,
    gate: GateOption = None,
    margin: MarginOption = 0.02,
) -> None:
    """Build now and whenever an article changes, leaving out broken ones, until interrupted."""
    from index.watch import watch_corpus

    with errors("mali-index"):
        settings = IndexSettings.read(index, model)
        folders = corpus or [settings.corpus]
        embedder = SentenceEmbedder.from_settings(settings)
        if gate:
            read_questions(gate)  # so that a broken file is told now
    for folder in folders:
        if not folder.is_dir():
            fail("mali-index", f"{folder}: no such folder; name one with --corpus DIR")

    def rebuild() -> None:
        try:
            found = _update(folders, settings, embedder, (gate, margin), skip_broken=True)
        except IndexingError as error:
            _stderr.print(f"mali-index: {error}", soft_wrap=True)
        else:
            _report(found, settings.index)

    watch_corpus(folders, rebuild)


@app.command()
def info(index: IndexOption = None) -> None:
    """Say what the index holds and what it was made with."""
    with errors("mali-index"):
        settings = IndexSettings.read(index, None)
        manifest = read_manifest(current(pull(settings)))
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
        retriever = Retriever(Generation.open(pull(settings), embedder), embedder)
        found = retriever.search(query, detect(query), count)
    for number, hit in enumerate(found.hits, start=1):
        scores = f"score {hit.score:.3f}, dense {hit.dense:.3f}, lexical {hit.lexical:.3f}"
        place = f"{hit.article.id}:{hit.chunk.start}-{hit.chunk.end}"
        typer.secho(f"{number}. {place}  ({scores})", fg="cyan")
        typer.echo(" ".join(hit.text.split()))


app.command("add")(add_articles)
app.command("check")(check_corpus)
app.command("eval")(evaluate_index)
app.command("map")(draw_map)
app.command("generations")(show_generations)
app.command("rollback")(go_back)
app.command("prune")(remove_old)
app.command("diff")(show_difference)
app.command()(train_model)
app.command()(train_reader)
app.command()(train_cross_encoder)
app.command()(eval_model)
app.command()(model_path)


def main() -> None:
    """The console script."""
    app()


def _update(
    folders: list[Path],
    settings: IndexSettings,
    embedder: SentenceEmbedder,
    gate: tuple[Path | None, float],
    progress: Progress = lambda *_: None,
    *,
    skip_broken: bool,
    force: bool = False,
) -> Built:
    """Builds where the index is; `gate` is a file of questions and by how much they may fall."""
    questions, margin = gate
    with changing(settings) as root:
        return build_generation(
            folders,
            embedder,
            root,
            Chunker(),
            progress,
            skip_broken=skip_broken,
            force=force,
            gate=gate_of(questions, root, embedder, margin) if questions else None,
        )


def _report(found: Built, index: str) -> None:
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
