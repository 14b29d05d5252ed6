"""A built index: whole, switched to in one step, and never served damaged."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from index.build import build
from index.chunk import Chunker
from index.corpus import read_corpus
from index.embed import SentenceEmbedder, Vectors
from index.errors import (
    BuildLocked,
    Damaged,
    GenerationError,
    IndexingError,
    Mismatch,
    ModelError,
    NotBuilt,
)
from index.generation import Generation
from index.manifest import SCHEMA, current
from index.segment import embedding_text
from tests.conftest import TrigramEmbedder


def rebuild(corpus_folder: Path, root: Path, embedder: TrigramEmbedder) -> int:
    return build([corpus_folder], embedder, root, Chunker(), force=True).manifest.number


def test_what_was_built_opens_with_all_of_it(built: Path, embedder: TrigramEmbedder) -> None:
    generation = Generation.open(built, embedder)
    manifest = generation.manifest
    assert (manifest.articles, manifest.number, generation.chunks.dimension) == (3, 1, 256)
    assert manifest.languages == ("de", "en", "fr")
    assert len(generation.chunks) == manifest.chunks == len(generation.store.chunk_sentences())
    assert len(generation.sentences) == manifest.sentences
    [segment] = manifest.segments
    assert set(segment.files) >= {"chunks.faiss", "sentences.faiss", "store.sqlite"}
    for number in range(manifest.chunks):
        chunk = generation.store.chunk(number)
        article = generation.store.article(chunk.article)
        sentences = generation.store.sentences(chunk)
        assert article.text[chunk.start : chunk.end].strip()
        assert (sentences[0].start, sentences[-1].end) == (chunk.start, chunk.end)


def test_the_overview_tells_the_reach(built: Path, embedder: TrigramEmbedder) -> None:
    reach = Generation.open(built, embedder).store.overview()
    assert (reach.articles, reach.undated) == (3, 0)
    assert (str(reach.first), str(reach.last)) == ("2020-03-05", "2022-11-12")
    assert (reach.first_year, reach.last_year) == (2019, 2022)
    assert reach.outlets == ("Dorfblatt", "Gazette", "Village Gazette")


def test_the_number_of_a_resolution_is_no_year_of_the_reach(
    built: Path, corpus_folder: Path, embedder: TrigramEmbedder
) -> None:
    head = "---\ntitle: Rat\ndate: 2021-01-02\nlang: de\n---\n\n"
    (corpus_folder / "rat.md").write_text(head + "Die Resolution 2085 galt 2012 fort.\n", "utf-8")
    rebuild(corpus_folder, built, embedder)
    reach = Generation.open(built, embedder).store.overview()
    assert (reach.first_year, reach.last_year) == (2012, 2022)


def test_chunks_are_embedded_with_title_date_and_heading(corpus_folder: Path) -> None:
    article = read_corpus(corpus_folder)[0]
    chunk = Chunker().cut(article).chunks[-1]
    head = "Dorf Sanga baut einen Brunnen (2020-03-05)\nStreit um das Wasser\n"
    assert embedding_text(article, chunk) == head + chunk.text


def test_five_generations_are_kept_and_older_ones_go(
    built: Path, corpus_folder: Path, embedder: TrigramEmbedder
) -> None:
    (built / "gen-000007.part").mkdir()
    (built / "seg-000007.part").mkdir()
    (built / "seg-000008").mkdir()
    assert [rebuild(corpus_folder, built, embedder) for _ in range(6)] == [2, 3, 4, 5, 6, 7]
    left = sorted(path.name[:10] for path in built.iterdir() if path.is_dir())
    assert left == [f"{kind}-00000{n}" for kind in ("gen", "seg") for n in range(3, 8)]
    assert current(built).name == "gen-000007"


def test_only_changes_make_an_index_stale(
    built: Path, corpus_folder: Path, embedder: TrigramEmbedder
) -> None:
    def fresh(embedder: TrigramEmbedder = embedder, chunker: Chunker | None = None) -> bool:
        return build([corpus_folder], embedder, built, chunker or Chunker()).fresh

    assert not fresh()
    assert fresh(chunker=Chunker(size=4))
    assert fresh()
    assert fresh(replace(embedder, fingerprint="other"))
    assert fresh()
    path = corpus_folder / "pont.md"
    path.write_text(path.read_text("utf-8").replace("douze", "treize"), "utf-8")
    assert fresh()
    assert not fresh()


def test_no_index_is_told(tmp_path: Path, embedder: TrigramEmbedder) -> None:
    with pytest.raises(NotBuilt, match="no index here yet; mend it with: mali-index build --index"):
        Generation.open(tmp_path / "nowhere", embedder)


def test_another_model_is_told(built: Path, embedder: TrigramEmbedder) -> None:
    with pytest.raises(Mismatch, match=r"built with the model trigrams.*mali-index build"):
        Generation.open(built, replace(embedder, fingerprint="other"))


def test_another_schema_is_told(built: Path, embedder: TrigramEmbedder) -> None:
    path = current(built) / "manifest.json"
    own, other = (f'"schema_version": {number}' for number in (SCHEMA, 99))
    path.write_text(path.read_text().replace(own, other))
    with pytest.raises(
        Mismatch, match=f"index format 99, this program reads {SCHEMA}; mend it with"
    ):
        Generation.open(built, embedder)


@pytest.mark.parametrize(
    "name",
    ["chunks.faiss", "sentences.faiss", "store.sqlite", "words/words.json", "manifest.json"],
)
@pytest.mark.parametrize("harm", ["missing", "cut off", "changed"])
def test_a_damaged_file_is_told_with_the_command_that_mends_it(
    built: Path, corpus_folder: Path, embedder: TrigramEmbedder, name: str, harm: str
) -> None:
    [segment] = built.glob("seg-000001-*")
    path = (current(built) if name == "manifest.json" else segment) / name
    content = path.read_bytes()
    path.unlink()
    if harm == "cut off":
        path.write_bytes(content[: len(content) // 2])
    elif harm == "changed":
        path.write_bytes(content[:40] + b"\xff" + content[41:])
    with pytest.raises(GenerationError, match="mali-index build --index"):
        Generation.open(built, embedder)
    assert build([corpus_folder], embedder, built, Chunker()).manifest.number == 2
    Generation.open(built, embedder)


@pytest.mark.parametrize("content", ["gen-000009\n", "../elsewhere", "", "\xff"])
def test_a_pointer_to_nothing_is_told(built: Path, embedder: TrigramEmbedder, content: str) -> None:
    (built / "current").write_text(content, "latin-1")
    with pytest.raises(Damaged, match="mali-index build"):
        Generation.open(built, embedder)


def test_two_builds_at_once_are_told(
    built: Path, corpus_folder: Path, embedder: TrigramEmbedder
) -> None:
    with FileLock(built / "lock"), pytest.raises(BuildLocked, match="another build is running"):
        rebuild(corpus_folder, built, embedder)


def test_a_file_where_the_index_should_be_is_told(
    corpus_folder: Path, tmp_path: Path, embedder: TrigramEmbedder
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(IndexingError, match="cannot be written"):
        rebuild(corpus_folder, tmp_path / "file", embedder)


@dataclass(frozen=True)
class FailingEmbedder(TrigramEmbedder):
    def embed_passages(self, texts: list[str]) -> Vectors:
        raise ModelError("no more")


def test_a_build_that_fails_leaves_the_old_one_serving(
    built: Path, corpus_folder: Path, embedder: TrigramEmbedder
) -> None:
    with pytest.raises(ModelError, match="no more"):
        rebuild(corpus_folder, built, FailingEmbedder())
    assert Generation.open(built, embedder).manifest.number == 1


class EmbedderThatGivesUp(TrigramEmbedder):
    """Embeds the first articles, then fails at the bridge."""

    def embed_passages(self, texts: list[str]) -> Vectors:
        if "pont" in texts[0]:
            raise ModelError("no more")
        return super().embed_passages(texts)


def test_a_build_that_fails_half_way_leaves_the_old_one_serving(
    built: Path, corpus_folder: Path, embedder: TrigramEmbedder
) -> None:
    with pytest.raises(ModelError, match="no more"):
        rebuild(corpus_folder, built, EmbedderThatGivesUp())
    assert not list(built.glob("*.part"))
    assert Generation.open(built, embedder).manifest.number == 1
    assert rebuild(corpus_folder, built, embedder) == 2


SLOW_BUILD = """
import sys, time
from pathlib import Path
from index.chunk import Chunker
from index.build import build
from tests.conftest import TrigramEmbedder

