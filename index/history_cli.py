"""`mali-index generations`, `rollback`, `prune` and `diff`."""

import json
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter
from rich.console import Console
from rich.table import Table

from index.embed import SentenceEmbedder
from index.evaluate import changed_answers, read_questions
from index.evaluate_cli import outcomes_of
from index.history import Difference, Past, difference, discard, generations, rollback
from index.options import IndexOption, ModelOption
from index.remote import changing, pull
from index.report import errors
from index.settings import IndexSettings

Number = Annotated[int, typer.Argument(min=1, help="Number of a generation.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead.")]
_out = Console(highlight=False, markup=False, emoji=False)


def show_generations(index: IndexOption = None, as_json: JsonOption = False) -> None:
    """List the generations that are kept, and which one serves."""
    with errors("mali-index"):
        found = generations(pull(IndexSettings.read(index, None)))
    if as_json:
        typer.echo(TypeAdapter(list[Past]).dump_json(found).decode())
        return
    table = Table("", "number", "built", "articles", "chunks", "segments", "model")
    for one in found:
        mark = "serves" if one.serving else ""
        if one.manifest is None:
            table.add_row(mark, str(one.number), one.fault)
            continue
        made, counts = one.manifest, (one.manifest.articles, one.manifest.chunks)
        built = f"{made.created:%Y-%m-%d %H:%M} UTC"
        sizes = [*map(str, counts), str(len(made.segments))]
        table.add_row(mark, str(one.number), built, *sizes, made.model)
    _out.print(table)


def go_back(
    number: Annotated[
        int | None,
        typer.Argument(min=1, help="Generation to go to. [default: the one before]"),
    ] = None,
    index: IndexOption = None,
    model: ModelOption = None,
) -> None:
    """Let an earlier generation serve again; a running bot follows within seconds.

    The corpus folder stays as it is, so the next build brings its state back: mend the articles
    first.
    """
    with errors("mali-index"):
        settings = IndexSettings.read(index, model)
        embedder = SentenceEmbedder.from_settings(settings)
        with changing(settings) as root:
            manifest = rollback(root, embedder, number)
    typer.echo(
        f"generation {manifest.number} of {manifest.created:%Y-%m-%d %H:%M} UTC serves: "
        f"{manifest.articles} articles, {manifest.chunks} chunks",
        err=True,
    )


def remove_old(
    keep: Annotated[int, typer.Option(min=1, help="How many of the newest to keep.")],
    index: IndexOption = None,
) -> None:
    """Remove old generations; the one that serves is kept whatever its age."""
    with errors("mali-index"):
        settings = IndexSettings.read(index, None)
        with changing(settings) as root:
            gone = discard(root, keep)
    typer.echo(f"removed: {', '.join(map(str, gone)) or 'none'}", err=True)


def show_difference(
    before: Number,
    after: Number,
    index: IndexOption = None,
    model: ModelOption = None,
    questions: Annotated[
        Path | None, typer.Option(help="Also list the questions of this file answered otherwise.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List the articles that set generation AFTER apart from BEFORE, and count the chunks."""
    with errors("mali-index"):
        settings = IndexSettings.read(index, model)
        root = pull(settings)
        found = difference(root, before, after)
        answers: list[str] = []
        if questions:
            asked = read_questions(questions)
            embedder = SentenceEmbedder.from_settings(settings)
            old, new = (outcomes_of(root, embedder, asked, n) for n in (before, after))
            answers = list(changed_answers(old, new))
    if as_json:
        said = TypeAdapter(Difference).dump_python(found, mode="json")
        typer.echo(json.dumps(said | {"answers": answers}, ensure_ascii=False))
        return
    for mark, names in (("+", found.added), ("-", found.removed), ("~", found.changed)):
        for name in names:
            typer.echo(f"{mark} {name}")
    typer.echo(f"{found.chunks_added} chunks added, {found.chunks_removed} removed")
    for line in answers:
        typer.echo(line)
