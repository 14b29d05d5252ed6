"""Dates named in text."""

import datetime as dt
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.dates import Days, named_days, numbers_of_papers


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("am 18. November 2019", ("2019-11-18", "2019-11-18")),
        ("on 18 November 2019", ("2019-11-18", "2019-11-18")),
        ("on November 18th, 2019", ("2019-11-18", "2019-11-18")),
        ("le 1er août 2020", ("2020-08-01", "2020-08-01")),
        ("im Mai 2022", ("2022-05-01", "2022-05-31")),
        ("en février 2020", ("2020-02-01", "2020-02-29")),
        ("18.11.2019", ("2019-11-18", "2019-11-18")),
        ("2019-11-18", ("2019-11-18", "2019-11-18")),
        ("seit 2012", ("2012-01-01", "2012-12-31")),
    ],
)
def test_dates_are_read(text: str, days: tuple[str, str]) -> None:
    [named] = named_days(text)
    assert (named.days.first.isoformat(), named.days.last.isoformat()) == days


@pytest.mark.parametrize(
    "text",
    ["am Dienstag", "12024 Euro", "31. Februar 2020", "", "1850", "UN-Resolution 2085", "n° 2023"],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert not [named for named in named_days(text) if named.start == 0 or "31." not in text]


@pytest.mark.parametrize(
    ("text", "numbers", "days"),
    [
        ("Resolutionen 2056 und 2071", ["2056", "2071"], 0),
        ("resolutions 2056, 2071 and 2085", ["2056", "2071", "2085"], 0),
        ("les résolutions 2056 et 2071 de 2012", ["2056", "2071"], 1),
        ("Resolution 2085 und 2012", ["2085"], 1),
        ("zwischen 2012 und 2013", [], 2),
        ("Frankreich schickte 1900 Soldaten", [], 0),
        ("mehr als 2000 tote Zivilisten", [], 0),
        ("vor dem Angriff der Mirage 2000", [], 0),
        ("In 2012 soldiers took power", [], 1),
        ("Ende Mai 2012 Kämpfer", [], 1),
        ("was weiß man über 2020?", [], 1),
    ],
)
def test_numbers_of_papers_are_no_years(text: str, numbers: list[str], days: int) -> None:
    assert numbers_of_papers(text) == numbers
    assert len(named_days(text)) == days


@given(st.text(max_size=200))
def test_any_text_is_read_in_order(text: str) -> None:
    found = named_days(text)
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert all(one.days.first <= one.days.last for one in found)


@given(st.lists(st.dates(), min_size=4, max_size=4, unique=True))
def test_days_meet_where_they_overlap_and_nowhere_else(days: list[dt.date]) -> None:
    a, b, c, d = sorted(days)
    assert Days(a, c).meets(Days(b, d))
    assert Days(b, d).meets(Days(a, c))
    assert not Days(a, b).meets(Days(c, d))
