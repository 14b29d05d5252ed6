"""The period a question asks about, where it says so in words or as `2019..2020`.

"Since", "before", "between … and" and their like leave out everything else. A lone year does not:
it only puts passages of that year first (`index.retrieve`), for reports often name no year.
"""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass

from index.dates import MONTH, Days, NamedDays, begin_of, named_days
from index.words import Language, without

_EVER, _NEVER = dt.date.min, dt.date.max
_DAY = dt.timedelta(days=1)

_Bounds = Callable[[Days], Days]
_SINCE: _Bounds = lambda days: Days(days.first, _NEVER)  # noqa: E731
_AFTER: _Bounds = lambda days: Days(days.last + _DAY, _NEVER)  # noqa: E731
_BEFORE: _Bounds = lambda days: Days(_EVER, days.first - _DAY)  # noqa: E731
_UNTIL: _Bounds = lambda days: Days(_EVER, days.last)  # noqa: E731


@dataclass(frozen=True, slots=True)
class _Limit:
    """A word that may limit the time: what it leaves if a date follows, and if an event does.

    "After 2020" leaves 2020 out; "after the coup of 2020" does not, for the rest of that year came
    after it. A `plain` word speaks of time whatever follows it; others also of places and claims.
    """

    word: str
    date: _Bounds
    event: _Bounds
    plain: bool = False


#: The word, then at most four more without figures ("seit dem Putsch vom"), then the date.
_MORE = (
    r"(?P<more>(?:\s+(?![\w-]*(?:angaben|darstellung|ansicht|worten|einschätzung)\b)"
    r"(?:(?!\d)[\w’'-])+){0,4})\s*\Z"
)
_LIMITS: dict[Language, tuple[_Limit, ...]] = {
    "de": (
        _Limit(r"\bseit", _SINCE, _SINCE, plain=True),
        _Limit(r"\bab", _SINCE, _SINCE),
        _Limit(r"\bnach", _AFTER, _SINCE),
        _Limit(r"\bvor", _BEFORE, _UNTIL),
        _Limit(r"\bbis", _UNTIL, _UNTIL),
    ),
    "en": (
        _Limit(r"\bsince", _SINCE, _SINCE, plain=True),
        _Limit(r"\bafter", _AFTER, _SINCE),
        _Limit(r"\bbefore", _BEFORE, _UNTIL),
        _Limit(r"\b(?:until|till)", _UNTIL, _UNTIL, plain=True),
        _Limit(r"\bup to", _UNTIL, _UNTIL),
    ),
    "fr": (
        _Limit(r"\b(?:depuis|dès)", _SINCE, _SINCE, plain=True),
        _Limit(r"\bà partir", _SINCE, _SINCE),
        _Limit(r"(?<!d['’])\baprès", _AFTER, _SINCE),
        _Limit(r"\bavant", _BEFORE, _UNTIL),
        _Limit(r"\bjusqu['’]?(?:à|en|au)?", _UNTIL, _UNTIL),
    ),
}
#: What may stand between such a word and the date it speaks of.
_OF_DATE: dict[Language, re.Pattern[str]] = {
    "de": re.compile(r"(?:\s+(?:zum?|dem|den|in|ins|jahre?|einschließlich))*", re.IGNORECASE),
    "en": re.compile(r"(?:\s+the year)?", re.IGNORECASE),
    "fr": re.compile(
        r"(?:\s+(?:de|du|d['’]|le|la|en|au|à|mois|(?:l['’])?an(?:née)?))*", re.IGNORECASE
    ),
}
#: "Warnte vor einem Putsch": an event that bounds a time is a known one.
_ANY_EVENT = re.compile(r"\s+(?:eine[mnrs]?|an?|une?)\b", re.IGNORECASE)
#: Words for what happens on a day, and for parts of a year; in German they end compounds too.
#: "The 2012 …" goes on with such a word.
_EVENT: dict[Language, re.Pattern[str]] = {
    "de": re.compile(
        r"(?:putsch|streich|sturz|angriff|überf[aä]ll|anschl[aä]g|attentat|attacke|hinterhalt|"
        r"massaker|mord|tod|schlacht|gefecht|kampf|kämpfe|krieg|krise|offensive|aufst[aä]nd|"
        r"rebellion|revolte|protest|unruhe|intervention|einmarsch|eroberung|einnahme|\bfall|"
        r"abzug|rückzug|austritt|rücktritt|ausweisung|festnahme|verhaftung|entführung|"
        r"freilassung|wahl|referendum|abstimmung|abkommen|vertrag|gipfel|konferenz|gründung|"
        r"auflösung|übergabe|übernahme|niederlage|sieg|sanktion|blockade|unabhängigkeit|"
        r"explosion|absturz|unfall|kollision|flut|dürre|\bbeginn|\banfang|\bmitte|\bende|"
        r"frühjahr|frühling|sommer|herbst|winter)(?:e|e?s|e?n)?\b",
        re.IGNORECASE,
    ),
    "en": re.compile(
        r"\A\s+the\Z|\b(?:coup|putsch|overthrow|ouster|attack|assault|raid|ambush|bombing|"
        r"shooting|massacre|killing|murder|death|battle|fighting|clash|war|crisis|offensive|"
        r"uprising|rebellion|revolt|mutiny|protest|unrest|intervention|invasion|capture|fall|"
        r"withdrawal|exit|departure|resignation|expulsion|arrest|kidnapping|release|election|"
        r"vote|referendum|agreement|accord|treaty|deal|summit|conference|founding|creation|"
        r"dissolution|handover|takeover|defeat|victory|sanction|blockade|independence|explosion|"
        r"crash|accident|collision|flood|drought|start|beginning|end|early|mid|late|spring|"
        r"summer|autumn|winter)(?:e?s)?\b",
        re.IGNORECASE,
    ),
    "fr": re.compile(
        r"\b(?:coup|putsch|renversement|attaque|assaut|raid|embuscade|attentat|massacre|tuerie|"
        r"meurtre|assassinat|mort|bataille|combat|affrontement|guerre|crise|offensive|"
        r"soulèvement|rébellion|révolte|mutinerie|manifestation|intervention|invasion|prise|"
        r"chute|retrait|départ|démission|expulsion|arrestation|enlèvement|libération|élection|"
        r"vote|scrutin|référendum|accord|traité|sommet|conférence|fondation|création|dissolution|"
        r"remise|défaite|victoire|sanction|blocus|indépendance|explosion|crash|accident|"
        r"collision|inondation|sécheresse|début|mi|fin|printemps|été|automne|hiver)(?:e?s|x)?\b",
        re.IGNORECASE,
    ),
}
#: Two dates as one period: "zwischen … und …", or "2019 bis …", with "von" before it or without.
_RANGES: dict[Language, tuple[str, str, str]] = {
    "de": ("zwischen", "und", "bis"),
    "en": ("between", "and", "(?:to|until|till|through)"),
    "fr": ("entre", "et", "(?:à|au|jusqu['’](?:à|en|au))"),
}
_RANGE: dict[Language, re.Pattern[str]] = {
    language: re.compile(
        rf"(?:\b{between}\b(?:(?!\b{and_}\b).)*\x01\s*,?\s*{and_}\b|\x01\s*(?:[–-]|{to}\b))"
        rf"(?:\s+(?!{and_}\b)[\w’'-]+){{0,4}}\s*\x02",
        re.IGNORECASE,
    )
    for language, (between, and_, to) in _RANGES.items()
}
#: The begin of a range whose year stands at its end: "vom 17. bis …", "from January to …".
_BEGIN = re.compile(
    r"\b(?:vo[mn]|zwischen|from|between|entre|du|de|d['’])\s*(?:dem\s+|the\s+|le\s+)?"
    rf"(?:(?P<day>\d{{1,2}})(?:\.|er|st|nd|rd|th)?)?\s*(?P<month>{MONTH})?\s*"
    r"(?:bis|und|to|until|till|through|and|à|au|et|jusqu['’](?:à|en|au))\s+"
    r"(?:zum\s+|dem\s+|the\s+|le\s+)?\Z",
    re.IGNORECASE,
)
#: What joins two typed dates, and joins nothing where a date is left out.
_JOINING = frozenset("bis und to until till and à au et jusqu en".split())
_TYPED = r"\d{4}(?:-\d\d?){0,2}(?!\d)"
_JOINED = re.compile(
    rf"^({_TYPED})\s*(?:\.\.|[–-]|\b(?:bis|und|to|until|till|and|à|au|et)\b|jusqu['’](?:à|en))\s*"
    rf"({_TYPED})(?=\s|$)",
    re.IGNORECASE,
)
_LETTERS = re.compile(r"[^\W\d_]+")


