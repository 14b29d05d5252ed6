"""Do both stores answer alike, and how fast: `python -m tests.bench.stores`.

The shipped corpus is built once, kept as a folder and put into Milvus Lite; then both are asked all
questions about it.
"""

import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
from rich.console import Console

from bot.engine import Engine
from bot.settings import BotSettings
from index.build import build
from index.chunk import Chunker
from index.embed import SentenceEmbedder
from index.evaluate import read_questions
from index.remote import changing

ROOT = Path(__file__).parents[2]
_out = Console(highlight=False)


def main() -> None:
    """Prints the share of citations that are the same, of answers, and milliseconds."""
    asked = read_questions(ROOT / "tests" / "eval" / "corpus.jsonl")
    with tempfile.TemporaryDirectory() as folder:
        remote = BotSettings(index=f"{folder}/milvus.db", cache=Path(folder) / "cache")
        embedder = SentenceEmbedder.from_settings(remote)
        with changing(remote) as root:
            build([ROOT / "corpus"], embedder, root, Chunker())
            shutil.copytree(root, f"{folder}/index")
            (Path(folder) / "index" / "milvus").unlink()
            began = time.perf_counter()
        _out.print(f"putting it into Milvus: {time.perf_counter() - began:.1f} s")
        found = {}
        for name, settings in (("FAISS", BotSettings(index=f"{folder}/index")), ("Milvus", remote)):
            engine = Engine.over(embedder, settings)
            answers, taken = [], []
            for one in asked:
                began = time.perf_counter()
                answers.append(engine.ask(one.question, one.language))
                taken.append(1000 * (time.perf_counter() - began))
            found[name] = answers
            p50, p95 = np.percentile(taken, [50, 95])
            _out.print(f"{name}: p50 {p50:.0f} ms, p95 {p95:.0f} ms, {len(asked)} questions")
        overlaps, alike = [], 0
        for ours, theirs in zip(found["FAISS"], found["Milvus"], strict=True):
            cited = [{(c.article, c.start) for c in one.citations} for one in (ours, theirs)]
            overlaps.append(len(cited[0] & cited[1]) / max(1, len(cited[0] | cited[1])))
            alike += (ours.answered, ours.text) == (theirs.answered, theirs.text)
        _out.print(f"passages cited by both: {np.mean(overlaps):.4f} of those cited by either")
        _out.print(f"answers alike, refusals too: {alike} of {len(asked)}")


if __name__ == "__main__":
    main()
