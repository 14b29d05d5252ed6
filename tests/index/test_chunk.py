"""Sentences and chunks are verbatim, complete, and keep a claim with its claimant."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from index.article import Article
from index.attribution import claim_start
from index.chunk import MAX_CHARS, Chunker
from index.corpus import read_corpus
from index.sentence import MAX_SENTENCE, split_sentences
from index.words import Language

# Texts with what makes splitting hard: headings, quotes, blank lines, ordinals, endless words.
hard = st.lists(
    st.one_of(
        st.text(max_size=60),
        st.sampled_from(
            [
                "\n\n",
                "\n# ",
                ". ",
                '"',
                "„",
                "“",
                " 13. Mai ",
                ": ",
                "x" * 700,
                "\r\n",
                "🙂",
                "\u200b",
            ]
        ),
    ),
    max_size=30,
).map("".join)


def article_of(text: str, lang: Language = "de") -> Article:
    return Article(id="a", text=text, body_start=0, title="T", lang=lang)


@given(hard)
@example("Am 13. Mai war Ruhe.\n\nRuhe\n\nDann nicht mehr.")
def test_sentences_are_in_order_and_skip_only_white_space(text: str) -> None:
    sentences = split_sentences(text, 0, "de")
    position = 0
    for sentence in sentences:
        assert not text[position : sentence.start].strip(
            " \t\r\n\f\v\u00a0\u200b\ufeff\x1c\x1d\x1e\x1f\x85"
        )
        assert sentence.start < sentence.end <= sentence.start + MAX_SENTENCE + 80
        position = sentence.end
    assert not text[position:].strip(" \t\r\n\f\v\u00a0\u200b\ufeff\x1c\x1d\x1e\x1f\x85")


@given(hard, st.integers(1, 5), st.data())
def test_chunks_are_verbatim_and_hold_every_sentence_that_fits(
    text: str, size: int, data: st.DataObject
) -> None:
    overlap = data.draw(st.integers(0, size - 1))
    article = article_of(text)
    cut = Chunker(size, overlap).cut(article)
    held: set[int] = set()
    for chunk in cut.chunks:
        assert article.text[chunk.start : chunk.end] == chunk.text
        assert 0 < len(chunk.text) <= MAX_CHARS
        numbers = range(chunk.first, chunk.last + 1)
        assert not any(cut.sentences[number].heading for number in numbers)
        held.update(numbers)
    wanted = {number for number, one in enumerate(cut.sentences) if not one.heading}
    assert held <= wanted
    for number in wanted - held:  # only what does not fit with its claimant is in none
        first = claim_start(text, cut.sentences, number, "de")
        assert cut.sentences[number].end - cut.sentences[first].start > MAX_CHARS
    for one, other in pairwise(cut.chunks):
        assert one.first < other.first
        assert one.last < other.last


def test_chunks_overlap_by_a_sentence_and_name_their_heading() -> None:
    text = (
        "Eins ist hier. Zwei ist hier. Drei ist hier. Vier ist hier.\n\n## Kopf\n\nFünf ist hier."
    )
    cut = Chunker(3, 1).cut(article_of(text))
    assert [chunk.text for chunk in cut.chunks] == [
        "Eins ist hier. Zwei ist hier. Drei ist hier.",
        "Drei ist hier. Vier ist hier.",
        "Fünf ist hier.",
    ]
    assert [chunk.heading for chunk in cut.chunks] == ["", "", "Kopf"]


def test_a_chunk_holds_the_speaker_of_all_that_is_said_in_it() -> None:
    text = "Der Rat tagte, sagte Ba. Es regnete. Das Wasser sei sauber. Ende. Schluss. Aus."
    for chunk in Chunker(2, 1).cut(article_of(text)).chunks:
        assert "sei sauber" not in chunk.text or "sagte Ba" in chunk.text


def test_a_line_with_nothing_under_it_is_no_heading() -> None:
    text = "Kopf\n\nEin Satz steht hier.\n\nMitarbeit: A. Ba"
    assert [chunk.text for chunk in Chunker().cut(article_of(text)).chunks] == [
        "Ein Satz steht hier.\n\nMitarbeit: A. Ba"
    ]
    assert [chunk.text for chunk in Chunker().cut(article_of("Nur ein Kopf")).chunks] == [
        "Nur ein Kopf"
    ]


def test_days_do_not_end_sentences() -> None:
    text = "Die Demo vom 13. Mai war groß. Die am 3. Juni nicht."
    found = [text[s.start : s.end] for s in split_sentences(text, 0, "de")]
    assert found == ["Die Demo vom 13. Mai war groß.", "Die am 3. Juni nicht."]


@pytest.mark.parametrize("overlap", [-1, 3])
def test_an_overlap_that_never_ends_is_refused(overlap: int) -> None:
    with pytest.raises(ValueError, match="overlap must be from 0 to 2"):
        Chunker(3, overlap)


@pytest.mark.parametrize(
    ("language", "text", "position", "first"),
    [
        ("de", "Der Rat tagte, sagte Ba. Das Wasser sei sauber. Es reiche für alle.", 1, 0),
        ("de", "Der Rat tagte. Das Wasser ist sauber.", 1, 0 + 1),
        ("de", "Das sagte Ba. Nach Angaben der Stadt sei alles gut.", 1, 1),
        ("de", "Ba kam. Der Wirt warnte, dass das Wasser knapp werde.", 1, 1),
        ("de", "Ba kam. Er warnte, dass das Wasser knapp werde.", 1, 0),
        ("de", '"Wir bleiben", sagte Ba. "Niemand geht."', 1, 0),
        ("de", "Ba sagte viel.\n\nDas Wasser sei sauber.", 1, 1),
        ("fr", "Selon le maire, tout va bien. Le pont serait solide.", 1, 0),
        ("en", 'Ba said they stay. "Nobody leaves."', 1, 0),
    ],
)
def test_reported_speech_begins_where_its_speaker_is_named(
    language: Language, text: str, position: int, first: int
) -> None:
    assert claim_start(text, split_sentences(text, 0, language), position, language) == first


def test_the_real_articles_are_cut_verbatim(shared: Path) -> None:
    for article in read_corpus(shared / "articles"):
        raw = (shared / "articles" / article.id).read_bytes().decode("utf-8")
        cut = Chunker().cut(article)
        assert len(cut.chunks) > 10
        for chunk in cut.chunks:
            assert raw[chunk.start : chunk.end] == chunk.text
