"""Builds killed at random moments: `python -m tests.bench.kills [TIMES]`.

A process edits articles and builds, over and over, until it is killed. Then the index must open and
be whole, and in the end a build must bring it up to the folder as it was left.
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from index.build import build
from index.chunk import Chunker
from index.corpus import read_corpus
from index.generation import Generation
from tests.conftest import MARKET, TrigramEmbedder

_BUILDER = """
import random, sys
from pathlib import Path
from index.build import build
from index.chunk import Chunker
from tests.conftest import MARKET, TrigramEmbedder

corpus, root = Path(sys.argv[1]), Path(sys.argv[2])
while True:
    number = random.randrange(30)
    path = corpus / f"{number}.md"
    if path.exists() and random.random() < 0.3:
        path.unlink()
    else:
        part = corpus / f".{number}.part"
        part.write_text(MARKET.replace("Bandi", f"Ort {random.random()}"), "utf-8")
        part.replace(path)
    build([corpus], TrigramEmbedder(), root, Chunker(), force=random.random() < 0.2)
    print("built", flush=True)
"""


def main() -> None:
    """Prints how many kills there were, and fails at the first index that is not whole."""
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    embedder = TrigramEmbedder()
    with tempfile.TemporaryDirectory() as folder:
        corpus, root = Path(folder) / "corpus", Path(folder) / "index"
        corpus.mkdir()
        (corpus / "kept.md").write_text(MARKET, "utf-8")
        build([corpus], embedder, root, Chunker())
        for done in range(times):
            command = [sys.executable, "-c", _BUILDER, str(corpus), str(root)]
            with subprocess.Popen(command, stdout=subprocess.PIPE) as process:  # noqa: S603
                assert process.stdout
                process.stdout.readline()
                time.sleep(random.random() * 0.3)  # noqa: S311 - any moment will do
                os.kill(process.pid, signal.SIGKILL)
            generation = Generation.open(root, embedder)
            held = {
                one.id: generation.store.article(one.number) for one in generation.store.contents()
            }
            assert "kept.md" in held
            assert all(article.text.startswith("---") for article in held.values())
            assert len(held) == generation.manifest.articles
            generation.store.close()
            print(f"\r{done + 1} kills", end="", flush=True)  # noqa: T201
        build([corpus], embedder, root, Chunker())
        generation = Generation.open(root, embedder)
        held_texts = {
            generation.store.article(one.number).text for one in generation.store.contents()
        }
        assert held_texts == {article.text for article in read_corpus(corpus)}
        left = sorted(path.name for path in root.glob("*.part"))
        assert not left, left
        print(f", the index whole each time; {len(held_texts)} articles at the end")  # noqa: T201


if __name__ == "__main__":
    main()
