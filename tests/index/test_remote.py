"""An index in Milvus answers as one in a folder does, and switches and goes back in one step."""

import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from bot.engine import Engine
from bot.settings import BotSettings
from index.build import build
from index.chunk import Chunker
from index.embed import Embedder, SentenceEmbedder
from index.errors import (
    BrokenArticles,
    BuildLocked,
    Damaged,
    GenerationError,
    Mismatch,
    NotBuilt,
    SettingError,
    Unreachable,
)
from index.generation import Generation
from index.history import discard, rollback
from index.manifest import SCHEMA, current, numbers
from index.on_milvus import Address, Milvus
from index.remote import changing, pull, serving
from index.retrieve import Found, Hit, Query, Retriever
from index.settings import IndexSettings
from tests.bench.questions import read_set
from tests.conftest import TrigramEmbedder

QUESTIONS = (
    ("Wie viel kostete der Brunnen in Sanga?", "de"),
    ("Wann wurde der Brunnen eingeweiht?", "de"),
    ("Why does the market move?", "en"),
    ("Combien ont coûté les travaux du pont?", "fr"),
    ("Was geschah am 5. März 2020?", "de"),
)


@pytest.fixture
def settings(tmp_path: Path) -> IndexSettings:
    """An index in Milvus Lite, and a folder for copies of it."""
    return IndexSettings(index=str(tmp_path / "milvus.db"), cache=tmp_path / "cache")


def build_shared(corpus: Path, embedder: Embedder, settings: IndexSettings) -> int:
    with changing(settings) as root:
        return build([corpus], embedder, root, Chunker()).manifest.number


def make_it_thirteen(corpus: Path) -> None:
    path = corpus / "pont.md"
    path.write_text(path.read_text("utf-8").replace("douze", "treize"), "utf-8")


def searched(root: Path, embedder: Embedder) -> list[Found]:
    retriever = Retriever(Generation.open(root, embedder), embedder)
    return retriever.search_many([Query(text, lang) for text, lang in QUESTIONS], 30)  # type: ignore[arg-type]


def same(ours: Sequence[Found], theirs: Sequence[Found]) -> bool:
    """Whether the hits are the same; scores and the order may differ by a last digit."""
    scores = [
        [{_place(hit): hit.score for hit in one.hits} for one in some] for some in (ours, theirs)
    ]
    return len(ours) == len(theirs) and all(
        own == pytest.approx(their, abs=1e-5) for own, their in zip(*scores, strict=True)
    )


def _place(hit: Hit) -> tuple[str, int, int, tuple[int, ...]]:
    spans = tuple(one.span.start for one in hit.sentences)
    return hit.article.id, hit.chunk.start, hit.chunk.end, spans


def connection(settings: IndexSettings) -> Milvus:
    address = Address.read(settings.index)
    assert address is not None
    return Milvus.connect(address)


def test_what_is_found_is_what_a_folder_finds(
    corpus_folder: Path, built: Path, embedder: TrigramEmbedder, settings: IndexSettings
) -> None:
    assert build_shared(corpus_folder, embedder, settings) == 1
    assert serving(settings) == "gen-000001"
    root = pull(settings)
    assert not list(root.rglob("*.faiss"))
    ours, theirs = searched(root, embedder), searched(built, embedder)
    assert any(one.hits for one in ours)
    assert same(ours, theirs)
    again = Retriever(Generation.open(root, embedder), embedder)
    assert again.hit(0).text == Retriever(Generation.open(built, embedder), embedder).hit(0).text


def test_a_change_becomes_a_new_segment_and_both_stores_answer_alike(
    corpus_folder: Path, built: Path, embedder: TrigramEmbedder, settings: IndexSettings
) -> None:
    for number in range(8):  # enough for a segment to stay when another article changes
        text = f"Im Ort Nummer {number} steht ein Haus. Es hat {number + 2} Türen."
        path = corpus_folder / f"haus{number}.md"
        path.write_text(f"---\ntitle: Haus {number}\nlang: de\ndate: 2020-01-01\n---\n\n{text}\n")
    build_shared(corpus_folder, embedder, settings)
    build([corpus_folder], embedder, built, Chunker())
    make_it_thirteen(corpus_folder)
    (corpus_folder / "market.md").unlink()
    build_shared(corpus_folder, embedder, settings)
    build([corpus_folder], embedder, built, Chunker())
    names = connection(settings).collections()
    assert sorted(name[:15] for name in names if name.endswith("_chunks")) == [
        "mali_seg_000001",
        "mali_seg_000002",
    ]
    ours, theirs = (searched(root, embedder) for root in (pull(settings), built))
    assert same(ours, theirs)
    texts = [hit.text for one in ours for hit in one.hits]
    assert any("treize" in text for text in texts)
    assert not any("douze" in text or "Monday" in text for text in texts)


