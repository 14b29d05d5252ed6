"""Periods asked for in words, and as `2019..2020`."""

import datetime as dt

import pytest

from bot.period import asked_period, read_period, split_period
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
        ("Was geschah vor 2014?", "de", (EVER, "2013-12-31")),
        ("What happened after the year 2014?", "en", ("2015-01-01", NEVER)),
        ("Que s'est-il passé avant l'année 2014 ?", "fr", (EVER, "2013-12-31")),
        ("Who ruled before the 5th of January 2020?", "en", (EVER, "2020-01-04")),
        ("Was geschah seit Anfang 2013?", "de", ("2013-01-01", NEVER)),
        ("Who has ruled since the mayor left in 2020?", "en", ("2020-01-01", NEVER)),
        ("Angriffe 2019 bis 2020", "de", ("2019-01-01", "2020-12-31")),
        ("from 2013 to May 2015, who ruled?", "en", ("2013-01-01", "2015-05-31")),
        ("du 5 mai 2020 au 6 juin 2021", "fr", ("2020-05-05", "2021-06-06")),
    ],
)
def test_words_limit_the_period(
    question: str, language: Language, period: tuple[str, str] | None
) -> None:
    found = asked_period(question, language)
    assert (found and (found.first.isoformat(), found.last.isoformat())) == period


@pytest.mark.parametrize(
    ("question", "language", "period"),
    [
        ("Was geschah nach dem Putsch 2020?", "de", ("2020-01-01", NEVER)),
        ("Was geschah vor der Wahl im August 2013?", "de", (EVER, "2013-08-31")),
        ("What happened after the coup in 2020?", "en", ("2020-01-01", NEVER)),
        ("Where did he go after the 2012 coup?", "en", ("2012-01-01", NEVER)),
        ("What happened before the May 2018 parade?", "en", (EVER, "2018-05-31")),
        ("après l'attaque du marché en 2019", "fr", ("2019-01-01", NEVER)),
        ("avant fin 2020", "fr", (EVER, "2020-12-31")),
    ],
)
def test_an_event_does_not_cut_off_the_rest_of_its_own_year(
    question: str, language: Language, period: tuple[str, str]
) -> None:
    found = asked_period(question, language)
    assert found
    assert (found.first.isoformat(), found.last.isoformat()) == period


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("Wie viele starben nach UN-Angaben 2022 in Lere?", "de"),
        ("Wie viele Menschen flohen nach Mauretanien im Jahr 2023?", "de"),
        ("Wie viele Menschen flohen nach Mauretanien 2023?", "de"),
        ("Wer warnte vor einem Putsch im Mai 2021?", "de"),
        ("Wer starb vor dem Rathaus im November 2015?", "de"),
        ("Rückte die Armee bis nach Lere 2023 vor?", "de"),
        ("Was war das Abkommen von Lere 2015 und der Putsch 2020?", "de"),
        ("How many soldiers came from Chad in 2013?", "en"),
        ("Who spoke before the village council in August 2023?", "en"),
        ("Were up to 300 people hurt in 2022?", "en"),
        ("Who withdrew after an attack in 2019?", "en"),
        ("Combien de morts à Lere d'après l'ONU en 2022 ?", "fr"),
        ("Y avait-il jusqu'à 300 blessés en 2022 ?", "fr"),
        ("Que disent les accords de 2013 et de 2015 ?", "fr"),
        ("Quel était le rôle de la France en 2013 à Lere et en 2015 ?", "fr"),
    ],
)
def test_places_claims_and_measures_limit_no_time(question: str, language: Language) -> None:
    assert asked_period(question, language) is None


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("2019", ("2019-01-01", "2019-12-31", "")),
        ("2019 bis 2020", ("2019-01-01", "2020-12-31", "")),
        ("2019 - 2020", ("2019-01-01", "2020-12-31", "")),
        ("2019–2020", ("2019-01-01", "2020-12-31", "")),
        ("2019-2020", ("2019-01-01", "2020-12-31", "")),
        ("2019 to 2020-05 who ruled?", ("2019-01-01", "2020-05-31", "who ruled?")),
        ("2019 à 2020", ("2019-01-01", "2020-12-31", "")),
        ("2019 et Lere ?", ("2019-01-01", "2019-12-31", "et Lere ?")),
        ("2019.. Wer regierte?", ("2019-01-01", NEVER, "Wer regierte?")),
        ("2019 2020", None),
        ("2019 bis", None),
        ("2019 bis Mai 2020", None),
        ("2019 ..", None),
        ("gestern", None),
        ("", None),
    ],
)
def test_a_typed_period_may_have_a_question_after_it(
    typed: str, read: tuple[str, str, str] | None
) -> None:
    found = split_period(typed)
    assert (found and (found[0].first.isoformat(), found[0].last.isoformat(), found[1])) == read


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


@pytest.mark.parametrize(
    ("question", "language", "days"),
    [
        ("Was geschah von Januar bis März 2020?", "de", ("2020-01-01", "2020-03-31")),
        ("Was geschah von Dezember bis März 2020?", "de", ("2019-12-01", "2020-03-31")),
        ("Was geschah vom 17. bis 21. Mai 2014 in Kidal?", "de", ("2014-05-17", "2014-05-21")),
        ("What happened from January until March 2020?", "en", ("2020-01-01", "2020-03-31")),
        ("Que s'est-il passé entre le 3 et le 5 mai 2021 ?", "fr", ("2021-05-03", "2021-05-05")),
        ("De janvier jusqu'en mars 2020 ?", "fr", ("2020-01-01", "2020-03-31")),
    ],
)
def test_a_range_may_name_its_year_once(
    question: str, language: Language, days: tuple[str, str]
) -> None:
    found = asked_period(question, language)
    assert found
    assert (str(found.first), str(found.last)) == days
