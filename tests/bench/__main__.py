"""`make bench`: fusion, answers, speed and load, on the data beside the checkout."""

import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from bot.engine import Engine
from bot.settings import BotSettings
from index.build import build
from index.chunk import Chunker
from index.embed import SentenceEmbedder
from tests.bench import load
from tests.bench.fusion import scored
from tests.bench.questions import Asked, read_set, score

SHARED = Path(__file__).parents[3] / "shared"
_out = Console(highlight=False, width=100)


def main() -> None:
    """Prints three tables; needs the articles and development sets in ../shared."""
    if not (SHARED / "articles").is_dir() or not (SHARED / "eval").is_dir():
        sys.exit(f"{SHARED}: no articles/ and eval/ here; the benchmark needs both")
    embedder = SentenceEmbedder.from_settings(BotSettings())
    _out.print(f"model {embedder.name}\n")
    _fusion(embedder)
    folder = Path(tempfile.mkdtemp())
    try:
        embedder.embed_questions(["Mali"])[0]
        began = time.perf_counter()
        build([SHARED / "articles"], embedder, folder, Chunker(), lambda *_: None)
        _out.print(f"build of both articles: {time.perf_counter() - began:.2f} s\n")
        engine = Engine.open(BotSettings(index=folder))
        names = ("articles-dev", "articles-more", "articles-test", "articles-unseen")
        sets = {name: read_set(name) for name in names}
        _answers(engine, sets)
        _latency(engine, [asked for questions in sets.values() for asked in questions])
        load.run(SHARED / "articles", _out)
    finally:
        shutil.rmtree(folder)


def _fusion(embedder: SentenceEmbedder) -> None:
    table = Table("XQuAD, MRR", "dense", "BM25", "ranks fused", "hybrid", "to better half")
    for one in scored(embedder, SHARED / "eval"):
        numbers = [result.mrr or 0.0 for result in one.results()]
        gain = numbers[3] - max(numbers[:2])
        table.add_row(one.name, *(f"{n:.3f}" for n in numbers), f"{gain:+.3f}")
    _out.print(table)


def _answers(engine: Engine, sets: dict[str, list[Asked]]) -> None:
    shown = ("in 1st", "in 1-3", "marked", "refused rightly", "refused wrongly", "unsure", "misled")
    table = Table("set", "language", *shown)
    for name, questions in sets.items():
        for one in score(engine, questions):
            count = f"{one.language} ({one.answerable}+{one.unanswerable})"
            found = (one.first, one.first_three, one.highlighted)
            refused = (one.refused_rightly, one.refused_wrongly, one.unsure, one.misled)
            table.add_row(name, count, *(f"{share:.0%}" for share in (*found, *refused)))
    _out.print(table)


def _latency(engine: Engine, questions: list[Asked]) -> None:
    taken = []
    for asked in questions:
        began = time.perf_counter()
        engine.ask(asked.question)
        taken.append((time.perf_counter() - began) * 1000)
    p50, p95 = np.percentile(taken, [50, 95])
    _out.print(f"answer, warm: p50 {p50:.1f} ms, p95 {p95:.1f} ms, {len(taken)} questions")


main()
