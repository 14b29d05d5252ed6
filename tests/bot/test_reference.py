"""Which sentences are quoted together with the one before, because they point to it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.reference import LONGEST, MAX_STEPS, understood_from
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
        ("de", "Diese Zunft ist alt."),
        ("de", "Dabei starben zwei Schafe."),
        ("de", "Damit endete der Markt."),
        ("de", "Das war im Juni."),
        ("de", "Das teilte der Bürgermeister mit."),
        ("de", "Es handelt sich um Töpfer."),
        ("de", "Am Abend bekannte sich die Zunft dazu."),
        ("de", "Die Zunft hat sich dazu bekannt."),
        ("de", "Rat und Zunft wiesen das zurück."),
        ("de", "Am 12. Mai 2025 wurde er gewählt."),
        ("en", "She was born in Kati."),
        ("en", "It burned down in June."),
        ("en", "It was the guild's first journey."),
        ("en", "Among them were two sheep."),
        ("en", "The former was sold."),
        ("en", "Both wells ran dry."),
        ("en", "The guild claimed it."),
        ("en", "The council denied this."),
        ("en", "The guild claimed it on the radio."),
        ("en", "On 5 September he left."),
        ("fr", "Elle a brûlé en juin."),
        ("fr", "Son frère vient de Kati."),
        ("fr", "Il est membre du conseil."),
        ("fr", "Il s'agissait d'une chèvre."),
        ("fr", "Il n'a rien dit."),
        ("fr", "Ce nom signifie puits."),
        ("fr", "C’était un revers."),
        ("fr", "La guilde (GT) l'a revendiquée."),
        ("fr", "Celui-ci l’est resté."),
        ("fr", "Le 5 septembre, il est parti."),
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
        ("de", "Es wurden 15 Ziegen verkauft."),
        ("de", "Das Dorf liegt am Fluss."),
        ("de", "Dieser Artikel gibt den Stand vom Mai wieder."),
        ("de", "Diese Woche ist Markt."),
        ("de", "Damit die Saat aufgeht, braucht es Regen."),
        ("de", "Die Zunft bekannte sich dazu, den Markt zu öffnen."),
        ("de", "Am Abend sang der Chor."),
        ("en", "It was clear that the market would close."),
        ("en", "It took the council three days."),
        ("en", "That village lies on the river."),
        ("en", "This article gives the state of affairs in May."),
        ("en", "This year the rains failed."),
        ("en", "Those who left came back."),
        ("en", "Both Kita and Kati have wells."),
        ("en", "The former mayor died."),
        ("en", "The guild claimed it had paid."),
        ("en", "The council confirmed that the well was dry."),
        ("fr", "Il y a deux puits."),
        ("fr", "Il n'y a pas eu de pluie."),
        ("fr", "Il existait deux puits."),
        ("fr", "Il faudra trois ans."),
        ("fr", "Il est possible que le puits soit sec."),
        ("fr", "Il-76 est le nom d'un avion."),
        ("fr", "Ceux qui sont partis reviennent."),
        ("fr", "Cet article rend compte de mai."),
        ("fr", "Cette année la pluie manque."),
        ("fr", "Sa'adou est mort."),
        ("fr", "Comme l'a dit le maire, le puits est sec."),
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
    long = NAMED["de"][:-1] + " und" + " weiter" * (LONGEST // 7) + "."
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
        assert begin == position or sentence.end - sentences[begin].start <= LONGEST
