"""How a console script tells of errors and of how far it is: on stderr, in its own words."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

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

from index.errors import IndexingError


@contextmanager
def errors(program: str) -> Iterator[None]:
    """Turns every error of this package into its message on stderr and exit code 1."""
    try:
        yield
    except IndexingError as error:
        fail(program, str(error))


def fail(program: str, message: str) -> NoReturn:
    """Ends the program with `message`, each of its lines beginning with the program's name."""
    for line in message.splitlines():
        typer.echo(f"{program}: {line}", err=True)
    raise typer.Exit(1)


@contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    """Gives a function to call with what is done, steps done and steps in all.

    The bar is shown only where stderr is a terminal.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    hidden = not console.is_terminal
    left = TimeRemainingColumn()
    with Progress(*columns, left, console=console, transient=True, disable=hidden) as progress:
        tasks: dict[str, TaskID] = {}

        def step(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=total)
            progress.update(tasks[what], completed=done, total=total)

        yield step
