"""Builds whenever the corpus folders change."""

from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Event

from watchfiles import watch

from index.article import SUFFIXES

#: Milliseconds without a change before a build: an editor or a copy writes in several steps.
_SETTLED = 1_000


def watch_corpus(
    folders: Iterable[Path], rebuild: Callable[[], None], stop: Event | None = None
) -> None:
    """Calls `rebuild` once at the start and after every change to an article, until `stop`."""
    rebuild()
    for changes in watch(*folders, debounce=_SETTLED, step=200, stop_event=stop):
        names = [Path(path) for _, path in changes]
        if any(name.suffix.lower() in SUFFIXES and name.name[0] != "." for name in names):
            rebuild()
