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

from index.article import Corpus
from index.chunk import Chunker
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
from index.generation import Generation, build, current, embedding_text, is_current
from tests.conftest import TrigramEmbedder


def rebuild(corpus_folder: Path, root: Path, embedder: TrigramEmbedder) -> int:
    corpus = Corpus.read((corpus_folder,))
    return build(corpus, embedder, root, Chunker(), lambda *_: None).number


def test_what_was_built_opens_with_all_of_it(built: Path, embedder: TrigramEmbedder) -> None:
    generation = Generation.open(built, embedder)
    manifest = generation.manifest
    assert (manifest.articles, manifest.number, manifest.dimension) == (3, 1, 256)
    assert manifest.languages == ("de", "en", "fr")
    assert len(generation.chunks) == manifest.chunks == len(generation.store.chunk_sentences())
    assert len(generation.sentences) == manifest.sentences
    assert set(manifest.files) >= {"chunks.faiss", "sentences.faiss", "store.sqlite"}
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


def test_chunks_are_embedded_with_title_date_and_heading(corpus_folder: Path) -> None:
    article = Corpus.read((corpus_folder,)).articles[0]
    chunk = Chunker().cut(article).chunks[-1]
    head = "Dorf Sanga baut einen Brunnen (2020-03-05)\nStreit um das Wasser\n"
    assert embedding_text(article, chunk) == head + chunk.text


def test_the_generation_before_is_kept_and_older_ones_go(
    built: Path, corpus_folder: Path, embedder: TrigramEmbedder
) -> None:
    (built / "gen-000007.part").mkdir()
    assert [rebuild(corpus_folder, built, embedder) for _ in range(3)] == [2, 3, 4]
    left = sorted(path.name for path in built.iterdir() if path.is_dir())
    assert left == ["gen-000003", "gen-000004"]
    assert current(built).name == "gen-000004"


def test_only_changes_make_an_index_stale(
    built: Path, corpus_folder: Path, embedder: TrigramEmbedder
) -> None:
    corpus = Corpus.read((corpus_folder,))
    assert is_current(corpus, embedder, built, Chunker())
    assert not is_current(corpus, embedder, built, Chunker(size=4))
    assert not is_current(corpus, replace(embedder, fingerprint="other"), built, Chunker())
    path = corpus_folder / "pont.md"
    path.write_text(path.read_text("utf-8").replace("douze", "treize"), "utf-8")
    assert not is_current(Corpus.read((corpus_folder,)), embedder, built, Chunker())
    assert not is_current(corpus, embedder, built / "nowhere", Chunker())


def test_no_index_is_told(tmp_path: Path, embedder: TrigramEmbedder) -> None:
    with pytest.raises(NotBuilt, match="no index here yet; mend it with: mali-index build --index"):
        Generation.open(tmp_path / "nowhere", embedder)


def test_another_model_is_told(built: Path, embedder: TrigramEmbedder) -> None:
    with pytest.raises(Mismatch, match=r"built with the model trigrams.*mali-index build"):
        Generation.open(built, replace(embedder, fingerprint="other"))


def test_another_schema_is_told(built: Path, embedder: TrigramEmbedder) -> None:
    path = current(built) / "manifest.json"
    path.write_text(path.read_text().replace('"schema_version": 2', '"schema_version": 99'))
    with pytest.raises(Mismatch, match="index format 99, this program reads 2; mend it with"):
        Generation.open(built, embedder)


@pytest.mark.parametrize(
    "name",
    ["chunks.faiss", "sentences.faiss", "store.sqlite", "words/vocab.index.json", "manifest.json"],
)
@pytest.mark.parametrize("harm", ["missing", "cut off", "changed"])
def test_a_damaged_file_is_told_with_the_command_that_mends_it(
    built: Path, corpus_folder: Path, embedder: TrigramEmbedder, name: str, harm: str
) -> None:
    path = current(built) / name
    content = path.read_bytes()
    path.unlink()
    if harm == "cut off":
        path.write_bytes(content[: len(content) // 2])
    elif harm == "changed":
        path.write_bytes(content[:40] + b"\xff" + content[41:])
    with pytest.raises(GenerationError, match="mali-index build --index"):
        Generation.open(built, embedder)
    assert not is_current(Corpus.read((corpus_folder,)), embedder, built, Chunker())
    rebuild(corpus_folder, built, embedder)
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
    """Embeds the passages, then fails at the sentences."""

    def embed_passages(self, texts: list[str]) -> Vectors:
        if ")\n" in texts[0]:  # a passage stands under its title and date
            return super().embed_passages(texts)
        raise ModelError("no more")


def test_a_build_that_fails_half_way_leaves_the_old_one_serving(
    built: Path, corpus_folder: Path, embedder: TrigramEmbedder
) -> None:
    with pytest.raises(ModelError, match="no more"):
        rebuild(corpus_folder, built, EmbedderThatGivesUp())
    assert (built / "gen-000002.part" / "chunks.faiss").exists()
    assert Generation.open(built, embedder).manifest.number == 1
    assert rebuild(corpus_folder, built, embedder) == 2
    assert not list(built.glob("*.part"))


SLOW_BUILD = """
import sys, time
from pathlib import Path
from index.article import Corpus
from index.chunk import Chunker
from index.generation import build
from tests.conftest import TrigramEmbedder

class Slow(TrigramEmbedder):
    def embed_passages(self, texts):
        print("embedding", flush=True)
        time.sleep(0.15)
        return super().embed_passages(texts)

while True:
    build(Corpus.read((Path(sys.argv[1]),)), Slow(), Path(sys.argv[2]), Chunker(), lambda *_: None)
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
