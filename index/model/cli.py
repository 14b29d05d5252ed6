"""`mali-index train-model`, `train-reader`, `train-cross-encoder`, `eval-model`, `model-path`."""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, ProgressColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from index.embed import SentenceEmbedder
from index.errors import ModelError
from index.model.evaluate import Result, evaluate_model, evaluate_words
from index.report import errors
from index.settings import IndexSettings, default_model, teacher_model

PairsOption = Annotated[Path, typer.Option(help="Folder of gzipped sentence pairs; see CARD.md.")]
DataOption = Annotated[
    Path, typer.Option("--data", help="Folder of XQuAD, PIAF and Tatoeba development files.")
]
QuestionsOption = Annotated[
    Path, typer.Option("--texts", help="Folder of questions that people asked.")
]
_EVALUATION = Path("../shared/eval")


def train_model(
    pairs: PairsOption,
    out: Annotated[Path, typer.Option(help="Folder for checkpoints and the model.")],
    texts: Annotated[
        Path | None,
        typer.Option(help="Folder of dictionary, questions and Wikipedia; see CARD.md."),
    ] = None,
    begin: Annotated[
        Path | None,
        typer.Option(
            "--from", help="Train this model's last layers alone; the reader stays right."
        ),
    ] = None,
    share: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Of the texts of the shipped model's training.")
    ] = 1.0,
    data: DataOption = _EVALUATION,
) -> None:
    """Train the embedding model; interrupted, it goes on where it was. Needs the extra 'train'."""
    with errors("mali-index"):
        teacher = teacher_model()
        if teacher is None:
            raise ModelError("the teacher is not installed; try: pip install -e '.[train]'")
        if begin and not (begin / "config.json").exists():
            raise ModelError(f"{begin}: no model; --from takes a folder that train-model wrote")
        if begin and not texts:
            raise ModelError("--from trains on questions; name their folder with --texts")
        from index.model.train import LAST, train, train_all

        with _bar(TextColumn("cosine {task.fields[cosine]:.4f}")) as bar:
            task = bar.add_task("training", total=None, cosine=0.0)

            def step(seen: int, total: int, mean: float) -> None:
                bar.update(task, completed=min(seen, total), total=total, cosine=mean)

            if begin:
                recipe = LAST.shortened(share)
                final = train(pairs, texts, out, teacher, data, recipe, step, begin)
            else:
                final = train_all(pairs, texts, out, teacher, data, step, share)
    typer.echo(final)


def train_reader(
    pairs: PairsOption,
    texts: QuestionsOption,
    out: Annotated[Path, typer.Option(help="File for the reader.")],
    begin: Annotated[
        Path | None, typer.Option("--from", help="Go on from this reader: the second phase.")
    ] = None,
    data: DataOption = _EVALUATION,
) -> None:
    """Train the reader for the embedding model that is set. Needs the extra 'train'."""
    with errors("mali-index"):
        from index.model.readings import Sources
        from index.model.train_reader import ReaderRecipe, train_reader

        sources = Sources(pairs, texts, data)
        _train(partial(train_reader, sources, out, recipe=ReaderRecipe(), begin=begin))


def train_cross_encoder(
    pairs: PairsOption,
    texts: QuestionsOption,
    out: Annotated[Path, typer.Option(help="Folder for the cross-encoder.")],
    data: DataOption = _EVALUATION,
) -> None:
    """Train the cross-encoder; interrupted, it goes on where it was. Needs the extra 'train'."""
    with errors("mali-index"):
        from index.model.readings import Sources
        from index.model.train_cross_encoder import CrossEncoderRecipe, train_cross_encoder

        sources = Sources(pairs, texts, data)
        _train(partial(train_cross_encoder, sources, out, recipe=CrossEncoderRecipe()))


def eval_model(
    model: Annotated[
        str | None, typer.Argument(help="Folder or name; default: the shipped.")
    ] = None,
    data: DataOption = _EVALUATION,
    meaning: Annotated[
        bool, typer.Option("--meaning", help="Only the part of a vector that an index keeps.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Measure a model on retrieval and translation, beside its teacher and BM25."""
    with errors("mali-index"):
        settings = IndexSettings.read(None, model)
        embedders = [replace(SentenceEmbedder.from_settings(settings), whole=not meaning)]
        teacher = teacher_model()
        if teacher is not None and str(teacher) != settings.model:
            embedders.append(SentenceEmbedder(str(teacher)))
        rows: dict[str, Iterable[Result]] = {
            one.name: evaluate_model(one, data) for one in embedders
        }
        rows["BM25"] = evaluate_words(data)
        for name, results in rows.items():
            found = list(results)
            if as_json:
                for result in found:
                    typer.echo(json.dumps({"model": name, **asdict(result)}, ensure_ascii=False))
            else:
                _show(name, found)


def model_path() -> None:
    """Print the folder of the default model."""
    typer.echo(default_model())


def _bar(*more: ProgressColumn) -> Progress:
    """A bar for hours: it tells the time that is left."""
    columns = (*Progress.get_default_columns()[:-1], TimeRemainingColumn(), *more)
    return Progress(*columns, console=Console(stderr=True))


def _train(training: Callable[..., dict[str, float]]) -> None:
    """Trains for the embedding model that is set, under a bar a part of the work; shows AUCs."""
    embedder = SentenceEmbedder.from_settings(IndexSettings.read(None, None))
    with _bar() as bar:
        tasks: dict[str, TaskID] = {}

        def step(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=min(done, total))

        found = training(embedder=embedder, progress=step)
    for kind, value in found.items():
        typer.echo(f"AUC {kind}: {value:.3f}")


def _show(name: str, results: list[Result]) -> None:
    table = Table("task", "recall@1", "recall@5", "MRR", title=name, title_justify="left")
    for one in results:
        numbers = (one.recall_1, one.recall_5, one.mrr)
        table.add_row(one.task, *("" if n is None else f"{n:.3f}" for n in numbers))
    Console(highlight=False).print(table)
