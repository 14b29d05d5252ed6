"""Questions as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.question import MAX_QUESTION, Question, QuestionError
from index.words import LANGUAGES, Language


@given(st.text(max_size=1200), st.sampled_from(LANGUAGES))
def test_any_text_is_a_clean_question_or_told_why_not(text: str, default: Language) -> None:
    try:
        question = Question.read(text, default)
    except QuestionError as error:
        told: QuestionError | None = error
    else:
        told = None
    if told:
        assert told.message.strip()
        assert len(told.question) <= MAX_QUESTION
        return
    assert question.text == " ".join(question.text.split())
    assert not any(ord(char) < 32 for char in question.text)
    question.text.encode("utf-8")


@pytest.mark.parametrize("raw", ["", "   ", "🙂🙂", "?!", "\0\0", "\ud800"])
def test_nothing_to_search_is_told(raw: str) -> None:
    with pytest.raises(QuestionError, match="kein Wort"):
        Question.read(raw)


def test_far_too_much_is_told_in_its_language() -> None:
    with pytest.raises(QuestionError, match="at most 1000"):
        Question.read("what is the price of the well " * 40_000)


@pytest.mark.parametrize(
    ("raw", "newest"),
    [
        ("Was gibt es Neues aus Mali?", True),
        ("neueste nachrichten", True),
        ("Wie ist die Lage?", True),
        ("what's new in mali", True),
        ("latest news", True),
        ("quoi de neuf au Mali ?", True),
        ("Was gibt es Neues aus Kidal?", False),
        ("latest news on JNIM", False),
        ("Lage in Mali 2012", False),
        ("Mali", False),
    ],
)
def test_who_asks_what_is_new_is_told_apart(raw: str, newest: bool) -> None:
    assert Question.read(raw).newest is newest


def test_control_characters_are_taken_out() -> None:
    assert Question.read("Wer\0 ist\r\n\tGoïta?").text == "Wer ist Goïta?"
    assert Question.read("Goi\u0308ta").text == "Goïta"
