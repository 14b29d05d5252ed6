"""Sentences in all three languages: spans that skip nothing, and headings told from prose."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.sentence import MAX_SENTENCE, Sentence, split_sentences
from index.words import LANGUAGES, Language

WHITE = " \t\r\n\f\v\u00a0\u200b\ufeff"  # no sentence begins or ends with one of these
SEPARATORS = "\x1c\x1d\x1e\x1f\x85"  # white space to Python, seldom met in articles

prose = st.lists(
    st.one_of(
        st.text(max_size=40),
        st.sampled_from(
            [". ", "! ", "? ", "\n\n", "\r\n\r\n", "\n", ' "', "« ", " »", " 3. ", " M. ", "…"]
        ),
        st.sampled_from(["x" * 700, "word " * 150, "\u00a0", "\u200b", "\ufeff", "🙂"]),
    ),
    max_size=25,
).map("".join)


def texts(text: str, language: Language = "de", start: int = 0) -> list[str]:
    return [text[s.start : s.end] for s in split_sentences(text, start, language)]


def headings(text: str) -> list[bool]:
    return [s.heading for s in split_sentences(text, 0, "de")]


@settings(deadline=None)
@given(prose, st.sampled_from(LANGUAGES), st.integers(0, 60))
def test_sentences_cover_all_of_the_body_but_white_space(
    text: str, language: Language, start: int
) -> None:
    position = min(start, len(text))
    for sentence in split_sentences(text, position, language):
        assert not text[position : sentence.start].strip(WHITE + SEPARATORS)
        assert position <= sentence.start < sentence.end
        said = text[sentence.start : sentence.end]
        assert said == said.strip(WHITE)
        assert len(said) <= MAX_SENTENCE
        position = sentence.end
    assert not text[position:].strip(WHITE + SEPARATORS)


@settings(deadline=None)
@given(prose, st.sampled_from(LANGUAGES))
def test_paragraphs_are_counted_upwards(text: str, language: Language) -> None:
    numbers = [sentence.paragraph for sentence in split_sentences(text, 0, language)]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("de", ["Dr. Koné eröffnete z. B. den Markt.", "Am 3. Juni war Ruhe."]),
        ("en", ["Dr. Smith opened the market.", "It cost 4.5 million."]),
        ("fr", ["Le pont a coûté 4,5 millions.", "Il fait 12.5 mètres."]),
        ("fr", ["M. Diallo et Mme. Ba ont ouvert le pont.", "Le col. Touré suit."]),
        ("en", ["Col. Ba met Mr. Diallo.", "Gen. Touré left."]),
    ],
)
def test_abbreviations_and_figures_end_no_sentence(language: Language, expected: list[str]) -> None:
    assert texts(" ".join(expected), language) == expected


def test_a_quotation_is_kept_with_its_speaker() -> None:
    text = '"Wir bauen weiter. Es fehlt an Holz", sagte der Rat. Dann ging er.'
    assert texts(text) == [text[: -len(" Dann ging er.")], "Dann ging er."]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Das Dorf am Fluss\n\nEin Satz.", [True, False]),
        ("Das Dorf am Fluss.\n\nEin Satz.", [False, False]),
        ("Das Dorf am Fluss", [False]),  # with nothing under it, it is all there is to say
        ("Ein Satz.\n\nAwa Diarra, Sanga", [False, False]),
        ("# Kopf\nEin Satz.", [True, False]),
        ("# Kopf\n## Zweiter Kopf\nEin Satz.", [True, True, False]),
        ("#Ohne Abstand ist es keiner.", [False]),
        ("Zwei Zeilen\nohne Zeichen\n\nEin Satz.", [False, False]),
        ("x" * 81 + "\n\nEin Satz.", [False, False]),
        ("Er sagte:\n\nEin Satz.", [False, False]),
    ],
)
def test_headings_are_told_from_prose(text: str, expected: list[bool]) -> None:
    assert headings(text) == expected


def test_line_ends_of_windows_part_paragraphs_too() -> None:
    text = "Eins ist hier.\r\n\r\nZwei ist hier."
    assert texts(text) == ["Eins ist hier.", "Zwei ist hier."]
    assert [s.paragraph for s in split_sentences(text, 0, "de")] == [0, 1]


def test_what_stands_before_the_start_is_left_out() -> None:
    text = "Vorspann. Der Brunnen ist tief."
    assert split_sentences(text, 10, "de") == [Sentence(10, len(text), 0)]


def test_an_endless_sentence_is_cut_at_white_space() -> None:
    pieces = texts("wort " * 400 + "Ende.")
    assert len(pieces) == 4
    assert all(piece.endswith(("wort", "Ende.")) for piece in pieces)


@pytest.mark.parametrize("text", ["", " \n\t\n ", "\ufeff", "\u200b\u200b"])
def test_white_space_has_no_sentences(text: str) -> None:
    assert split_sentences(text, 0, "de") == []


def test_long_runs_of_white_space_take_no_time_to_speak_of() -> None:
    assert texts("a.\n" + " " * 500_000 + "\nb.") == ["a.", "b."]