def test_going_back_switches_for_all_readers_and_old_collections_go(
    corpus_folder: Path,
    embedder: TrigramEmbedder,
    settings: IndexSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("index.build.KEEP", 2)
    build_shared(corpus_folder, embedder, settings)
    before = searched(pull(settings), embedder)
    (corpus_folder / "pont.md").unlink()
    assert build_shared(corpus_folder, embedder, settings) == 2
    reader = settings.model_copy(update={"cache": settings.cache.parent / "elsewhere"})
    assert numbers(pull(reader)) == [1, 2]
    assert current(pull(reader)).name == serving(reader) == "gen-000002"
    with changing(settings) as root:
        rollback(root, embedder)
    assert serving(reader) == "gen-000001"
    assert same(searched(pull(reader), embedder), before)
    for number in range(2):
        (corpus_folder / "extra.txt").write_text(f"Nummer {number} war rot.", "utf-8")
        build_shared(corpus_folder, embedder, settings)
    kept = numbers(pull(reader))
    assert kept == [3, 4]
    names = connection(settings).collections()
    assert {name for name in names if "_gen_" in name} == {f"mali_gen_{n:06d}" for n in kept}
    named = {path.name for path in pull(reader).glob("seg-*")}
    assert {name[5:24].replace("_", "-") for name in names if "_seg_" in name} == named


def test_what_a_killed_push_left_is_passed_over_and_written_again(
    corpus_folder: Path, embedder: TrigramEmbedder, settings: IndexSettings
) -> None:
    build_shared(corpus_folder, embedder, settings)
    milvus = connection(settings)
    # As if killed between the pieces of a generation, and before those of its segment.
    milvus.write_files("mali_gen_000002", {"manifest.json": b"{}" * 100_000})
    milvus._client.delete("mali_gen_000002", ids=[0])
    milvus.write_files("mali_seg_000002_files", {})
    assert numbers(pull(settings)) == [1]
    (corpus_folder / "pont.md").unlink()
    assert build_shared(corpus_folder, embedder, settings) == 2
    assert serving(settings) == "gen-000002"
    assert "pont.md" not in {hit.article.id for one in searched(pull(settings), embedder)
                             for hit in one.hits}  # fmt: skip


def test_two_who_build_at_once_do_not_undo_each_other(
    corpus_folder: Path, embedder: TrigramEmbedder, settings: IndexSettings
) -> None:
    build_shared(corpus_folder, embedder, settings)
    other = settings.model_copy(update={"cache": settings.cache.parent / "other"})
    text = (corpus_folder / "pont.md").read_text("utf-8")

    def build_beside() -> None:
        with changing(other) as root:
            (corpus_folder / "pont.md").unlink()
            build([corpus_folder], embedder, root, Chunker())
            (corpus_folder / "pont.md").write_text(text.replace("douze", "treize"), "utf-8")
            assert build_shared(corpus_folder, embedder, settings) == 2

    with pytest.raises(BuildLocked, match=r"let gen-000002 serve meanwhile; run the command again"):
        build_beside()
    # Run again, it sees what was done meanwhile, and leaves the other's generation whole.
    (corpus_folder / "market.md").unlink()
    assert build_shared(corpus_folder, embedder, other) == 3
    for number in (2, 3):
        assert Generation.open(pull(settings), embedder, number).manifest.articles == 5 - number
    texts = [hit.text for one in searched(pull(settings), embedder) for hit in one.hits]
    assert any("treize" in text for text in texts)


def test_two_commands_on_one_machine_take_turns(
    corpus_folder: Path, embedder: TrigramEmbedder, settings: IndexSettings
) -> None:
    build_shared(corpus_folder, embedder, settings)
    (corpus_folder / "pont.md").unlink()
    with changing(settings) as root:
        build([corpus_folder], embedder, root, Chunker())
        with (
            pytest.raises(BuildLocked, match=r"another command is changing it from this machine"),
            changing(settings),
        ):
            raise AssertionError
    assert serving(settings) == "gen-000002"


def test_what_was_never_pushed_is_forgotten(
    corpus_folder: Path, embedder: TrigramEmbedder, settings: IndexSettings
) -> None:
    build_shared(corpus_folder, embedder, settings)
    (corpus_folder / "pont.md").unlink()
    with suppress(KeyboardInterrupt), changing(settings) as root:
        build([corpus_folder], embedder, root, Chunker())
        raise KeyboardInterrupt
    assert serving(settings) == "gen-000001"
    assert build_shared(corpus_folder, embedder, settings) == 2
    assert Generation.open(pull(settings), embedder).manifest.articles == 2


def test_a_first_push_that_did_not_end_does_not_stand_in_the_way(
    corpus_folder: Path, embedder: TrigramEmbedder, settings: IndexSettings
) -> None:
    build_shared(corpus_folder, embedder, settings)
    connection(settings)._client.drop_alias("mali")
    make_it_thirteen(corpus_folder)
    assert build_shared(corpus_folder, embedder, settings) == 2
    texts = [hit.text for one in searched(pull(settings), embedder) for hit in one.hits]
    assert any("treize" in text for text in texts)


def test_a_copy_of_an_index_that_was_begun_anew_becomes_the_new_one(
    corpus_folder: Path, embedder: TrigramEmbedder, settings: IndexSettings
) -> None:
    build_shared(corpus_folder, embedder, settings)
    assert "douze" in str(searched(pull(settings), embedder))
    milvus = connection(settings)
    milvus._client.drop_alias("mali")
    for name in milvus.collections():
        milvus.drop(name)
    make_it_thirteen(corpus_folder)
    other = settings.model_copy(update={"cache": settings.cache.parent / "other"})
    assert build_shared(corpus_folder, embedder, other) == 1
    found = str(searched(pull(settings), embedder))
    assert "treize" in found
    assert "douze" not in found


def test_a_program_of_another_format_removes_nothing_it_cannot_read(
    corpus_folder: Path,
    built: Path,
    embedder: TrigramEmbedder,
    settings: IndexSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    build_shared(corpus_folder, embedder, settings)
    with monkeypatch.context() as patch:
        patch.setattr("index.manifest.SCHEMA", SCHEMA - 1)
        with pytest.raises(Mismatch), changing(settings) as root:
            discard(root, 1)
        with pytest.raises(Mismatch):
            discard(built, 1)
        (corpus_folder / "broken.md").write_text("---\nno: title\n---\n", "utf-8")
        with pytest.raises(BrokenArticles):
            build([corpus_folder], embedder, built, Chunker())
    for root in (built, pull(settings)):
        assert Generation.open(root, embedder).manifest.articles == 3


def test_files_from_milvus_stay_in_their_folder(
    tmp_path: Path, corpus_folder: Path, embedder: TrigramEmbedder, settings: IndexSettings
) -> None:
    build_shared(corpus_folder, embedder, settings)
    milvus = connection(settings)
    files = milvus.read_files("mali_gen_000001")
    assert files
    milvus.write_files("mali_gen_000001", files | {"../../../out.txt": b"x"})
    other = settings.model_copy(update={"cache": tmp_path / "a" / "b"})
    with pytest.raises(GenerationError):
        Generation.open(pull(other), embedder)
    assert not list(tmp_path.rglob("out.txt"))
    milvus.write_files("mali_gen_000001", {})
    milvus._insert("mali_gen_000001", [{"number": 1, "vector": [1, 0], "name": "x", "piece": "x"}])
    milvus._client.delete("mali_gen_000001", ids=[0])
    milvus._insert("mali_gen_000001", [{"number": 0, "vector": [1, 0], "name": "", "piece": "1"}])
    with pytest.raises(Damaged, match="mali_gen_000001 holds no files"):
        milvus.read_files("mali_gen_000001")


def test_a_copy_that_cannot_be_written_is_told(
    tmp_path: Path, corpus_folder: Path, embedder: TrigramEmbedder, settings: IndexSettings
) -> None:
    build_shared(corpus_folder, embedder, settings)
    (tmp_path / "file").write_text("")
    other = settings.model_copy(update={"cache": tmp_path / "file"})
    with pytest.raises(SettingError, match=r"cannot be written .* with MALI_CACHE"):
        pull(other)


def test_a_vector_that_went_missing_is_told(
    corpus_folder: Path, embedder: TrigramEmbedder, settings: IndexSettings
) -> None:
    build_shared(corpus_folder, embedder, settings)
    milvus = connection(settings)
    [chunks] = [name for name in milvus.collections() if name.endswith("_chunks")]
    milvus._client.delete(chunks, ids=[0])
    with pytest.raises(GenerationError, match=r"or delete .*, which is only a copy"):
        Generation.open(pull(settings), embedder)
    segment = milvus.segment(chunks)
    with pytest.raises(Damaged, match=r"has no vector 0; build anew"):
        segment.vectors(np.array([0]))


def test_an_index_of_another_format_is_told_and_built_anew(
    corpus_folder: Path,
    embedder: TrigramEmbedder,
    settings: IndexSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    build_shared(corpus_folder, embedder, settings)
    monkeypatch.setattr("index.manifest.SCHEMA", SCHEMA + 1)
    monkeypatch.setattr("index.build.SCHEMA", SCHEMA + 1)
    reader = settings.model_copy(update={"cache": settings.cache.parent / "reader"})
    with pytest.raises(Mismatch, match=r"index format .*mali-index build --force --index .*\.db"):
        Generation.open(pull(reader), embedder)
    assert build_shared(corpus_folder, embedder, settings) == 2
    assert numbers(pull(reader)) == [1, 2]  # programs of before read the first on
    assert searched(pull(reader), embedder)[0].hits


def test_after_milvus_was_started_anew_an_open_index_answers_on(
    corpus_folder: Path, embedder: TrigramEmbedder, settings: IndexSettings
) -> None:
    build_shared(corpus_folder, embedder, settings)
    retriever = Retriever(Generation.open(pull(settings), embedder), embedder)
    before = retriever.search("Was kostete der Brunnen?", "de")
    milvus = connection(settings)
    for name in milvus.collections():
        milvus._client.release_collection(name)
    assert same([retriever.search("Was kostete der Brunnen?", "de")], [before])


def test_nothing_there_is_told(embedder: TrigramEmbedder, settings: IndexSettings) -> None:
    with pytest.raises(NotBuilt, match=r"no index here yet.*mali-index build --index .*\.db"):
        serving(settings)
    with pytest.raises(NotBuilt):
        Generation.open(pull(settings), embedder)


@pytest.mark.parametrize(
    "written",
    [
        "milvus+http://host:19530",
        "http://host:19530/mali",
        "milvus://x/y",
        "milvus+http://h/a-b",
        "milvus+http://host:port/mali",
        "milvus+http://host:99999999/mali",
        "milvus+http://[::1/mali",
    ],
)
def test_an_address_that_is_none_is_told(written: str) -> None:
    with pytest.raises(SettingError, match=r"expected milvus\+http://host:19530/name"):
        Address.read(written)


def test_a_password_in_an_address_is_refused_and_not_shown() -> None:
    with pytest.raises(SettingError, match="MALI_MILVUS_TOKEN=user:password") as caught:
        Address.read("milvus+http://me:hushhush@host:19530/mali")
    assert "hushhush" not in str(caught.value)


def test_addresses_are_read() -> None:
    assert Address.read(".index") is None
    assert Address.read("/srv/index") is None
    assert Address.read("milvus+https://db.example.org/news_2") == Address(
        "https://db.example.org", "news_2"
    )


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    settings = IndexSettings(index="milvus+http://127.0.0.1:1/mali", cache=tmp_path)
    with pytest.raises(Unreachable, match=r"127.0.0.1:1/mali: Milvus does not do as asked"):
        pull(settings)


def test_without_the_client_the_way_to_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    with pytest.raises(SettingError, match=r"pip install 'mali-bot\[milvus\]'"):
        pull(IndexSettings(index=str(tmp_path / "new.db"), cache=tmp_path))


def test_on_the_real_articles_both_stores_answer_alike(
    shared: Path, real_index: Path, real_model: SentenceEmbedder, settings: IndexSettings
) -> None:
    build_shared(shared / "articles", real_model, settings)
    asked = [one.question for one in read_set("articles-dev")]
    engines = (
        Engine.over(real_model, BotSettings(index=str(root)))
        for root in (real_index, pull(settings))
    )
    ours, theirs = ([engine.ask(question) for question in asked] for engine in engines)
    assert sum(one.answered for one in ours) > len(asked) / 4
    for one, other in zip(ours, theirs, strict=True):
        assert (one.answered, one.citations and one.citations[0].text) == (
            other.answered,
            other.citations and other.citations[0].text,
        )
        assert [c.start for c in one.citations] == [c.start for c in other.citations]


def test_the_commands_build_ask_and_go_back(corpus_folder: Path, tmp_path: Path) -> None:
    def run(*command: str) -> subprocess.CompletedProcess[str]:
        environment = {"MALI_INDEX": str(tmp_path / "own.db"), "MALI_CACHE": str(tmp_path / "copy")}
        return subprocess.run(  # noqa: S603
            [sys.executable, "-m", *command],
            cwd=Path(__file__).parents[2],
            env={"PATH": "/usr/bin:/bin"} | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    build_it = ("index", "build", "--corpus", str(corpus_folder))
    first = run(*build_it)
    assert first.returncode == 0, first.stderr
    assert "own.db: 3 articles" in first.stderr
    asked = run("bot", "ask", "Was kostete der Brunnen in Sanga?")
    assert "4000\nEuro" in asked.stdout or "4000 Euro" in asked.stdout, asked
    assert "Traceback" not in first.stderr + asked.stderr
    (corpus_folder / "pont.md").unlink()
    assert run(*build_it).returncode == 0
    assert "generation 1 of" in run("index", "rollback").stderr
    assert "3 articles" in run("index", "info").stdout.replace("articles           3", "3 articles")