def asked_period(question: str, language: Language) -> Days | None:
    """The period that a question limits itself to in so many words; None where it does not.

    >>> asked_period("Was geschah seit dem Putsch 2021?", "de").first.isoformat()
    '2021-01-01'
    """
    named = named_days(question)
    if len(named) == 2 and _RANGE[language].search(_marked(question, named)):
        return _span(named[0].days.first, named[1].days.last)
    if len(named) != 1:
        return None
    days, before = named[0].days, question[: named[0].start]
    if (begin := _BEGIN.search(before)) and (begin["day"] or begin["month"]):
        try:
            return _span(begin_of(begin["day"], begin["month"], days).first, days.last)
        except ValueError:
            return None
    if days.first == days.last:
        before = re.sub(r"\bthe\s*\Z", "", before, flags=re.IGNORECASE)
    for limit in _LIMITS[language]:
        match = re.search(limit.word + _MORE, before, re.IGNORECASE)
        if match is None or _ANY_EVENT.match(match["more"]):
            continue
        if _OF_DATE[language].fullmatch(match["more"]):
            return limit.date(days)
        if limit.plain or _EVENT[language].search(match["more"]):
            return limit.event(days)
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


def split_period(typed: str) -> tuple[Days, str] | None:
    """A typed period and the question after it ("" if there is none); None if it is no period.

    >>> days, question = split_period("2019 bis 2020 Wer führte die Rebellen?")
    >>> days.last.isoformat(), question
    ('2020-12-31', 'Wer führte die Rebellen?')
    """
    first, _, rest = _JOINED.sub(r"\1..\2", typed.strip(), count=1).partition(" ")
    days = read_period(first)
    if days is None:
        return None
    if rest and not set(_LETTERS.findall(without(rest, named_days(rest)).lower())) - _JOINING:
        return None
    return days, rest.strip()


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
