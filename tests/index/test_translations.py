"""Translations beside their original, and articles that were corrected or withdrawn."""

from pathlib import Path

import pytest

from index.article import Article
from index.build import build
from index.chunk import Chunker
from index.corpus import Corpus, read_corpus
from index.dates import Days
from index.errors import BrokenArticles, CorpusError
from index.generation import Generation
from index.retrieve import Found, Query, Retriever
from index.words import Language
from tests.conftest import MARKET, WELL, WELL_FRENCH, WELL_GERMAN, TrigramEmbedder

QUESTIONS: dict[Language, str] = {
    "de": "Wie tief ist der Brunnen von Bandi?",
    "en": "How deep is the well of Bandi?",
    "fr": "Combien de mètres de profondeur a le puits de Bandi ?",
}


def retriever(folder: Path, embedder: TrigramEmbedder, **files: str) -> Retriever:
    corpus = folder / "corpus"
    corpus.mkdir()
    for name, text in files.items():
        (corpus / name.replace("_", ".")).write_text(text, "utf-8")
    build([corpus], embedder, folder / "index", Chunker(), lambda *_: None)
    return Retriever(Generation.open(folder / "index", embedder), embedder)


@pytest.fixture
def bilingual(tmp_path: Path, embedder: TrigramEmbedder) -> Retriever:
    return retriever(
        tmp_path, embedder, well_de_md=WELL_GERMAN, well_fr_md=WELL_FRENCH, market_md=MARKET
    )


def first(found: Found) -> str:
    return found.hits[0].article.id


@pytest.mark.parametrize(
    ("asked", "reader", "shown"),
    [
        ("de", "de", "well.de.md"),
        ("fr", "fr", "well.fr.md"),
        ("de", "fr", "well.fr.md"),
        ("fr", "de", "well.de.md"),
        ("fr", "en", "well.de.md"),  # no English version: the original
    ],
)
def test_the_version_shown_is_the_reader_s(
    bilingual: Retriever, asked: Language, reader: Language, shown: str
) -> None:
    found = bilingual.search_many([Query(QUESTIONS[asked], asked, reader=reader)])[0]
    assert first(found) == shown
    versions = {"well.de.md", "well.fr.md"}
    assert {hit.article.id for hit in found.hits} & versions == {shown}
    assert len({hit.chunk.number for hit in found.hits}) == len(found.hits)
    assert (
        "30" in found.hits[0].text
        or "dreißig" in found.hits[0].text
        or ("trente" in found.hits[0].text)
    )


def test_a_translation_names_its_original_and_is_not_counted(bilingual: Retriever) -> None:
    store = bilingual.generation.store
    translated = {store.article(n).id for n in range(3) if store.article(n).translated}
    assert translated == {"well.fr.md"}
    assert store.overview().articles == 2
    assert [one.id for one in store.latest(9)] == ["market.md", "well.de.md"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (WELL_FRENCH.replace("Il a été creusé en 1931.", ""), "1 paragraphs and headings, but 2"),
        (WELL_FRENCH.replace("lang: fr", "lang: de"), "lang 'de' in a file whose name says 'fr'"),
    ],
)
def test_a_translation_that_does_not_fit_is_told(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "well.de.md").write_text(WELL_GERMAN, "utf-8")
    (tmp_path / "well.fr.md").write_text(text, "utf-8")
    with pytest.raises(BrokenArticles) as caught:
        read_corpus(tmp_path)
    assert said in str(caught.value)
    kept = Corpus.scan([tmp_path]).read()
    assert [article.id for article in kept.articles] == ["well.de.md"]


def test_a_withdrawn_article_is_listed_but_never_found(
    tmp_path: Path, embedder: TrigramEmbedder
) -> None:
    withdrawn = WELL.replace("lang: de", "lang: de\nwithdrawn: 2024-01-02\nnote: Irrtum")
    found = retriever(tmp_path, embedder, well_md=withdrawn, market_md=MARKET)
    hits = found.search("Was kostete der Brunnen in Sanga?", "de").hits
    assert {hit.article.id for hit in hits} == {"market.md"}
    [listed] = [one for one in found.generation.store.latest(9) if one.id == "well.md"]
    assert (str(listed.withdrawn), listed.note) == ("2024-01-02", "Irrtum")
    assert found.generation.store.overview().articles == 1


def test_nothing_left_to_cite_is_told(tmp_path: Path, embedder: TrigramEmbedder) -> None:
    withdrawn = WELL.replace("lang: de", "lang: de\nwithdrawn: 2024-01-02")
    with pytest.raises(CorpusError, match="every article is withdrawn"):
        retriever(tmp_path, embedder, well_md=withdrawn)


def test_a_correction_is_kept(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(WELL.replace("lang: de", "lang: de\ncorrected: 2024-01-02"))
    assert str(Article.read(tmp_path / "a.md", tmp_path).corrected) == "2024-01-02"


def test_only_passages_of_the_period_count(bilingual: Retriever) -> None:
    def ids(days: Days) -> set[str]:
        found = bilingual.search_many([Query("Bandi", "de", days)])[0]
        return {hit.article.id for hit in found.hits}

    assert ids(Days.of_year(2019)) == {"market.md"}  # named in the text
    assert ids(Days.of_year(1931)) == {"well.de.md"}
    assert ids(Days.of_year(2021)) == {"market.md", "well.de.md"}  # dated so
    assert ids(Days.of_year(1900)) == set()
