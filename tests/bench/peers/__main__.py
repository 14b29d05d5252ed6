"""Measures every system on every task, each in a process of its own, and reports."""

import argparse
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rich.console import Console
from sentence_transformers import SentenceTransformer

from index.embed import keep_meaning
from index.settings import default_model
from tests.bench.peers.measure import CORES, Measured
from tests.bench.peers.report import Outcome, Row, busy, legend, machine, show, write
from tests.bench.peers.task import ROOT, Task, corpus_task, news_task, some

#: Share of the cores in use by others up to which times can be trusted.
_IDLE = 0.05
_out = Console(highlight=False, width=120)


@dataclass(frozen=True, slots=True)
class _System:
    """A name for the table, the module with its `Peer`, and the packages it needs.

    `keeps_meaning`: of a vector it leaves out by itself what tells words.
    """

    name: str
    module: str
    packages: tuple[str, ...]
    keeps_meaning: bool = False


_SYSTEMS = (
    _System("mali-bot", "mali", ("mali-bot",), keeps_meaning=True),
    _System("txtai", "with_txtai", ("txtai",)),
    _System("Haystack", "with_haystack", ("haystack-ai", "sentence-transformers-haystack")),
    _System(
        "LlamaIndex",
        "with_llama_index",
        (
            "llama-index-core",
            "llama-index-embeddings-huggingface",
            "llama-index-retrievers-bm25",
        ),
    ),
)


def main() -> None:
    """Prints a table a task; if all was asked, writes `.bench/peers.json` and `peers.html`."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.peers", description=__doc__)
    parser.add_argument("--articles", type=int, help="only so many, with their translations")
    parser.add_argument("--questions", type=int, help="only so many")
    asked = parser.parse_args()
    others = busy()
    _out.print(f"{machine()}; model {default_model().name}\n")
    if others > _IDLE:
        _out.print(f"{others:.0%} of the cores are in use by others: times will be too long\n")
    with tempfile.TemporaryDirectory() as folder:
        tasks = [task for task in (corpus_task(), news_task()) if task]
        if asked.articles or asked.questions:
            few = asked.articles or sys.maxsize, asked.questions or sys.maxsize
            tasks = [some(task, *few, Path(folder) / task.name) for task in tasks]
        _save_meaning(Path(folder) / "model")
        outcomes = [_outcome(task, Path(folder)) for task in tasks]
    legend(outcomes[0].rows, _out)
    if not asked.articles and not asked.questions:
        write(ROOT / ".bench", outcomes, others)


def _outcome(task: Task, folder: Path) -> Outcome:
    given = folder / "task.json"
    given.write_text(task.model_dump_json(), "utf-8")
    rows = []
    for system in _SYSTEMS:
        with _out.status(f"{task.name}: {system.name}", refresh_per_second=1):
            model = default_model() if system.keeps_meaning else folder / "model"
            rows.append(_row(system, task, model, given, folder / "result.json"))
    outcome = Outcome(task.name, len(task.texts), len(task.questions), tuple(rows))
    show(outcome, _out)
    return outcome


def _save_meaning(folder: Path) -> None:
    """Saves the model without what tells words: all search words beside it, and go by one vector.

    Only the project's own index does so by itself; with all numbers, the others are slower.
    """
    model = SentenceTransformer(str(default_model()), local_files_only=True, device="cpu")
    keep_meaning(model)
    model.save(str(folder))


def _row(system: _System, task: Task, model: Path, given: Path, result: Path) -> Row:
    try:
        found = [(name, version(name)) for name in system.packages]
    except PackageNotFoundError as error:
        return Row(system.name, "", missing=f"{error.name} is not installed: make peers")
    versions = ", ".join(" ".join(pair) for pair in found)
    module = f"tests.bench.peers.{system.module}"
    command = [sys.executable, "-m", "tests.bench.peers.measure", module]
    command += [str(model), str(given), str(result)]
    with tempfile.TemporaryDirectory() as cache:
        done = subprocess.run(  # noqa: S603
            command,
            cwd=ROOT,
            env=os.environ | _environment(cache),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    if done.returncode:
        said = done.stdout.strip().splitlines() or ["no word"]
        return Row(system.name, versions, missing=f"failed: {said[-1][:200]}")
    measured = Measured.model_validate_json(result.read_bytes())
    return Row.of(system.name, versions, measured, task)


def _environment(cache: str) -> dict[str, str]:
    """Two threads for each kind of work, nothing looked up or sent anywhere."""
    threads = ("OMP", "MKL", "OPENBLAS", "RAYON", "NUMEXPR")
    return {f"{name}_NUM_THREADS": str(CORES) for name in threads} | {
        "HF_HUB_OFFLINE": "1",
        "HAYSTACK_TELEMETRY_ENABLED": "False",
        "LLAMA_INDEX_CACHE_DIR": cache,
    }


if __name__ == "__main__":
    main()
