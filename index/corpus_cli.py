"""`mali-index add` and `check`: what goes into the corpus folder, and whether it is sound."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from index.embed import SentenceEmbedder
from index.options import CorpusOption, ModelOption
from index.report import errors, progress_bar
from index.settings import IndexSettings

_stderr = Console(stderr=True, highlight=False, markup=False, emoji=False)


def add_articles(
    sources: Annotated[
        list[str],
        typer.Argument(
            help="Web pages, feeds, sitemaps, article files (md, txt, html, pdf), folders."
        ),
    ],
    corpus: Annotated[
        Path | None, typer.Option(help="Folder to add to. [MALI_CORPUS; default: corpus]")
    ] = None,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Also fetch from private addresses.")
    ] = False,
    most: Annotated[
        int, typer.Option(min=1, help="Pages taken of one feed or sitemap, the newest first.")
    ] = 200,
) -> None:
    """Add articles to the corpus folder; then run build. Exit code 1 if any of them failed."""
    from index.ingest.add import add

    with errors("mali-index"), progress_bar() as step:
        done = add(
            sources,
            corpus or IndexSettings.read(None, None).corpus,
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

    with errors("mali-index"):
        settings = IndexSettings.read(None, model)
        folders = corpus or [settings.corpus]
        for path, what in repair(folders) if fix else ():
            typer.echo(f"{path}: mended: {what}")
        found = check(folders, SentenceEmbedder.from_settings(settings))
    for finding in found.findings:
        typer.echo(str(finding))
    doubts = len(found.findings) - found.errors
    _stderr.print(f"{found.articles} articles: {found.errors} errors, {doubts} warnings")
    if found.errors:
        raise typer.Exit(1)
