"""Which questions ask how things stand."""

import pytest

from index.now import asks_for_now
from index.words import Language


def test_now_is_told() -> None:
    assert asks_for_now("Wer regiert zurzeit?", "de")
    assert asks_for_now("Who rules now?", "en")
    assert asks_for_now("Qui dirige actuellement le pays ?", "fr")
    assert not asks_for_now("Wer regierte 2020?", "de")


@pytest.mark.parametrize(
    ("question", "language", "now"),
    [
        ("Who is the current prime minister?", "en", True),
        ("What are the most recent sanctions?", "en", True),
        ("Wer ist der jetzige Präsident?", "de", True),
        ("Wie ist die heutige Lage?", "de", True),
        ("Quelles sont les dernières nouvelles ?", "fr", True),
        ("L'accord est-il toujours en vigueur ?", "fr", True),
        ("Quand les derniers soldats sont-ils partis ?", "fr", False),
        ("Pourquoi a-t-il toujours refusé ?", "fr", False),
        ("Ist Goïta noch Präsident?", "de", True),
        ("gibts die minusma noch", "de", True),
        ("Wer starb noch?", "de", False),
        ("Was gibt es Neues?", "de", True),
        ("any news on the elections", "en", True),
        ("La MINUSMA est-elle encore au Mali ?", "fr", True),
        ("Où en est le procès ?", "fr", True),
        ("Qui a encore signé ?", "fr", False),
        ("Wer kontrolliert Kidal?", "de", True),
        ("Wer ist Ministerpräsident von Mali?", "de", True),
        ("Wer war 2020 Ministerpräsident?", "de", False),
        ("Who is the prime minister?", "en", True),
        ("Who leads JNIM?", "en", True),
        ("Who led the coup?", "en", False),
        ("Qui contrôle Kidal ?", "fr", True),
        ("Wie ist die Lage in Kidal?", "de", True),
        ("Wie war die Lage in Kidal 2012?", "de", False),
        ("What was the situation in May 2014?", "en", False),
        ("Qui dirige la transition en 2021 ?", "fr", False),
    ],
)
def test_a_question_asks_for_now_in_many_words(
    question: str, language: Language, now: bool
) -> None:
    assert asks_for_now(question, language) is now
