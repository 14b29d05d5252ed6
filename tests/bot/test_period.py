"""Periods asked for in words, and as `2019..2020`."""

import datetime as dt

import pytest

from bot.period import asked_period, asks_for_now, read_period
from index.words import Language

EVER, NEVER = dt.date.min.isoformat(), dt.date.max.isoformat()


@pytest.mark.parametrize(
    ("question", "language", "period"),
    [
        ("Was geschah seit dem Putsch 2021?", "de", ("2021-01-01", NEVER)),
        ("Was geschah vor dem 18. Mai 2022?", "de", (EVER, "2022-05-17")),
        ("Wer regierte nach August 2020?", "de", ("2020-09-01", NEVER)),
        ("Angriffe zwischen 2019 und März 2020", "de", ("2019-01-01", "2020-03-31")),
        ("Angriffe von Mai 2019 bis 2020", "de", ("2019-05-01", "2020-12-31")),
        ("Was geschah 2019?", "de", None),
        ("Wie viele starben nach Angaben der Armee 2019?", "de", None),
        ("What happened before May 2022?", "en", (EVER, "2022-04-30")),
        ("attacks since January 5, 2020", "en", ("2020-01-05", NEVER)),
        ("between 2012 and 2013, who ruled?", "en", ("2012-01-01", "2013-12-31")),
        ("Que s'est-il passé depuis le coup d'État de 2021 ?", "fr", ("2021-01-01", NEVER)),
        ("avant août 2022", "fr", (EVER, "2022-07-31")),
        ("entre 2019 et 2020", "fr", ("2019-01-01", "2020-12-31")),
        ("Was geschah zwischen 2020 und 2019?", "de", None),
        ("Wer ist Goïta?", "de", None),
    ],
)
def test_words_limit_the_period(
    question: str, language: Language, period: tuple[str, str] | None
) -> None:
    found = asked_period(question, language)
    assert (found and (found.first.isoformat(), found.last.isoformat())) == period


@pytest.mark.parametrize(
    ("typed", "period"),
    [
        ("2019", ("2019-01-01", "2019-12-31")),
        ("2019..2020", ("2019-01-01", "2020-12-31")),
        ("2021-05..", ("2021-05-01", NEVER)),
        ("..2022-05-18", (EVER, "2022-05-18")),
        ("..", None),
        ("2020..2019", None),
        ("2020-13", None),
        ("gestern", None),
        ("", None),
        ("9999999", None),
    ],
)
def test_typed_periods(typed: str, period: tuple[str, str] | None) -> None:
    found = read_period(typed)
    assert (found and (found.first.isoformat(), found.last.isoformat())) == period


def test_now_is_told() -> None:
    assert asks_for_now("Wer regiert zurzeit?", "de")
    assert asks_for_now("Who rules now?", "en")
    assert asks_for_now("Qui dirige actuellement le pays ?", "fr")
    assert not asks_for_now("Wer regierte 2020?", "de")
