"""How a console script tells of an error: on stderr, in its own words, with exit code 1."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

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
