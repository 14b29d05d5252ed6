"""What was measured, as tables for the terminal and as JSON and HTML for later."""

import json
import os
import platform
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path

from rich.console import Console
from rich.table import Table

from index.plot import Figure, Trace, page
from tests.bench.peers.measure import CORES, Measured
from tests.bench.peers.task import Task

_HEADS = (
    "",
    "chunks",
    "length",
    "chunks/s",
    "p50 ms",
    "p95 ms",
    "asked/s",
    "peak MB",
    "R@1",
    "R@3",
    "MRR@10",
    "in 1,000",
)
#: Characters of hits within which an answer is to stand, for the last of them.
_READ = 1_000
_NOTE = (
    "length: median characters of a chunk, a longer one finds more easily; chunks/s: indexing, "
    "without loading the model; p50, p95: one question at a time; asked/s: all questions, asked "
    "as below; R@1, R@3: share of questions with a right passage among the first 1 or 3; in 1,000: "
    "share with an answer in the first 1,000 characters of what was found, however it is cut"
)


@dataclass(frozen=True, slots=True)
class Row:
    """A system on one task; `missing` says why nothing was measured."""

    system: str
    versions: str
    missing: str = ""
    setup: str = ""
    many: str = ""
    chunks: int = 0
    chunk_characters: float = 0.0
    chunks_a_second: float = 0.0
    p50_ms: float = 0.0
    p95_ms: float = 0.0
    queries_a_second: float = 0.0
    peak_mb: float = 0.0
    recall_at_1: float = 0.0
    recall_at_3: float = 0.0
    mrr_at_10: float = 0.0
    within_1000: float = 0.0

    @classmethod
    def of(cls, system: str, versions: str, measured: Measured, task: Task) -> "Row":
        """The row of a system that was measured on `task`."""
        pairs = list(zip(task.questions, measured.hits, strict=True))
        ranks = [asked.rank(hits) for asked, hits in pairs]
        within = [asked.within(hits, _READ) for asked, hits in pairs]
        return cls(
            system,
            versions,
            recall_at_1=_share(ranks, 1),
            recall_at_3=_share(ranks, 3),
            mrr_at_10=sum(1 / rank for rank in ranks if rank) / len(ranks),
            within_1000=sum(within) / len(within),
            **measured.model_dump(exclude={"hits"}),
        )

    def cells(self) -> list[str]:
        """What the table shows, under `_HEADS`."""
        if self.missing:
            return [f"{self.system}: see below", *["–"] * (len(_HEADS) - 1)]
        return [
            self.system,
            f"{self.chunks:,}",
            f"{self.chunk_characters:.0f}",
            f"{self.chunks_a_second:.0f}",
            f"{self.p50_ms:.1f}",
            f"{self.p95_ms:.1f}",
            f"{self.queries_a_second:.0f}",
            f"{self.peak_mb:.0f}",
            f"{self.recall_at_1:.3f}",
            f"{self.recall_at_3:.3f}",
            f"{self.mrr_at_10:.3f}",
            f"{self.within_1000:.3f}",
        ]


@dataclass(frozen=True, slots=True)
class Outcome:
    """All systems on one task."""

    task: str
    articles: int
    questions: int
    rows: tuple[Row, ...]

    @property
    def head(self) -> str:
        """What was searched and asked."""
        return f"{self.task}: {self.articles} articles, {self.questions} questions"


def machine() -> str:
    """The processor and how many of its cores were used."""
    names = [platform.processor() or platform.machine()]
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
        names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    python = platform.python_version()
    return (
        f"{names[0]}, {min(CORES, os.cpu_count() or 1)} of {os.cpu_count()} cores, Python {python}"
    )


def busy() -> float:
    """The share of all cores (0 to 1) that others use during a second; 0 where nothing tells."""
    if not Path("/proc/stat").exists():
        return 0.0
    began = _processor_times()
    time.sleep(1)
    spent = [now - before for now, before in zip(_processor_times(), began, strict=True)]
    idle, waiting = spent[3], spent[4]
    return 1 - (idle + waiting) / max(1, sum(spent))


def show(outcome: Outcome, out: Console) -> None:
    """Prints the table of one task."""
    table = Table(*_HEADS, title=outcome.head)
    for column in table.columns[1:]:
        column.justify = "right"
    for row in outcome.rows:
        table.add_row(*row.cells())
    out.print(table)


def legend(rows: Sequence[Row], out: Console) -> None:
    """Prints versions and how each system was set up."""
    for row in rows:
        out.print(" · ".join(_legend(row)))
    out.print(_NOTE)


def write(folder: Path, outcomes: Sequence[Outcome], others: float) -> None:
    """Writes `peers.json` and `peers.html`; `others` is what `busy` said before it all began."""
    folder.mkdir(exist_ok=True)
    held = {
        "machine": machine(),
        "used_by_others": others,
        "outcomes": [asdict(outcome) for outcome in outcomes],
    }
    (folder / "peers.json").write_text(json.dumps(held, indent=2, ensure_ascii=False), "utf-8")
    parts = [f"<p>{escape(machine())}, {others:.0%} in use by others</p>"]
    for outcome in outcomes:
        parts += [f"<h2>{escape(outcome.head)}</h2>", _table(outcome), _figure(outcome).html()]
    items = [f"<li>{escape(' · '.join(_legend(row)))}</li>" for row in outcomes[0].rows]
    parts += [f"<ul>{''.join(items)}</ul>", f"<p>{escape(_NOTE)}</p>"]
    (folder / "peers.html").write_text(page("Beside other systems", parts), "utf-8")


def _processor_times() -> list[int]:
    first = Path("/proc/stat").read_text("utf-8").splitlines()[0]
    return [int(number) for number in first.split()[1:9]]


def _share(ranks: Sequence[int | None], depth: int) -> float:
    return sum(rank is not None and rank <= depth for rank in ranks) / len(ranks)


def _legend(row: Row) -> list[str]:
    return [part for part in (row.system, row.versions, row.setup, row.many, row.missing) if part]


def _table(outcome: Outcome) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in _HEADS)
    rows = ("".join(f"<td>{escape(cell)}</td>" for cell in row.cells()) for row in outcome.rows)
    return f"<table><tr>{head}</tr>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


def _figure(outcome: Outcome) -> Figure:
    traces = [
        Trace(row.system, [row.p50_ms], [row.mrr_at_10], "markers", [", ".join(row.cells()[1:])])
        for row in outcome.rows
        if not row.missing
    ]
    return Figure("How right, how fast", "a question, median (ms)", "MRR@10", traces)
