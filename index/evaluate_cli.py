"""`mali-index eval`, and the gate that a build may have to pass."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter
from rich.console import Console
from rich.table import Table

from index.build import Gate
from index.confidence import SURE
from index.embed import Embedder, SentenceEmbedder
from index.errors import Damaged, GateClosed, Mismatch, NotBuilt
from index.evaluate import (
    Outcome,
    Question,
    Scores,
    changed_answers,
    evaluate,
    falls,
    missing,
    read_questions,
    scores,
)
from index.generation import Generation
from index.manifest import current, number_of, numbers
from index.options import IndexOption, ModelOption
from index.remote import pull
from index.report import errors
from index.retrieve import Retriever
from index.settings import IndexSettings

#: Measures shown, with their heads.
_COLUMNS = {
    "answerable": "with",
    "unanswerable": "none",
    "recall_at_1": "R@1",
    "recall_at_3": "R@3",
    "recall_at_10": "R@10",
    "mrr": "MRR",
    "ndcg_at_10": "nDCG@10",
    "citation_precision": "cited",
    "refusal_precision": "refP",
    "refusal_recall": "refR",
    "refused_wrongly": "wrong",
    "brier": "Brier",
}
_out = Console(highlight=False, markup=False, emoji=False)
_stderr = Console(stderr=True, highlight=False, markup=False, emoji=False)


def evaluate_index(
    questions: Annotated[Path, typer.Argument(help="Question file, see tests/eval/README.md.")],
    index: IndexOption = None,
    model: ModelOption = None,
    against: Annotated[
        int | None,
        typer.Option(min=1, help="Generation to compare with. [default: the one before]"),
    ] = None,
    sure: Annotated[
        float, typer.Option(min=0, max=1, help="Confidence from which a question is answered.")
    ] = SURE,
    html: Annotated[
        Path | None, typer.Option(help="Also write a report with plots to this file.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead.")] = False,
) -> None:
    """Ask questions with known answers, and compare with the generation before."""
    with errors("mali-index"):
        asked = read_questions(questions)
        settings = IndexSettings.read(index, model)
        embedder = SentenceEmbedder.from_settings(settings)
        root = pull(settings)
        generation = Generation.open(root, embedder)
        for line in missing(asked, generation):
            _stderr.print(f"warning: {line}", soft_wrap=True)
        outcomes = evaluate(asked, Retriever(generation, embedder), sure)
        other = against or _before(root)
        try:
            earlier = outcomes_of(root, embedder, asked, other, sure) if other else None
        except (Damaged, Mismatch) as error:
            if against:
                raise
            _stderr.print(f"warning: not compared with the one before: {error}", soft_wrap=True)
            earlier = None
        if html:
            from index.evaluation_report import write_report

            write_report(html, generation.manifest, outcomes, earlier)
    found, old = scores(outcomes), scores(earlier) if earlier else None
    if as_json:
        typer.echo(TypeAdapter(list[Scores]).dump_json(found).decode())
        return
    _out.print(_table(found))
    _out.print(
        "with, none: questions with and without an answer. cited: share of the first\n"
        "three passages that hold evidence. refP, refR: precision and recall of\n"
        "refusals. wrong: answerable ones refused. Brier: error of the confidence."
    )
    if old and earlier:
        _out.print(f"\nagainst generation {other}:")
        _out.print(_table(old[:1]))
        for line in changed_answers(earlier, outcomes):
            _out.print(f"  {line}", soft_wrap=True)


def draw_map(
    html: Annotated[Path, typer.Argument(help="File to write.")],
    index: IndexOption = None,
    model: ModelOption = None,
) -> None:
    """Draw the articles on a time line and the passages on a map, in one HTML file."""
    from index.map import write_map

    with errors("mali-index"):
        settings = IndexSettings.read(index, model)
        embedder = SentenceEmbedder.from_settings(settings)
        write_map(html, Generation.open(pull(settings), embedder))


def gate(questions: Path, root: Path, embedder: Embedder, margin: float) -> Gate:
    """A gate that keeps a generation from serving if a measure falls by more than `margin`.

    Raises `QuestionsError`, and later `GateClosed`.
    """
    asked = read_questions(questions)

    def look(generation: Generation) -> None:
        try:
            serving = number_of(current(root).name)
        except NotBuilt:
            return
        try:
            before = outcomes_of(root, embedder, asked, serving)
        except (Damaged, Mismatch) as error:
            raise GateClosed(
                f"{questions}: what serves cannot be asked ({error}), so that nothing is known of "
                "how answers change; build without --gate"
            ) from None
        after = evaluate(asked, Retriever(generation, embedder), SURE)
        fallen = falls(scores(before)[0], scores(after)[0], margin)
        if fallen:
            raise GateClosed(
                f"{questions}: {', '.join(fallen)} (margin {margin}): generation {serving} serves "
                "on; look at the articles, or build without --gate"
            )

    return look


def outcomes_of(
    root: Path, embedder: Embedder, asked: list[Question], number: int, sure: float = SURE
) -> list[Outcome]:
    """What comes of the questions in a generation; raises what opening it raises."""
    generation = Generation.open(root, embedder, number)
    try:
        return evaluate(asked, Retriever(generation, embedder), sure)
    finally:
        generation.store.close()


def _before(root: Path) -> int | None:
    serving = number_of(current(root).name)
    return max((number for number in numbers(root) if number < serving), default=None)


def _table(found: list[Scores]) -> Table:
    """A row a group, in at most 80 columns."""
    table = Table("", *_COLUMNS.values(), box=None, padding=(0, 1, 0, 0))
    for one in found:
        values = [getattr(one, name) for name in _COLUMNS]
        shown = [
            "–" if value is None else f"{value:.2f}" if isinstance(value, float) else str(value)
            for value in values
        ]
        table.add_row(one.group, *shown)
    return table
