"""Follow-ups: which questions point back, and what is searched for them."""

import pytest

from bot.conversation import follow_up, refers_back
from bot.question import MAX_QUESTION, Question


@pytest.mark.parametrize(
    "text",
    [
        "und wer führte sie?",
        "Warum?",
        "Wie viele Soldaten starben dort?",
        "Wer führte sie?",
        "why?",
        "and in 2022?",
        "What did they say?",
        "et en 2022 ?",
        "Pourquoi ?",
        "Qui les dirige, eux ?",
        "Wann war das?",
        "Wer hat das getan?",
        "Who ordered that?",
        "Qui en est responsable ?",
        "Que s'est-il passé ensuite ?",
        "Quand a-t-il démissionné ?",
        "Wie viele Zivilisten starben dort im Jahr 2019?",
        "Did they leave Lere in 2014?",
        "Haben diese Gruppen in Lere gekämpft?",
        "im Mai 2014?",
        "En 2022 ?",
    ],
)
def test_these_point_back(text: str) -> None:
    assert refers_back(Question.read(text))


@pytest.mark.parametrize(
    "text",
    [
        "Wie viele Tote gab es in Moura?",
        "Was wissen Sie über Assimi Goïta?",
        "Welche Sanktionen verhängte die ECOWAS?",
        "Why did Mali leave the G5 Sahel?",
        "Is there a deadline for elections in Mali?",
        "Combien de soldats sont morts à Indelimane ?",
        "Goïta",
        "Wann war das Fest von Lere?",
        "wer unterzeichnete das abkommen",
        "Gibt es Beweise dafür, dass Räuber in Lere waren?",
        "Haben die Rebellen in Lere 2023 deren Lager geräumt?",
        "Did the rebels give up their camp at Lere in August 2023?",
        "Who is the mayor that resigned?",
        "Qui a gagné en 2018 ?",
        "Que s'est-il passé en 2012 ?",
        "Qui gouverne en Guinée ?",
        "Quand l'ONU a-t-elle réagi ?",
        "Y a-t-il un délai pour les élections ?",
        "ou se trouve Lere ?",
    ],
)
def test_these_stand_on_their_own(text: str) -> None:
    assert not refers_back(Question.read(text))


def test_a_follow_up_is_searched_with_the_question_before() -> None:
    before = Question.read("Welche Rebellen rückten 2019 in Anderamboukane ein?")
    now = follow_up(Question.read("und wer führte sie?"), before)
    assert now.text == "Welche Rebellen rückten 2019 in Anderamboukane ein? und wer führte sie?"
    assert now.asked == "und wer führte sie?"
    later = follow_up(Question.read("und im Jahr 2022?"), before)
    assert "2019" not in later.text
    assert "2022" in later.text


def test_a_follow_up_keeps_the_period_until_it_names_another_time() -> None:
    before = Question.read("Was geschah in Lere seit 2023?")
    assert follow_up(Question.read("und warum?"), before).within == before.within
    assert follow_up(Question.read("und 2014?"), before).within is None
    later = Question.read("und vor 2014?")
    assert follow_up(later, before).within == later.within


def test_a_new_question_and_a_first_one_are_left_as_they_are() -> None:
    question = Question.read("Wer ist Assimi Goïta?")
    assert follow_up(question, Question.read("Was ist Barkhane?")) == question
    assert follow_up(Question.read("warum?"), None).text == "warum?"


def test_a_long_conversation_does_not_grow_without_end() -> None:
    question = Question.read("Wer führte die Rebellen in Anderamboukane an?")
    for _ in range(50):
        question = follow_up(Question.read("und warum?"), question)
    assert len(question.text) <= MAX_QUESTION
    assert question.text.endswith("und warum?")


@pytest.mark.parametrize(
    "text",
    [
        "Quand Goïta est-il né ?",
        "Pourquoi Wagner est-il parti ?",
        "Macron a-t-il menti ?",
        "What happened in Kidal this week?",
        "Was geschah dieses Jahr in Gao?",
        "Welche Folgen hat das Abkommen?",
    ],
)
def test_a_name_beside_a_pronoun_and_this_year_point_nowhere(text: str) -> None:
    assert not refers_back(Question.read(text))


@pytest.mark.parametrize(
    ("before", "then", "kept"),
    [
        ("What happened in Moura in March 2022?", "And the reaction from France?", "Moura"),
        ("Was geschah in Moura im März 2022?", "Und die Reaktion aus Frankreich?", "März 2022"),
        ("Que s'est-il passé à Moura en mars 2022 ?", "Et le rôle de Wagner ?", "Moura"),
    ],
)
def test_whence_something_comes_does_not_replace_where_it_was(
    before: str, then: str, kept: str
) -> None:
    found = follow_up(Question.read(then), Question.read(before))
    assert kept in found.text
