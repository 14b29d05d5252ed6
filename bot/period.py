"""The period a question asks about, where it says so in words or as `2019..2020`.

"Since", "before", "between … and" and their like leave out everything else. A lone year does not:
it only puts passages of that year first (`index.retrieve`), for reports often name no year.
"""

import datetime as dt
import re
from collections.abc import Callable

from index.dates import Days, NamedDays, named_days
from index.words import Language

_EVER, _NEVER = dt.date.min, dt.date.max
_DAY = dt.timedelta(days=1)

_Bounds = Callable[[Days], Days]
_SINCE: _Bounds = lambda days: Days(days.first, _NEVER)  # noqa: E731
_AFTER: _Bounds = lambda days: Days(days.last + _DAY, _NEVER)  # noqa: E731
_BEFORE: _Bounds = lambda days: Days(_EVER, days.first - _DAY)  # noqa: E731
_UNTIL: _Bounds = lambda days: Days(_EVER, days.last)  # noqa: E731

#: The word, then at most four more ("seit dem Putsch vom"), then the date.
_MORE = r"(?:\s+(?!angaben|darstellung|ansicht|worten)[\w’'-]+){0,4}\s*\Z"
_WORDS: dict[Language, tuple[tuple[str, _Bounds], ...]] = {
    "de": (
        (r"\b(?:seit|ab)", _SINCE),
        (r"\bnach", _AFTER),
        (r"\bvor", _BEFORE),
        (r"\bbis", _UNTIL),
    ),
    "en": (
        (r"\b(?:since|from)", _SINCE),
        (r"\bafter", _AFTER),
        (r"\bbefore", _BEFORE),
        (r"\b(?:until|till|up to)", _UNTIL),
    ),
    "fr": (
        (r"\b(?:depuis|dès|à partir)", _SINCE),
        (r"\baprès", _AFTER),
        (r"\bavant", _BEFORE),
        (r"\bjusqu['’]?(?:à|en|au)?", _UNTIL),
    ),
}
_BETWEEN: dict[Language, re.Pattern[str]] = {
    "de": re.compile(r"\b(?:zwischen|von)\b.*\x01.*\b(?:und|bis)\b.*\x02", re.IGNORECASE),
    "en": re.compile(r"\b(?:between|from)\b.*\x01.*\b(?:and|to|until)\b.*\x02", re.IGNORECASE),
    "fr": re.compile(r"\b(?:entre|de|du)\b.*\x01.*\b(?:et|à|au|jusqu\S*)\b.*\x02", re.IGNORECASE),
}
_NOW: dict[Language, re.Pattern[str]] = {
    "de": re.compile(
        r"\b(?:jetzt|zurzeit|zur zeit|derzeit|aktuell\w*|momentan|gerade|heute|gegenwärtig\w*|"
        r"neueste\w*|zuletzt|inzwischen)\b",
        re.IGNORECASE,
    ),
    "en": re.compile(
        r"\b(?:now|currently|today|at present|at the moment|these days|latest|nowadays|still)\b",
        re.IGNORECASE,
    ),
    "fr": re.compile(
        r"\b(?:maintenant|actuellement|aujourd['’]hui|en ce moment|à présent|actuel\w*|"
        r"dernières?|derniers?|toujours)\b",
        re.IGNORECASE,
    ),
}


def asked_period(question: str, language: Language) -> Days | None:
    """The period that a question limits itself to in so many words; None where it does not.

    >>> asked_period("Was geschah seit dem Putsch 2021?", "de").first.isoformat()
    '2021-01-01'
    """
    named = named_days(question)
    if len(named) == 2 and _BETWEEN[language].search(_marked(question, named)):
        return _span(named[0].days.first, named[1].days.last)
    if len(named) != 1:
        return None
    before = question[: named[0].start]
    for word, bounds in _WORDS[language]:
        if re.search(word + _MORE, before, re.IGNORECASE):
            return bounds(named[0].days)
    return None


def read_period(typed: str) -> Days | None:
    """The period in `2019`, `2019..2020`, `2019-05..`, `..2022-05-15`; None if it is none.

    >>> str(read_period("..2022-05").last)
    '2022-05-31'
    """
    first, dots, last = typed.strip().partition("..")
    if not dots:
        return _one(first)
    begin = _one(first) if first else Days(_EVER, _EVER)
    end = _one(last) if last else Days(_NEVER, _NEVER)
    if begin is None or end is None or not (first or last):
        return None
    return _span(begin.first, end.last)


def asks_for_now(question: str, language: Language) -> bool:
    """Whether a question asks how things stand: "zurzeit", "currently", "actuellement"."""
    return bool(_NOW[language].search(question))


def _one(typed: str) -> Days | None:
    match = re.fullmatch(r"\s*(\d{4})(?:-(\d\d?))?(?:-(\d\d?))?\s*", typed)
    if not match:
        return None
    try:
        year, month, day = (int(part) if part else 0 for part in match.groups())
        if day:
            return Days(dt.date(year, month, day), dt.date(year, month, day))
        return Days.of_month(year, month) if match[2] else Days.of_year(year)
    except ValueError:
        return None


def _span(first: dt.date, last: dt.date) -> Days | None:
    return Days(first, last) if first <= last else None


def _marked(question: str, named: list[NamedDays]) -> str:
    """`question` with its two dates replaced by marks."""
    a, b = named
    return f"{question[: a.start]}\x01{question[a.end : b.start]}\x02{question[b.end :]}"
