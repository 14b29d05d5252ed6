"""How far back a quotation must begin, so that it says whose words it holds."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.attribution import MAX_STEPS, claim_start, names_source
from index.sentence import Sentence, split_sentences
from index.words import LANGUAGES, Language

SPEAKER = "Der Rat tagte, sagte Ba."
REPORTED = "Das Wasser sei sauber."
PLAIN = "Der Markt ist groß."


def first(text: str, position: int, language: Language = "de") -> int:
    return claim_start(text, split_sentences(text, 0, language), position, language)


@settings(deadline=None)
@given(
    st.lists(st.sampled_from([SPEAKER, REPORTED, PLAIN, '"Niemand geht."', "\n\n"]), max_size=12),
    st.sampled_from(LANGUAGES),
)
def test_it_never_leaves_the_paragraph_nor_goes_far(parts: list[str], language: Language) -> None:
    text = " ".join(parts)
    sentences = split_sentences(text, 0, language)
    for position, sentence in enumerate(sentences):
        found = claim_start(text, sentences, position, language)
        assert position - MAX_STEPS <= found <= position
        assert sentences[found].paragraph == sentence.paragraph
        assert claim_start(text, sentences, found, language) == found


@pytest.mark.parametrize("between", range(MAX_STEPS + 2))
def test_a_speaker_is_looked_for_so_many_sentences_back(between: int) -> None:
    text = " ".join([SPEAKER, *[REPORTED] * between, "Es sei auch kühl."])
    position = between + 1
    assert first(text, position) == (0 if position <= MAX_STEPS else position)


def test_where_nobody_is_named_it_begins_at_what_is_not_reported() -> None:
    assert first(f"{PLAIN} {PLAIN} {REPORTED}", 2) == 1
    assert first(f"{PLAIN} {REPORTED} Es sei auch kühl.", 2) == 0


def test_where_all_is_reported_it_stays() -> None:
    assert first(f"{REPORTED} Es sei auch kühl.", 1) == 1
    assert first(f"{PLAIN}\n\n{REPORTED}", 1) == 1


def test_the_nearest_speaker_counts() -> None:
    assert first(f"{SPEAKER} Diarra widersprach, sagte der Wirt. {REPORTED}", 2) == 1


def test_a_speaker_inside_a_quotation_names_nobody() -> None:
    text = f'{SPEAKER} "Mein Vater sagte nichts." Das Tor sei zu.'
    assert first(text, 2) == 0


@pytest.mark.parametrize(
    "sentence",
    [
        "Er hoffte, dass das Wasser reiche.",
        "Offen blieb, ob das Wasser reiche.",
        "Laut Gemeinde sei das Wasser sauber.",
        "Nach Darstellung der Gemeinde sei das Wasser sauber.",
        "Dem Wirt zufolge sei das Wasser sauber.",
        "Die Gemeinde bekräftigte am Abend, das Wasser sei sauber.",
        "Der Wirt sprach von Leuten, die das Wasser gekauft hätten.",
        "Das Wasser sei sauber, so Diarra.",
        PLAIN,
    ],
)
def test_a_sentence_that_says_whose_words_it_holds_stands_alone(sentence: str) -> None:
    assert first(f"{SPEAKER} {sentence}", 1) == 1


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Der Rat tagte, sagte Ba. „Niemand geht.“"),
        ("en", "The well is deep, the mayor said. “Nobody leaves.”"),
        ("fr", "Le puits est profond, a dit le maire. « Personne ne part. »"),
        ("fr", "D’après le maire, tout va bien. Les travaux auraient coûté cher."),
    ],
)
def test_quotations_and_hearsay_need_their_speaker_in_each_language(
    language: Language, text: str
) -> None:
    assert first(text, 1, language) == 0


@pytest.mark.parametrize(
    ("language", "denial", "rest"),
    [
        ("de", "Die Gemeinde wies das zurück.", "Niemand sei erkrankt."),
        ("de", "Der Wirt warf der Gemeinde Betrug vor.", "Die Zahlen seien gefälscht."),
        ("de", "Der Bürgermeister verlas einen Brief.", "Ärzte hätten davon gewusst."),
        ("en", "The mayor rejected the charge.", "Nobody had fallen ill, he said."),
        ("en", "The innkeeper accused the mayor of fraud.", "The figures, she said, were faked."),
        ("fr", "Le maire a rejeté l'accusation.", "Personne n'était tombé malade, selon lui."),
        ("fr", "L'aubergiste a accusé le maire.", "Les chiffres étaient faux, a-t-elle ajouté."),
    ],
)
def test_a_denial_or_an_accusation_keeps_who_makes_it(
    language: Language, denial: str, rest: str
) -> None:
    opening = {"de": SPEAKER, "en": "The well is deep, Ba said.", "fr": "Selon Ba, il pleut."}
    assert first(f"{opening[language]} {denial} {rest}", 2, language) == 1


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("de", "Am Abend nannte er zehn Namen."),
        ("de", "Sie warf dem Wirt Betrug vor."),
        ("de", "Er kam und sagte, es regne."),
        ("de", "Demnach waren es zehn."),
        ("de", "Nach diesen Angaben waren es zehn."),
        ("de", "Das Wasser sei sauber, hieß es."),
        ("en", "Nobody had fallen ill, it said."),
        ("en", "They later added that it had rained."),
        ("en", "He came to the market and said that it rained."),
        ("en", "She accused the innkeeper of fraud."),
        ("en", "Ten had been reported missing, he said."),
        ("en", "According to this report there were ten."),
        ("fr", "Le lendemain, il a annoncé dix noms."),
        ("fr", "Elle a accusé l'aubergiste de fraude."),
        ("fr", "Il pleuvait, a-t-elle ajouté."),
        ("fr", "Selon ce rapport, ils étaient dix."),
        ("fr", "Ils étaient dix, d'après eux."),
    ],
)
def test_a_pronoun_is_no_speaker(language: Language, sentence: str) -> None:
    speaker = {"de": SPEAKER, "en": "The well is deep, Ba said.", "fr": "Selon Ba, il pleut."}
    middle = {"de": "Er sagte mehr.", "en": "He said more.", "fr": "Il a dit autre chose."}
    assert first(f"{speaker[language]} {sentence}", 1, language) == 0
    assert first(f"{speaker[language]} {middle[language]} {sentence}", 2, language) == 0


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("de", "Sie gingen, sagte der Wirt."),
        ("de", "Es gab Fische an der Brücke."),
        ("de", "Nach Angaben des Wirts sagte sie nichts."),
        ("en", "They left, the innkeeper said."),
        ("en", "Residents said they had left."),
        ("fr", "Ils sont partis, a dit l'aubergiste."),
        ("fr", "Selon l'aubergiste, il pleuvait."),
        ("fr", "Les témoins ont affirmé qu'il pleuvait."),
    ],
)
def test_a_pronoun_beside_a_named_speaker_changes_nothing(
    language: Language, sentence: str
) -> None:
    speaker = {"de": SPEAKER, "en": "The well is deep, Ba said.", "fr": "Selon Ba, il pleut."}
    assert first(f"{speaker[language]} {sentence}", 1, language) == 1


@pytest.mark.parametrize(
    ("said", "language", "given"),
    [
        ("Die Armee sprach von zehn toten Soldaten.", "de", True),
        ("RFI ermittelte mindestens zehn Tote.", "de", True),
        ("Bei dem Angriff starben 24 Soldaten.", "de", False),
        ("Une source sécuritaire a donné à l'AFP le chiffre de 77 morts.", "fr", True),
        ("L'armée a fait état de six morts dans ses rangs.", "fr", True),
        ("L'attaque a tué dix soldats.", "fr", False),
        ("Mali's defence ministry gave eight dead and 25 wounded soldiers.", "en", True),
        ("A security source put the dead at 77.", "en", True),
        ("The attack killed ten soldiers.", "en", False),
        ("Der Rat verurteilte den Angriff mit zehn Toten.", "de", False),
        ("The council condemned the attack that killed ten soldiers.", "en", False),
        ("Le conseil a condamné l'attaque qui a tué dix soldats.", "fr", False),
    ],
)
def test_who_gives_a_figure_is_told_from_a_bare_one(
    said: str, language: Language, given: bool
) -> None:
    assert names_source(said, language) == given


@pytest.mark.parametrize(
    "sentence",
    [
        "Ein Teil der Soldaten sei desertiert.",
        "Teile der Truppe hätten gemeutert.",
        "Das Urteil sei gefallen.",
        "Die Täter seien nicht bekannt.",
        "Der Knall sei lauter gewesen.",
        "Die Räume seien leer.",
        "Das Schreiben sei eine Fälschung.",
        "Die Mauer sei aus Beton.",
        "Der Überfall habe Berichte ausgelöst.",
    ],
)
def test_a_noun_that_looks_like_a_verb_of_saying_names_no_speaker(sentence: str) -> None:
    assert first(f"{SPEAKER} {sentence}", 1, "de") == 0
    assert not names_source(sentence, "de")


@pytest.mark.parametrize(
    ("language", "sentence", "names"),
    [
        ("de", "Der Anschlag forderte 24 Todesopfer.", False),
        ("de", "Der Wirt forderte mehr Wasser.", True),
        ("de", "Die Gruppe bekannte sich zu 24 Überfällen.", True),
        ("de", "Die Gruppe hat 24 Tote bekannt gegeben.", True),
        ("de", "Der Rat teilte 24 Opfer mit.", True),
        ("en", "The so-called council killed 24 people.", False),
        ("en", "In a village named Ba 24 people died.", False),
        ("en", "The council declared three days of mourning for the 24 soldiers.", False),
        ("en", "The council declared 24 dead.", True),
    ],
)
def test_whose_figure_it_is_is_not_told_by_a_word_that_only_looks_so(
    language: Language, sentence: str, names: bool
) -> None:
    assert names_source(sentence, language) is names


@pytest.mark.parametrize(
    ("language", "paragraph"),
    [
        (
            "de",
            "Ba erklärte: „Der Brunnen ist tief. Das Wasser ist kalt. Der Fisch ist alt.“ Er ging.",
        ),
        ("en", "Ba said: “The well is deep. The water is cold. The fish are big.” He left."),
        (
            "fr",
            "Ba a dit : « Le puits est profond. L'eau est froide. Il fait beau. » Il part.",
        ),
    ],
)
def test_the_middle_of_a_quotation_is_not_quoted_without_its_speaker(
    language: Language, paragraph: str
) -> None:
    ends = [match.end() for match in re.finditer(r"[.]", paragraph)]
    spans = [Sentence(begin, end, 0) for begin, end in zip([0, *ends], ends, strict=False)]
    assert claim_start(paragraph, spans, 1, language) == 0
    assert claim_start(paragraph, spans, 2, language) == 0


def test_a_name_in_quotation_marks_opens_no_quotation() -> None:
    text = "Der „Alte Brunnen“ versiegte. Der Rat grub tiefer."
    assert claim_start(text, [Sentence(0, 29, 0), Sentence(30, 50, 0)], 1, "de") == 1
