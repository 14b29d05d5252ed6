"""Builds whenever the corpus folders change."""

from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Event

from watchfiles import Change, watch

from index.aliases import FILE
from index.article import SUFFIXES
from index.errors import IndexingError

#: Milliseconds without a change before a build: an editor or a copy writes in several steps.
_SETTLED = 1_000


def watch_corpus(
    folders: Iterable[Path], rebuild: Callable[[], None], stop: Event | None = None
) -> None:
    """Calls `rebuild` at the start and when an article or the names change, until `stop`.

    Watching begins before the first call, which takes a while. Raises `IndexingError` where the
    system does not let folders be watched.
    """
    started = False
    changing = watch(
        *folders,
        debounce=_SETTLED,
        step=200,
        stop_event=stop,
        rust_timeout=_SETTLED,
        yield_on_timeout=True,
    )
    while True:
        try:
            changes = next(changing, None)
        except (OSError, RuntimeError) as error:  # the latter is watchfiles' own
            raise IndexingError(
                f"the folders cannot be watched ({error}); build from time to time instead"
            ) from None
        if changes is None:
            return
        if not started or any(_counts(Path(path), change) for change, path in changes):
            started = True
            rebuild()


def _counts(path: Path, change: Change) -> bool:
    """Whether an article may be another; of a folder that came or went only the folder is told."""
    if path.is_dir() or (change == Change.deleted and not path.suffix):
        return change != Change.modified and path.name[0] != "."
    article = path.suffix.lower() in SUFFIXES and path.name[0] != "."
    return article or path.name == FILE
