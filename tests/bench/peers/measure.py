"""Measures one system in this process: `python -m tests.bench.peers.measure SYSTEM TASK RESULT`.

A process of its own, so that its peak memory is the system's own.
"""

import os
import resource
import statistics
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import Protocol

import numpy as np
from pydantic import BaseModel

from tests.bench.peers.task import Asked, Span, Task, Text

#: Hits looked at for a question.
DEPTH = 10
#: Cores and threads a system may use.
CORES = 2
#: Questions asked before the clock runs.
WARM_UP = 5


class System(Protocol):
    """A system to be measured; `setup` says how it is set up, `many` how it asks many at once."""

    setup: str
    many: str

    def load(self, model: str) -> None:
        """Loads the model and embeds a text, so that neither is timed."""

    def index(self, folder: Path, texts: tuple[Text, ...], place: Path) -> None:
        """Makes the articles searchable; they lie in `folder`, and `place` is free to write to."""

    def chunks(self) -> list[Span]:
        """All passages there are."""

    def search(self, asked: Asked) -> list[Span]:
        """At most `DEPTH` passages, best first."""

    def search_many(self, asked: tuple[Asked, ...]) -> list[list[Span]]:
        """The same for many questions."""


class Measured(BaseModel):
    """What came of it; `hits` are those of each question, best first, times are wall time."""

    setup: str
    many: str
    chunks: int
    chunk_characters: float  # median length
    chunks_a_second: float
    p50_ms: float
    p95_ms: float
    queries_a_second: float
    peak_mb: float
    hits: list[list[Span]]


def measure(system: System, task: Task, model: str, place: Path) -> Measured:
    """Loads, indexes, asks one by one, then asks all at once."""
    system.load(model)
    began = time.perf_counter()
    system.index(task.folder, task.texts, place)
    took = time.perf_counter() - began
    for asked in task.questions[:WARM_UP]:
        system.search(asked)
    hits, waits = [], []
    for asked in task.questions:
        began = time.perf_counter()
        hits.append(system.search(asked)[:DEPTH])
        waits.append((time.perf_counter() - began) * 1000)
    p50, p95 = np.percentile(waits, [50, 95])
    began = time.perf_counter()
    system.search_many(task.questions)
    all_took = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # KiB on Linux
    chunks = system.chunks()  # last, since it may warm up caches
    return Measured(
        setup=system.setup,
        many=system.many,
        chunks=len(chunks),
        chunk_characters=statistics.median(span.end - span.start for span in chunks),
        chunks_a_second=len(chunks) / took,
        p50_ms=float(p50),
        p95_ms=float(p95),
        queries_a_second=len(task.questions) / all_took,
        peak_mb=peak,
        hits=hits,
    )


def main() -> None:
    """Reads the task from one file and writes what was measured to another."""
    module, model, given, result = sys.argv[1:]
    if hasattr(os, "sched_setaffinity"):  # not on macOS
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    system: System = import_module(module).Peer()
    task = Task.model_validate_json(Path(given).read_bytes())
    with tempfile.TemporaryDirectory() as place:
        measured = measure(system, task, model, Path(place))
    Path(result).write_text(measured.model_dump_json(), "utf-8")


if __name__ == "__main__":
    main()
