"""Builds that cost what changed, and answer as one from nothing would."""

import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.build import Built, build
from index.chunk import Chunker
from index.embed import Vectors
from index.errors import BrokenArticles, CorpusError, IndexingError
from index.generation import Generation
from index.manifest import name_of, numbers, read_manifest
from index.retrieve import Query, Retriever
from tests.conftest import MARKET, WELL, WELL_FRENCH, WELL_GERMAN, TrigramEmbedder

QUESTIONS = [
    Query("Was kostete der Brunnen in Sanga?", "de"),
    Query("Wie tief ist der Brunnen von Bandi?", "de", reader="fr"),
    Query("When is market day?", "en"),
    Query("Quelle profondeur a le puits en 1931 ?", "fr"),
]


@dataclass(frozen=True)
class Counting(TrigramEmbedder):
    """Notes what it is given to embed for the index."""

    asked: list[str] = field(default_factory=list)

    def embed_passages(self, texts: list[str]) -> Vectors:
        self.asked.extend(texts)
        return super().embed_passages(texts)

    def embed_questions(self, texts: list[str]) -> Vectors:
        return super().embed_passages(texts)


def update(corpus: Path, root: Path, embedder: TrigramEmbedder | None = None) -> Built:
    return build([corpus], embedder or TrigramEmbedder(), root, Chunker(), skip_broken=True)


def said(root: Path) -> list[list[tuple[object, ...]]]:
    """All that hits say, but not by which numbers the index knows them."""
    embedder = TrigramEmbedder()
    generation = Generation.open(root, embedder)
    try:
        return [
            [
                (
                    hit.article.id,
                    hit.article.title,
                    hit.chunk.start,
                    hit.text,
                    hit.score,
                    hit.dense,
                    hit.lexical,
                    *(one.score for one in hit.sentences),
                )
                for hit in found.hits
            ]
            for found in Retriever(generation, embedder).search_many(QUESTIONS, 20)
        ]
    finally:
        generation.store.close()


NAMES = ("a.md", "b.md", "c.md", "deep/d.md", "e.de.md", "e.fr.md")
TEXTS = (
    WELL,
    MARKET,
    MARKET.replace("Monday", "Sunday"),
    WELL.replace("4000", "5000"),
    WELL.replace("lang: de", "lang: de\nwithdrawn: 2024-01-02"),
    WELL_GERMAN,
    WELL_GERMAN.replace("dreißig", "vierzig"),
    WELL_FRENCH,
    WELL_FRENCH.replace("trente", "quarante"),
    "no front matter",
)
ALIASES = ("- {name: Brunnen, fr: [puits]}", "- {name: Markt, en: [market], de: [Wochenmarkt]}")
EDITS = st.one_of(
    st.tuples(st.sampled_from(NAMES), st.none() | st.sampled_from(TEXTS)),
    st.tuples(st.just("aliases.yaml"), st.none() | st.sampled_from(ALIASES)),
)


