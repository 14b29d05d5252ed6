"""Names in several forms: where they are found, and what a list of them must be."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.aliases import NO_ALIASES, Alias, Aliases
from index.article import Article
from index.errors import ArticleError
from index.lexical import LexicalIndex
from index.postings import PostingsWriter
from index.words import LANGUAGES, Language, stems

NAMES = Aliases(
    (
        Alias(name="JNIM", fr=("GSIM",), de=("Gruppe für den Sieg",)),
        Alias(name="UN", de=("Vereinte Nationen",), fr=("ONU", "Nations unies")),
        Alias(name="Armee", de=("malische Armee",), fr=("armée malienne",)),
        Alias(name="Timbuktu", fr=("Tombouctou",)),
        Alias(name="Timbuktu Institute"),
    )
)


def keys(text: str, language: Language = "de") -> list[str]:
    return [found.key for found in NAMES.named(text, language)]


def test_any_form_is_the_name() -> None:
    assert keys("Das GSIM griff Tombouctou an") == ["@jnim", "@timbuktu"]
    assert keys("le GSIM, ou JNIM", "fr") == ["@jnim", "@jnim"]


def test_inflected_forms_are_found() -> None:
    assert keys("Soldaten der malischen Armee und der Vereinten Nationen") == ["@armee", "@un"]


def test_the_longest_form_is_taken() -> None:
    assert keys("das Timbuktu Institute in Timbuktu") == ["@timbuktu-institute", "@timbuktu"]
    assert keys("die Gruppe für Frieden") == []


def test_a_small_word_of_a_language_is_no_name_in_it() -> None:
    assert keys("un homme et un enfant", "fr") == []
    assert keys("l'ONU et un homme", "fr") == ["@un"]
    assert keys("die UN und der Mann") == ["@un"]


@pytest.mark.parametrize(
    ("text", "language", "usual"),
    [
        ("Wann trat IBK zurück?", "de", "Wann trat Ibrahim Keïta zurück?"),
        ("IBK, vieux lion", "fr", "Ibrahim Keïta, Ibrahim Keïta"),
        ("Ibrahim Keita sprach", "de", "Ibrahim Keita sprach"),  # the name, but for an accent
        ("wer ist das GSIM", "de", "wer ist das JNIM"),
        ("qui est le gsim", "fr", "qui est le gsim"),  # what the French call it
        ("Support Group fights", "de", "Support Group fights"),  # words say more than letters
        ("", "en", ""),
    ],
)
def test_what_is_better_known_otherwise_is_called_so(
    text: str, language: Language, usual: str
) -> None:
    names = Aliases(
        (
            Alias(name="Ibrahim Keïta", also=("IBK", "vieux lion")),
            Alias(name="JNIM", en=("Support Group",), fr=("GSIM",)),
        )
    )
    assert names.usual(text, language) == usual


@given(st.text(max_size=80), st.sampled_from(LANGUAGES))
def test_names_lie_in_the_text_in_order(text: str, language: Language) -> None:
    ends = [0]
    for found in NAMES.named(text, language):
        assert found.words[0].start >= ends[-1]
        ends.append(found.words[-1].end)
    assert ends[-1] <= len(text)
    assert NO_ALIASES.stems(text, language) == stems(text, language)


def index(*texts: str) -> LexicalIndex:
    writer = PostingsWriter()
    for text in texts:
        writer.add(NAMES.stems(text, "de"))
    return LexicalIndex.of([writer.postings()], ("de",), aliases=NAMES)


@pytest.mark.parametrize("question", ["GSIM", "Was ist das GSIM?", "JNIM", "jnim"])
def test_a_question_with_another_form_finds_the_text(question: str) -> None:
    words = index("Die JNIM griff an.", "Der Regen fiel.", "Die Ernte war gut.")
    shares = words.shares(words.read_question(question, "de"))
    assert shares.argmax() == 0
    assert shares[0] > 0.2
    assert not shares[1:].any()


def test_a_misspelt_form_is_read_as_the_name() -> None:
    words = index("In Timbuktu fiel Regen.", "Die Ernte war gut.")
    read = words.read_question("Tombuctou", "de")
    assert read.terms[0].stems["@timbuktu"] < 1
    assert words.shares(read).argmax() == 0


def test_part_of_a_long_name_still_counts() -> None:
    words = index("Die Armee zog ab.", "Die malische Armee zog ab.", "Der Markt war leer.")
    shares = words.shares(words.read_question("Mit wem kämpft die malische Armee?", "de"))
    assert shares[1] >= shares[0] > shares[2] == 0


def write(folder: Path, text: str) -> Path:
    (folder / "aliases.yaml").write_text(text, "utf-8")
    return folder


def test_names_are_read_from_every_folder(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    write(one, "- name: JNIM\n  fr: [GSIM]\n")
    read = Aliases.read([one, two])
    assert read.entries == (Alias(name="JNIM", fr=("GSIM",)),)
    assert Aliases.read([two]).entries == ()
    assert Aliases.read([write(two, "")]).entries == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- name: [x", "aliases.yaml:1: ParserError; expected UTF-8 and YAML"),
        ("name: JNIM", "Input should be a valid list; expected name"),
        ("- {fr: [GSIM]}", "entry 0.name: Field required"),
        ("- {name: JNIM, nl: [x]}", "entry 0.nl: Extra inputs"),
        ("- {name: JNIM}\n- {name: GSIM, also: [jnim]}", "'jnim' is a form of JNIM and of GSIM"),
        ("- {name: '…?'}", "holds no word"),
    ],
)
def test_what_cannot_be_used_is_told(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ArticleError) as error:
        Aliases.read([write(tmp_path, text)])
    assert said in str(error.value)


def test_the_names_of_the_shipped_corpus_stand_in_it() -> None:
    corpus = Path(__file__).parents[2] / "corpus"
    names = Aliases.read([corpus])
    found = set()
    for path in corpus.glob("*.md"):
        if path.name != "README.md":
            article = Article.read(path, corpus)
            found |= {one.key for one in names.named(article.text, article.lang)}
    assert {entry.key for entry in names.entries} == found
