"""Hits: the right ones first, with scores that mean the same everywhere."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index.build import build
from index.chunk import Chunker
from index.confidence import confidence
from index.cross_encoder import shipped
from index.embed import SentenceEmbedder, Vectors
from index.generation import Generation
from index.pieces import Pieces, Rounded
from index.reader import Reader
from index.retrieve import (
    LEAD_WEIGHT,
    LEXICAL_WEIGHT,
    LIKENESS_WEIGHT,
    READ_DEPTH,
    Found,
    Query,
    Retriever,
)
from tests.bench.fusion import scored
from tests.bench.questions import read_set
from tests.conftest import TrigramEmbedder


@pytest.fixture
def retriever(built: Path, embedder: TrigramEmbedder) -> Retriever:
    return Retriever(Generation.open(built, embedder), embedder)


def places(found: Found) -> list[tuple[str, int, float]]:
    return [(hit.article.id, hit.chunk.start, hit.score) for hit in found.hits]


@pytest.mark.parametrize(
    ("question", "article"),
    [
        ("Was kostete der Brunnen?", "brunnen.md"),
        ("market moved to monday", "market.md"),
        ("Combien ont coûté les travaux du pont ?", "pont.md"),
    ],
)
def test_the_article_on_it_comes_first(retriever: Retriever, question: str, article: str) -> None:
    assert retriever.search(question, "de").hits[0].article.id == article


def test_the_very_words_of_a_chunk_find_it_first(retriever: Retriever) -> None:
    for number in range(retriever.generation.manifest.chunks):
        chunk = retriever.generation.store.chunk(number)
        article = retriever.generation.store.article(chunk.article)
        quote = article.text[chunk.start : chunk.end]
        assert retriever.search(quote, article.lang).hits[0].text == quote


def test_a_score_is_made_of_its_parts_and_orders_hits(retriever: Retriever) -> None:
    hits = retriever.search("Was kostete der Brunnen in Sanga?", "de").hits
    for hit in hits:
        words = LEXICAL_WEIGHT * hit.lexical + LIKENESS_WEIGHT * hit.likeness
        assert hit.score == pytest.approx(hit.dense + words + LEAD_WEIGHT * hit.lead, abs=1e-5)
        assert hit.text == hit.article.text[hit.chunk.start : hit.chunk.end]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_who_asks_for_a_topic_gets_how_the_article_on_it_begins(
    corpus_folder: Path, tmp_path: Path, embedder: TrigramEmbedder
) -> None:
    filler = "Der Streit in Zefa dauerte lange. In Zefa war der Streit laut. Zefa blieb Zefa.\n\n"
    lead = "Zwei Familien haben 2021 in Zefa um ein Feld gestritten, bis der Rat es teilte.\n\n"
    article = '---\ntitle: "Streit in Zefa"\ndate: 2021-04-01\nlang: de\n---\n\n'
    (corpus_folder / "zefa.md").write_text(article + lead + filler * 9, "utf-8")
    build([corpus_folder], embedder, tmp_path / "zefa", Chunker())
    retriever = Retriever(Generation.open(tmp_path / "zefa", embedder), embedder)
    for topic in ("Streit in Zefa", "Zefa"):
        best = retriever.search(topic, "de").hits[0]
        assert best.text.startswith("Zwei Familien")
        assert best.lead > 0.9
    first = max(best.sentences, key=lambda one: one.score)
    assert best.article.text[first.span.start :].startswith("Zwei Familien")
    about_more = retriever.search("Wie laut war der Streit in Zefa, und blieb Zefa dort?", "de")
    assert not about_more.hits[0].text.startswith("Zwei Familien")
    assert {hit.lead for hit in about_more.hits if "Zwei Familien" not in hit.text} == {0.0}


def test_who_is_in_no_article_is_said_to_be_in_none(
    corpus_folder: Path, tmp_path: Path, embedder: TrigramEmbedder
) -> None:
    people = ("Awa Diarra", "Awa Konta", "Oumu Diarra", "Oumu Konta", "Sekou Belem")
    for number, person in enumerate(people):
        head = f'---\ntitle: "Rat {number}"\nlang: de\n---\n\n'
        text = f"Im Rat sprach {person} über Schafe. Dann ging {person} heim.\n"
        (corpus_folder / f"rat-{number}.md").write_text(f"{head}{text}", "utf-8")
    build([corpus_folder], embedder, tmp_path / "people", Chunker())
    retriever = Retriever(Generation.open(tmp_path / "people", embedder), embedder)
    known, unknown = retriever.search_many(
        [Query("Was sagte Oumu Diarra?", "de"), Query("Was sagte Oumu Belem?", "de")]
    )
    assert known.unheard == ()
    assert [one.name for one in unknown.unheard] == ["Oumu Belem"]
    assert confidence(known) > confidence(unknown) == 0.0


def test_what_is_told_of_a_namesake_is_not_told_of_who_is_asked_for(
    corpus_folder: Path, tmp_path: Path, embedder: TrigramEmbedder
) -> None:
    texts = [
        "Awa Diarra starb am 4. Mai 2019 in Sevare. Der Tod von Awa Diarra kam früh.",
        "Oumu Diarra sprach im Rat. Diarra lebt in Kona.\n\nIhr Bruder Awa Diarra starb 2019 dort.",
        "Im Rat saß Sekou Belem. Auch Sekou Konta kam. Belem starb 2020.",
        "Oumu Konta und Awa Konta blieben fern. Belem starb 2021.",
    ]
    for number, text in enumerate(texts):
        head = f'---\ntitle: "Rat {number}"\nlang: de\n---\n\n'
        (corpus_folder / f"rat-{number}.md").write_text(f"{head}{text}\n", "utf-8")
    build([corpus_folder], embedder, tmp_path / "people", Chunker(2, 0))
    retriever = Retriever(Generation.open(tmp_path / "people", embedder), embedder)

    def told(question: str) -> set[str]:
        found = retriever.search(question, "de")
        return set() if found.beside else {hit.text.split("\n")[0] for hit in found.hits}

    asked = told("Wann starb Oumu Diarra?")
    assert any("Oumu Diarra" in one for one in asked)
    assert not any("Awa Diarra starb" in one for one in asked)
    assert any("Awa Diarra starb am" in one for one in told("Wann starb Awa Diarra?"))
    # A surname alone is whoever's the article names, or else may be anybody's.
    assert any("Belem starb 2021" in one for one in told("Wann starb Sekou Belem?"))
    nobody = retriever.search("Wann starb Oumu Belem?", "de")
    assert [one.name for one in nobody.unheard] == ["Oumu Belem"]


def test_how_things_stand_is_told_by_what_tells_of_the_last_days(
    corpus_folder: Path, tmp_path: Path, embedder: TrigramEmbedder
) -> None:
    told = {
        "2025-05-01": "Im Mai 2012 hielt der Rat der Alten den Hügel von Zefa.",
        "2021-04-01": "Im März 2021 hielt der Rat der Jungen den Hügel von Zefa.",
    }
    for published, sentence in told.items():
        head = f'---\ntitle: "Zefa"\ndate: {published}\nlang: de\n---\n\n'
        (corpus_folder / f"{published}.md").write_text(head + sentence + "\n", "utf-8")
    undated = '---\ntitle: "Zefa"\nlang: de\n---\n\nDer Rat hielt den Hügel von Zefa.\n'
    (corpus_folder / "undated.md").write_text(undated, "utf-8")
    build([corpus_folder], embedder, tmp_path / "zefa", Chunker())
    retriever = Retriever(Generation.open(tmp_path / "zefa", embedder), embedder)
    asked = Query("Wer hält den Hügel von Zefa?", "de")
    then, now = retriever.search_many([asked, replace(asked, now=True)])
    scores = [{hit.article.id: hit.score for hit in found.hits} for found in (then, now)]
    assert now.hits[0].article.id == "2021-04-01.md"
    assert scores[1]["2021-04-01.md"] > scores[1]["2025-05-01.md"]
    lost = {name: scores[0][name] - score for name, score in scores[1].items()}
    assert lost["pont.md"] == pytest.approx(0, abs=1e-5)  # of 2022, and the newest of all
    assert 0 < lost["2021-04-01.md"] < lost["2025-05-01.md"] == pytest.approx(lost["undated.md"])


def test_the_newest_articles_are_given_by_how_they_begin(retriever: Retriever) -> None:
    found = retriever.newest("de", 2)
    assert [hit.article.id for hit in found.hits] == ["pont.md", "market.md"]
    assert found.newest
    assert all(hit.chunk.start <= hit.article.text.index(hit.text) for hit in found.hits)
    assert len(retriever.newest("fr", 100).hits) == 3


def test_a_name_is_found_under_a_form_that_looks_unlike(
    corpus_folder: Path, tmp_path: Path, embedder: TrigramEmbedder
) -> None:
    names = "- name: Sanga\n  fr: [QZX]\n  also: [Dorf am Berg]\n"
    (corpus_folder / "aliases.yaml").write_text(names, "utf-8")
    build([corpus_folder], embedder, tmp_path / "named", Chunker())
    retriever = Retriever(Generation.open(tmp_path / "named", embedder), embedder)
    usual, other = (retriever.search(f"Brunnen {one}", "de").hits for one in ("Sanga", "QZX"))
    # Another language's abbreviation is searched as the name it stands for.
    assert other[0].text == usual[0].text
    assert (other[0].dense, other[0].likeness) == (usual[0].dense, usual[0].likeness)
    french = retriever.search("QZX", "fr").hits
    assert [hit.likeness == 1 for hit in french] == [
        hit.article.id == "brunnen.md" for hit in french
    ]
    unnamed = retriever.search("XQZ", "fr").hits
    assert not any(hit.likeness == 1 for hit in unnamed)


def test_asking_for_more_than_there_is_gives_all_there_is(retriever: Retriever) -> None:
    hits = retriever.search("Brunnen", "de", count=10_000).hits
    assert len(hits) == retriever.generation.manifest.chunks
    assert len({hit.chunk.number for hit in hits}) == len(hits)
    assert retriever.search_many([]) == []


def test_a_question_without_a_known_word_still_has_nearest_chunks(retriever: Retriever) -> None:
    found = retriever.search("Xylophonquartett", "de")
    assert found.hits
    assert not any(hit.lexical for hit in found.hits)


@pytest.mark.parametrize(
    ("question", "strange"),
    [
        ("Wer ist Ronaldo?", True),
        ("Wer ist Ronaldo in Sanga?", False),
        ("Was kostete der Brunen?", False),  # misspelt
        ("Was ist das?", False),  # nothing but question words
    ],
)
def test_words_that_no_article_has_are_strange(
    retriever: Retriever, question: str, strange: bool
) -> None:
    assert retriever.search(question, "de").strange is strange


def test_in_a_language_that_no_article_is_in_all_words_may_be_new(
    corpus_folder: Path, tmp_path: Path, embedder: TrigramEmbedder
) -> None:
    (corpus_folder / "market.md").unlink()
    build([corpus_folder], embedder, tmp_path / "other", Chunker())
    retriever = Retriever(Generation.open(tmp_path / "other", embedder), embedder)
    assert not retriever.search("Who is Ronaldo?", "en").strange
    assert retriever.search("Qui est Ronaldo ?", "fr").strange


def test_other_articles_do_not_change_a_dense_score(
    retriever: Retriever, corpus_folder: Path, tmp_path: Path, embedder: TrigramEmbedder
) -> None:
    for path in corpus_folder.iterdir():
        if path.name != "brunnen.md":
            path.unlink()
    root = tmp_path / "alone"
    build([corpus_folder], embedder, root, Chunker(), lambda *_: None)
    alone = Retriever(Generation.open(root, embedder), embedder)
    question = "Was kostete der Brunnen in Sanga?"
    first, second = (r.search(question, "de").hits[0] for r in (retriever, alone))
    assert first.text == second.text
    assert first.dense == pytest.approx(second.dense, abs=1e-5)


def test_threads_get_what_one_alone_gets(retriever: Retriever) -> None:
    questions = ["Was kostete der Brunnen?", "market day", "le pont", "Wasser", "xyz"] * 8
    expected = [places(retriever.search(question, "de")) for question in questions]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda q: places(retriever.search(q, "de")), questions))
    assert found == expected


def test_hybrid_never_falls_below_its_better_half(
    shared: Path, real_model: SentenceEmbedder
) -> None:
    """By at most 0.01 MRR, in each direction, on each half of the development questions."""
    for one in scored(real_model, shared / "eval"):
        for part in (one, one.half(second=False), one.half(second=True)):
            dense, lexical, _, hybrid = (result.mrr or 0.0 for result in part.results())
            assert hybrid >= max(dense, lexical) - 0.01, (part.name, dense, lexical, hybrid)


def test_every_hit_on_the_real_articles_is_verbatim(
    shared: Path, real_index: Path, real_model: SentenceEmbedder
) -> None:
    retriever = Retriever(Generation.open(real_index, real_model), real_model)
    for hit in retriever.search("Mali", "de", count=1000).hits:
        text = (shared / "articles" / hit.article.id).read_bytes().decode("utf-8")
        assert text[hit.chunk.start : hit.chunk.end] == hit.text
        assert np.isfinite(hit.score)


def test_a_passage_is_read_under_its_headline(tmp_path: Path, real_model: SentenceEmbedder) -> None:
    """The same words of two places: only the titles say of which they are."""
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for name in ("Bandi", "Kolo"):
        text = f"---\ntitle: Überschwemmung in {name}\nlang: de\n---\n\n"
        text += "Bei dem Hochwasser starben zwölf Menschen, sagte der Bürgermeister.\n"
        (corpus / f"{name}.md").write_text(text, "utf-8")
    build([corpus], real_model, tmp_path / "index", Chunker())
    retriever = Retriever(Generation.open(tmp_path / "index", real_model), real_model)
    question = "Wie viele starben beim Hochwasser in Kolo?"
    hits = retriever.search(question, "de").hits
    alone = [retriever.read(question, "de", [hit])[0] for hit in hits]
    read = {hit.article.id: hit.read for hit in alone}
    assert read["Kolo.md"] > read["Bandi.md"] + 1


def test_passages_far_behind_the_best_are_not_read(
    shared: Path, real_index: Path, real_model: SentenceEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    retriever = Retriever(Generation.open(real_index, real_model), real_model)
    given: list[int] = []

    def read(reader: Reader, asked: Pieces, passages: Sequence[Sequence[Rounded]]) -> Vectors:
        given.append(len(passages))
        return np.linspace(2, 1, len(passages), dtype=np.float32)

    monkeypatch.setattr(Reader, "read", read)
    near, far = retriever.search("Mali", "de", count=30).hits[::29]
    ranked = retriever.read("Mali", "de", [near, far, far, near])
    assert near.score - far.score > READ_DEPTH
    assert given[-1] == 2
    assert [hit.read for hit in ranked] == [2, 1, 1, 1]  # what is not read, as the worst


def test_questions_searched_together_find_what_each_finds_alone(
    shared: Path, real_index: Path, real_model: SentenceEmbedder
) -> None:
    retriever = Retriever(Generation.open(real_index, real_model), real_model)
    asked = [Query(one.question, one.language) for one in read_set("articles-dev")[::6]]
    together = retriever.search_many(asked)
    for query, found in zip(asked, together, strict=True):
        [alone] = retriever.search_many([query])
        assert found.words == alone.words
        # A vector's last digits differ with the texts beside it, and with them what is read last.
        best, same = found.hits[0], alone.hits[0]
        assert best.chunk == same.chunk
        assert best.score == pytest.approx(same.score, abs=0.01)
        assert best.read == pytest.approx(same.read, abs=0.1)


def test_a_doubtful_best_passage_is_read_once_more(
    tmp_path: Path, real_model: SentenceEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    text = "---\ntitle: Brunnen\ndate: 2020-03-05\nlang: de\n---\n\n{} grub ihn. {} zahlte.\n"
    for name in ("Bandi", "Kolo"):
        (corpus / f"{name}.md").write_text(text.format(name, name), "utf-8")
    build([corpus], real_model, tmp_path / "index", Chunker())
    retriever = Retriever(Generation.open(tmp_path / "index", real_model), real_model)
    question = "Was zahlte Kolo?"
    monkeypatch.setattr("index.retrieve.doubtful", lambda _: False)
    wanted = Query.of(question, "de", check=True)
    [sure] = retriever.search_many([wanted])
    monkeypatch.setattr("index.retrieve.doubtful", lambda _: True)
    for found in (sure, retriever.search(question, "de")):
        assert [hit.checked for hit in found.hits] == [None, None]
    best, other = retriever.search_many([wanted])[0].hits
    sentences = [best.article.text[o.span.start : o.span.end] for o in best.sentences]
    assert best.checked == shipped().read(question, ["Brunnen (2020-03-05)", *sentences])
    assert other.checked is None


def test_without_the_model_it_was_weighed_with_nothing_is_read_once_more(
    retriever: Retriever, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.retrieve.doubtful", lambda _: True)
    [found] = retriever.search_many([Query.of("Brunnen", "de", check=True)])
    assert found.hits[0].checked is None
