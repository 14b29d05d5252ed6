"""Which language a text is in: one of three, whatever it is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.language import detect
from index.words import LANGUAGES, Language
from tests.conftest import BRIDGE, MARKET, WELL


def body(article: str) -> str:
    return article.split("---\n", 2)[2]


@settings(deadline=None)  # the first call loads the detector
@given(st.text(max_size=150), st.sampled_from(LANGUAGES))
def test_any_text_is_in_one_of_the_three(text: str, default: Language) -> None:
    assert detect(text, default) in LANGUAGES


@pytest.mark.parametrize(("article", "language"), [(WELL, "de"), (MARKET, "en"), (BRIDGE, "fr")])
def test_articles_are_told_apart(article: str, language: Language) -> None:
    assert detect(body(article)) == language
    assert detect(body(article).upper()) == language


@pytest.mark.parametrize("default", LANGUAGES)
@pytest.mark.parametrize("text", ["", "  ", "2022", "🙂", "?!"])
def test_what_tells_nothing_is_in_the_default(text: str, default: Language) -> None:
    assert detect(text, default) == default


@pytest.mark.parametrize("text", ["Was tat Goita?", "Was tat Vezilier?"])
def test_words_of_two_languages_are_in_the_default_if_it_is_one_of_them(text: str) -> None:
    assert [detect(text, language) for language in ("de", "en")] == ["de", "en"]
    assert detect("Was Goita elected?", "de") == "en"
    assert detect("Quel âge a Goita ?", "en") == "fr"


@pytest.mark.parametrize(
    ("text", "language"),
    [("Farabougou heute", "de"), ("latest on Moussa Mara", "en"), ("toujours Goïta", "fr")],
)
def test_asking_for_now_tells_the_language(text: str, language: Language) -> None:
    assert {detect(text, default) for default in LANGUAGES} == {language}


def test_the_beginning_decides() -> None:
    assert detect(body(WELL) * 10 + body(MARKET) * 100) == "de"


@pytest.mark.parametrize("text", ["Mali war casualties", "Man killed in Kidal", "Tuareg war 2012"])
def test_a_word_that_is_small_next_door_does_not_decide(text: str) -> None:
    assert detect(text, "en") == "en"