@settings(max_examples=25)
@given(st.lists(st.lists(EDITS, min_size=1, max_size=3), min_size=1, max_size=6))
def test_after_any_edits_the_index_answers_as_one_built_from_nothing(
    rounds: list[list[tuple[str, str | None]]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        corpus, root, fresh = (Path(folder) / name for name in ("corpus", "index", "fresh"))
        (corpus / "deep").mkdir(parents=True)
        (corpus / "market.md").write_text(MARKET, "utf-8")
        for edits in rounds:
            for name, text in edits:
                if text is None:
                    (corpus / name).unlink(missing_ok=True)
                else:
                    (corpus / name).write_text(text, "utf-8")
            built = update(corpus, root)
            assert not update(corpus, root).fresh
            from_nothing = update(corpus, fresh / str(built.manifest.number))
            assert built.manifest.articles == from_nothing.manifest.articles
            assert built.manifest.chunks == from_nothing.manifest.chunks
            assert said(root) == said(fresh / str(built.manifest.number))


def test_only_what_changed_is_embedded(corpus_folder: Path, tmp_path: Path) -> None:
    root, embedder = tmp_path / "index", Counting()
    update(corpus_folder, root, embedder)
    embedder.asked.clear()
    path = corpus_folder / "pont.md"
    path.write_text(path.read_text("utf-8").replace("douze", "treize"), "utf-8")
    built = update(corpus_folder, root, embedder)
    assert (built.added, built.changed, built.removed) == ((), ("pont.md",), ())
    assert any("treize millions" in text for text in embedder.asked)
    assert not any("Brunnen" in text or "market" in text for text in embedder.asked)
    embedder.asked.clear()
    path.unlink()
    assert update(corpus_folder, root, embedder).removed == ("pont.md",)
    assert not any("Brunnen" in text or "pont" in text for text in embedder.asked)


def test_new_names_are_found_without_embedding_anything(
    corpus_folder: Path, tmp_path: Path
) -> None:
    root, embedder = tmp_path / "index", Counting()
    update(corpus_folder, root, embedder)
    embedder.asked.clear()
    (corpus_folder / "aliases.yaml").write_text("- {name: Brunnen, also: [Zisterne]}", "utf-8")
    built = update(corpus_folder, root, embedder)
    assert (built.fresh, built.added, built.changed, built.removed) == (True, (), (), ())
    assert embedder.asked == ["Mali"]  # to learn the dimension
    generation = Generation.open(root, embedder)
    found = Retriever(generation, embedder).search("Zisterne", "de").hits[0]
    assert "Brunnen" in found.text
    assert found.lexical > 0
    generation.store.close()
    (corpus_folder / "aliases.yaml").write_text("- {name: Brunnen, also: Zisterne}", "utf-8")
    with pytest.raises(IndexingError, match=r"aliases.yaml: entry 0.also: .*; expected name"):
        update(corpus_folder, root, embedder)


def test_segments_stay_few_and_shared(corpus_folder: Path, tmp_path: Path) -> None:
    root = tmp_path / "index"
    for number in range(30):
        text = MARKET.replace("Bandi", f"Ort {number}")
        (corpus_folder / f"{number}.md").write_text(text, "utf-8")
        manifest = update(corpus_folder, root).manifest
        assert len(manifest.segments) <= 4
    assert manifest.articles == 33
    assert len(manifest.segments) > 1
    assert len(numbers(root)) == 5
    kept = [read_manifest(root / name_of(number)) for number in numbers(root)]
    named = {segment.name for manifest in kept for segment in manifest.segments}
    assert {path.name for path in root.glob("seg-*")} == named


def test_a_broken_file_is_left_out_once_and_told_each_time(
    corpus_folder: Path, tmp_path: Path
) -> None:
    (corpus_folder / "broken.md").write_text("no front matter")
    with pytest.raises(BrokenArticles):
        build([corpus_folder], TrigramEmbedder(), tmp_path / "index", Chunker())
    first, second = (update(corpus_folder, tmp_path / "index") for _ in range(2))
    assert (first.fresh, second.fresh) == (True, False)
    assert len(first.broken) == len(second.broken) == 1


def test_a_file_changed_within_a_second_keeping_its_size_is_noticed(
    corpus_folder: Path, tmp_path: Path
) -> None:
    path = corpus_folder / "market.md"
    for word in ("Monday", "Sunday", "Friday"):
        path.write_text(MARKET.replace("Friday", word), "utf-8")
        assert update(corpus_folder, tmp_path / "index").fresh


@pytest.mark.parametrize("content", ["", "[]", "nonsense", '{"a": 1}', '{"a": ["x", 2, 3]}'])
def test_a_broken_note_of_what_was_seen_costs_only_time(
    corpus_folder: Path, built: Path, content: str
) -> None:
    (built / "seen.json").write_text(content)
    assert not update(corpus_folder, built).fresh


class Refused(IndexingError):
    pass


def test_a_gate_keeps_a_generation_from_serving(
    corpus_folder: Path, built: Path, embedder: TrigramEmbedder
) -> None:
    def gate(generation: Generation) -> None:
        assert generation.manifest.articles == 2
        raise Refused

    (corpus_folder / "pont.md").unlink()
    with pytest.raises(Refused):
        build([corpus_folder], embedder, built, Chunker(), gate=gate)
    assert Generation.open(built, embedder).manifest.articles == 3
    assert numbers(built) == [1]
    assert [path.name[:10] for path in built.glob("seg-*")] == ["seg-000001"]


def test_no_usable_article_is_told(corpus_folder: Path, tmp_path: Path) -> None:
    for path in corpus_folder.iterdir():
        path.write_text("no front matter")
    with pytest.raises(CorpusError, match="no article can be used"):
        update(corpus_folder, tmp_path / "index")


def test_another_model_embeds_everything_again(corpus_folder: Path, built: Path) -> None:
    embedder = replace(Counting(), fingerprint="other")
    update(corpus_folder, built, embedder)
    assert any("Brunnen" in text for text in embedder.asked)
