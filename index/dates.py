"""The days, months and years that a text names, as spans of days.

Read are absolute dates in German, English and French, and lone years from 1900 to 2099. Relative
ones ("on Tuesday") are not: without the article's day they mean nothing, and with it little.
"""

import calendar
import datetime as dt
import re
from dataclasses import dataclass

_NAMES = (
    "januar jänner january janvier|februar february février|märz march mars|april avril|mai may|"
    "juni june juin|juli july juillet|august août|september septembre|oktober october octobre|"
    "november novembre|dezember december décembre"
)
_MONTHS = {
    name: number
    for number, names in enumerate(_NAMES.split("|"), start=1)
    for name in (*names.split(), *(n.replace("é", "e").replace("û", "u") for n in names.split()))
}
#: Names of months, for patterns.
MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_YEAR = r"(?:19|20)\d\d"
_DATE = re.compile(
    rf"\b(?:(?P<iso>{_YEAR}-\d\d-\d\d)"
    rf"|(?P<numeric>\d{{1,2}}\.\d{{1,2}}\.{_YEAR})"
    rf"|(?:(?P<day>\d{{1,2}})(?:\.|er|st|nd|rd|th)?\s+(?:of\s+)?)?(?P<month>{MONTH})\s+(?P<year>{_YEAR})"
    rf"|(?P<us_month>{MONTH})\s+(?P<us_day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<us_year>{_YEAR})"
    rf"|(?P<lone>{_YEAR}))\b",
    re.IGNORECASE,
)
#: Behind these, or before those and not behind a word for a time, a lone number counts something:
#: "rund 2000", "2000 Soldaten", but "in 2012 soldiers …".
_ABOUT = re.compile(
    r"\b(?:rund|fast|knapp|gut|mehr als|weniger als|mindestens|nearly|almost|more than|fewer than|"
    r"at least|près de|plus de|moins de|au moins|mirage)\s*$",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r"\s+(?:[\w-]+e[nr]?\s+)?(?:soldat|kämpfer|menschen|personen|zivilist|tote\b|toten\b|flüchtling|"
    r"vertrieben|polizist|blauhelm|mann\b|kilometer|tonnen|euro|dollar|soldier|fighter|people|"
    r"civilian|troops|refugee|men\b|peacekeeper|deaths|dead\b|combattant|personnes|civils|"
    r"réfugié|déplacé|hommes|morts|policier|kilom|tonnes)",
    re.IGNORECASE,
)
_OF_TIME = re.compile(
    rf"\b(?:in|im|jahre?s?|en|seit|since|depuis|of|de|d['’]|an|année|year|by|bis|until|till|"
    rf"ab|vor|before|avant|après|after|{MONTH})\s*$",
    re.IGNORECASE,
)
#: After these a lone number is no year: "Resolution 2085", "Resolutionen 2056 und 2071".
_NUMBERED = re.compile(
    r"\b(?:r[ée]solution(?:en|s)?|nr\.?|nummer|number|no\.|num[ée]ro|n°|article|artikel|dekret|decree|d[ée]cret)\s*$"
    r"|\b(?:r[ée]solution(?:en|s)|nummern|numbers|num[ée]ros|articles|dekrete|decrees|d[ée]crets)\s+"
    r"(?:\d+\s*(?:,|und|and|et|sowie|/|&)\s*)+$",
    re.IGNORECASE,
)
#: Characters before a number in which the word for it and the other numbers of its list stand.
_LIST = 64


@dataclass(frozen=True, slots=True, order=True)
class Days:
    """From `first` to `last`, both included: one day, a month, a year, or any range."""

    first: dt.date
    last: dt.date

    @classmethod
    def of_year(cls, year: int) -> "Days":
        """1 January to 31 December."""
        return cls(dt.date(year, 1, 1), dt.date(year, 12, 31))

    @classmethod
    def of_month(cls, year: int, month: int) -> "Days":
        """The first to the last of a month."""
        return cls(
            dt.date(year, month, 1), dt.date(year, month, calendar.monthrange(year, month)[1])
        )

    def meets(self, other: "Days") -> bool:
        """Whether the two have a day in common."""
        return self.first <= other.last and other.first <= self.last

    def __contains__(self, day: dt.date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class NamedDays:
    """Days named in a text, at characters `start` to `end` (exclusive)."""

    days: Days
    start: int
    end: int


def named_days(text: str) -> list[NamedDays]:
    """The dates named in `text`, in order; impossible ones ("31. Februar 2020") are left out.

    >>> [(str(n.days.first), str(n.days.last)) for n in named_days("am 18. Mai 2022, im Juni 2023")]
    [('2022-05-18', '2022-05-18'), ('2023-06-01', '2023-06-30')]
    """
    found = []
    for match in _DATE.finditer(text):
        if match["lone"] and (_is_of_paper(match) or _counts(match)):
            continue
        try:
            days = _days(match)
        except ValueError:
            continue
        found.append(NamedDays(days, match.start(), match.end()))
    return found


def last_named(text: str) -> dt.date | None:
    """The last of the days that a text names, None if it names none."""
    return max((one.days.last for one in named_days(text)), default=None)


def numbers_of_papers(text: str) -> list[str]:
    """The numbers by which `text` names resolutions, decrees and their like, in order.

    >>> numbers_of_papers("Was erlaubte die Resolution 2085 im Jahr 2012?")
    ['2085']
    """
    return [match.group() for match in re.finditer(r"\b\d{3,}\b", text) if _is_of_paper(match)]


def _is_of_paper(number: re.Match[str]) -> bool:
    begin = number.start()
    return bool(_NUMBERED.search(number.string[max(0, begin - _LIST) : begin]))


def _counts(number: re.Match[str]) -> bool:
    before = number.string[max(0, number.start() - 16) : number.start()]
    if _ABOUT.search(before):
        return True
    return bool(_COUNTED.match(number.string, number.end()) and not _OF_TIME.search(before))


def begin_of(day: str | None, month: str | None, end: Days) -> Days:
    """What begins a range that ends with `end` and leaves out its year: "3." or "Januar".

    A day alone is of the same month. What would come after the end is of the year before. Raises
    `ValueError` for a day that cannot be.

    >>> str(begin_of("17", None, Days.of_month(2014, 5)).first)
    '2014-05-17'
    """
    year, number = end.first.year, _MONTHS[month.lower()] if month else end.first.month
    days = Days.of_month(year, number)
    if day:
        days = Days(dt.date(year, number, int(day)), dt.date(year, number, int(day)))
    if days.first <= end.last:
        return days
    return begin_of(day, month, Days.of_year(year - 1))


def _days(match: re.Match[str]) -> Days:
    parts = match.groupdict()
    if parts["lone"]:
        return Days.of_year(int(parts["lone"]))
    if parts["iso"]:
        day = dt.date.fromisoformat(parts["iso"])
    elif parts["numeric"]:
        numbers = [int(number) for number in parts["numeric"].split(".")]
        day = dt.date(numbers[2], numbers[1], numbers[0])
    else:
        month = _MONTHS[(parts["month"] or parts["us_month"]).lower()]
        year = int(parts["year"] or parts["us_year"])
        if not (parts["day"] or parts["us_day"]):
            return Days.of_month(year, month)
        day = dt.date(year, month, int(parts["day"] or parts["us_day"]))
    return Days(day, day)
