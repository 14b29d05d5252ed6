"""Words, stems, languages, and what kind of answer is asked for."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.answer_type import asked_for, holds
from index.language import detect
from index.words import LANGUAGES, Language, content_words, fold, stem, tokens


@given(st.text(max_size=200))
def test_tokens_stand_where_they_say(text: str) -> None:
    for token in tokens(text):
        assert text[token.start : token.end].lower() == token.text


@given(st.text(max_size=50))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=50))
def test_folding_takes_every_mark_off_and_nothing_else(text: str) -> None:
    decomposed = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    assert fold(text) == "".join(one for one in decomposed if not unicodedata.combining(one))


@given(st.text(min_size=1, max_size=30), st.sampled_from(LANGUAGES))
def test_any_word_has_a_stem(word: str, language: Language) -> None:
    assert isinstance(stem(word.lower(), language), str)


@pytest.mark.parametrize(
    "variants", [("ménaka", "menaka"), ("goïta", "goita"), ("übergang", "ubergang")]
)
def test_accents_do_not_part_variants(variants: tuple[str, str]) -> None:
    assert len({stem(variant, "de") for variant in variants}) == 1


def test_words_that_ask_are_not_searched_for() -> None:
    assert content_words("Wie viele Soldaten starben?", "de") == ["soldaten", "starben"]
    assert content_words("How many soldiers died?", "en") == ["soldiers", "died"]
    assert content_words("Combien de soldats sont morts ?", "fr") == ["soldats", "morts"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Wer ist Goita?", "de"),
        ("who is goita", "en"),
        ("qui est Goita ?", "fr"),
        ("warum?", "de"),
        ("why sanctions", "en"),
        ("pourquoi", "fr"),
        ("Wann wurde der Brunnen gebaut", "de"),
        ("combien de morts", "fr"),
    ],
)
def test_short_questions_are_told_apart(text: str, language: Language) -> None:
    assert detect(text) == language


def test_a_name_alone_is_in_the_readers_language() -> None:
    assert [detect("Goita", default=language) for language in LANGUAGES] == list(LANGUAGES)
    assert detect("", default="fr") == "fr"


@pytest.mark.parametrize(
    ("question", "language", "kinds"),
    [
        ("Wie viele Tote gab es?", "de", {"number"}),
        ("when did it open", "en", {"time"}),
        ("Combien, et quand ?", "fr", {"number", "time"}),
        ("Wer war das?", "de", set()),
    ],
)
def test_what_is_asked_for(question: str, language: Language, kinds: set[str]) -> None:
    assert asked_for(question, language) == kinds


def test_numbers_and_dates_are_seen_in_sentences() -> None:
    assert holds(frozenset({"number"}), "Zwölf kamen.")
    assert holds(frozenset({"time"}), "Im März war Ruhe.")
    assert not holds(frozenset({"number"}), "Niemand kam.")
    assert not holds(frozenset({"number"}), "Am 5. März 2020 war Ruhe, le 1er mai aussi.")
    assert not holds(frozenset(), "Am 3. März kamen 12.")