class Slow(TrigramEmbedder):
    def embed_passages(self, texts):
        print("embedding", flush=True)
        time.sleep(0.15)
        return super().embed_passages(texts)

while True:
    build([Path(sys.argv[1])], Slow(), Path(sys.argv[2]), Chunker(), force=True)
"""


@pytest.mark.parametrize("delay", [0.0, 0.1, 0.2, 0.31, 0.37])
def test_a_killed_build_leaves_an_index_that_opens(
    built: Path, corpus_folder: Path, embedder: TrigramEmbedder, delay: float
) -> None:
    command = [sys.executable, "-c", SLOW_BUILD, str(corpus_folder), str(built)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root) as process:  # noqa: S603
        assert process.stdout
        process.stdout.readline()
        time.sleep(delay)
        os.kill(process.pid, signal.SIGKILL)
    assert Generation.open(built, embedder).manifest.articles == 3
    rebuild(corpus_folder, built, embedder)
    assert not list(built.glob("*.part"))


def test_the_shipped_model_gives_unit_vectors(real_model: SentenceEmbedder) -> None:
    vectors = real_model.embed_passages(["Ein Satz.", "", "🙂", "wort " * 2000])
    assert vectors.shape == (4, len(real_model.embed_questions(["Frage?"])[0]))
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("model", ["/nowhere/model", "./nowhere", "a/b/c"])
def test_a_model_that_is_not_there_is_told(model: str) -> None:
    with pytest.raises(ModelError, match=r"no such folder.*--model or MALI_MODEL"):
        _ = SentenceEmbedder(model).fingerprint


def test_a_folder_that_is_no_model_is_told(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match="cannot be loaded"):
        SentenceEmbedder(str(tmp_path)).embed_questions(["x"])[0]
