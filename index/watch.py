"""Builds whenever the corpus folders change."""

from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Event

from watchfiles import watch

from index.aliases import FILE
from index.article import SUFFIXES

#: Milliseconds without a change before a build: an editor or a copy writes in several steps.
_SETTLED = 1_000


def watch_corpus(
    folders: Iterable[Path], rebuild: Callable[[], None], stop: Event | None = None
) -> None:
    """Calls `rebuild` at the start and when an article or the names change, until `stop`."""
    rebuild()
    for changes in watch(*folders, debounce=_SETTLED, step=200, stop_event=stop):
        names = [Path(path) for _, path in changes]
        if any(_counts(name) for name in names):
            rebuild()


def _counts(path: Path) -> bool:
    article = path.suffix.lower() in SUFFIXES and path.name[0] != "."
    return article or path.name == FILE
