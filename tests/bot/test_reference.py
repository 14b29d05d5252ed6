"""Which sentences are quoted together with the one before, because they point to it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.reference import MAX_CHARS, MAX_STEPS, understood_from
from index.sentence import split_sentences
from index.words import LANGUAGES, Language

NAMED: dict[Language, str] = {
    "de": "Der Wirt kam 1999 nach Kita.",
    "en": "The landlord came to Kita in 1999.",
    "fr": "L'aubergiste est venu à Kita en 1999.",
}


def first(text: str, position: int, language: Language) -> int:
    return understood_from(text, split_sentences(text, 0, language), position, position, language)


@pytest.mark.parametrize(
    ("language", "pointing"),
    [
        ("de", "Er stammt aus Kati."),
        ("de", "Seine Frau stammt aus Kati."),
        ("de", "Dabei starben zwei Schafe."),
        ("de", "Das war im Juni."),
        ("de", "Am Abend bekannte sich die Zunft dazu."),
        ("en", "She was born in Kati."),
        ("en", "It burned down in June."),
        ("en", "Among them were two sheep."),
        ("en", "The guild claimed it."),
        ("fr", "Elle a brûlé en juin."),
        ("fr", "Son frère vient de Kati."),
        ("fr", "Le GSIM (JNIM) l'a revendiquée."),
        ("fr", "Celui-ci l’est resté."),
    ],
)
def test_what_points_back_is_quoted_with_what_it_points_to(
    language: Language, pointing: str
) -> None:
    assert first(f"{NAMED[language]} {pointing}", 1, language) == 0


@pytest.mark.parametrize(
    ("language", "alone"),
    [
        ("de", "Es gibt dort zwei Brunnen."),
        ("de", "Das Dorf liegt am Fluss."),
        ("de", "Dieser Artikel gibt den Stand vom Mai wieder."),
        ("de", "Die Zunft bekannte sich dazu, den Markt zu öffnen."),
        ("en", "It was clear that the market would close."),
        ("en", "That village lies on the river."),
        ("en", "The guild claimed it had paid."),
        ("fr", "Il y a deux puits."),
        ("fr", "Il existe deux puits."),
        ("fr", "Le puits, le maire l'a fermé."),
    ],
)
def test_what_stands_on_its_own_is_quoted_alone(language: Language, alone: str) -> None:
    assert first(f"{NAMED[language]} {alone}", 1, language) == 1


def test_it_goes_on_to_what_names_whom_it_is_about() -> None:
    text = f"{NAMED['de']} Er war jung. Seine Frau blieb in Kati."
    assert first(text, 2, "de") == 0


def test_the_claimant_of_what_it_points_to_is_not_cut_off() -> None:
    text = "Der Wirt kam, sagte Ba. Das Bier sei kalt. Es habe gereicht. Das war im Juni."
    assert first(text, 3, "de") == 0


def test_it_stays_where_nothing_in_reach_is_named() -> None:
    assert first("Er war jung. Er blieb.", 1, "de") == 1
    assert first(f"{NAMED['de']}\n\nEr war jung.", 1, "de") == 1
    assert first(" ".join([NAMED["de"], *["Er sang."] * (MAX_STEPS + 1)]), 3, "de") == 3


def test_a_quote_does_not_become_longer_than_a_phone_shows() -> None:
    long = NAMED["de"][:-1] + " und" + " weiter" * (MAX_CHARS // 7) + "."
    assert first(f"{long} Er war jung.", 1, "de") == 1


@settings(deadline=None)
@given(
    st.lists(st.sampled_from([*NAMED.values(), "Er sang.", "Das Bier sei kalt.", "\n\n"])),
    st.sampled_from(LANGUAGES),
)
def test_it_only_ever_adds_what_stands_before_in_the_paragraph(
    parts: list[str], language: Language
) -> None:
    text = " ".join(parts)
    sentences = split_sentences(text, 0, language)
    for position, sentence in enumerate(sentences):
        begin = understood_from(text, sentences, position, position, language)
        assert begin <= position
        assert sentences[begin].paragraph == sentence.paragraph
        assert begin == position or sentence.end - sentences[begin].start <= MAX_CHARS
