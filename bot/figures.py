"""Different figures for the same thing among the passages that are cited.

Two sentences disagree where both count the same kind of thing ("24 Soldaten", "43 soldats") at the
same place with different numbers, and name no different days, unless one is a count that rose or
fell to something. That is a test of form: it says that figures differ, not which is right.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.dates import Days, named_days
from index.names import places
from index.sentence import split_sentences
from index.words import Language, Token

#: A number with what parts its thousands: "4 300", "1.234.567".
_PARTED = r"[1-9]\d{0,2}(?P<mark>[.,'’\s])\d{3}(?:(?P=mark)\d{3})*(?!\d)"
_THOUSANDS = re.compile(_PARTED)
#: A word, or a number with what parts its thousands and its decimals: "1.234,5", "97,5".
_WORD = re.compile(rf"(?<![^\W_])(?:{_PARTED}(?:[.,]\d+)?|\d+[.,]\d+)(?![^\W_])" r"|[^\W_]+")
_DECIMAL = re.compile(r"\d+\.\d+")
#: Numbers written as words, in the three languages.
_NUMBERS = {
    word: number
    for number, words in enumerate(
        (
            "zwei two deux",
            "drei three trois",
            "vier four quatre",
            "fünf five cinq",
            "sechs six",
            "sieben seven sept",
            "acht eight huit",
            "neun nine neuf",
            "zehn ten dix",
            "elf eleven onze",
            "zwölf twelve douze",
        ),
        start=2,
    )
    for word in words.split()
}
#: What a number before them is multiplied by: "2,5 Millionen". A "billion" is a thousand million in
#: English and a million million in German, and left alone.
_TIMES = {
    word: times
    for times, words in (
        (1e3, "tausend thousand mille"),
        (1e6, "mio million millionen millions"),
        (1e9, "mrd milliarde milliarden milliard milliards"),
    )
    for word in words.split()
}
#: What is counted, by the words that name it.
_THINGS = {
    "dead": "tot tote toten toter todesopfer getötet getötete getöteten gefallen gefallene "
    "gefallenen starben gestorben umgekommen leben dead killed deaths died fatalities morts mort "
    "tués tué décès",
    "soldiers": "soldat soldaten blauhelme soldiers troops peacekeepers soldats militaires",
    "wounded": "verletzt verletzte verletzten verwundet verwundete verwundeten injured wounded "
    "blessés blessé",
    "civilians": "zivilist zivilisten zivilpersonen dorfbewohner civilian civilians villagers "
    "civils civil villageois",
    "fighters": "kämpfer islamisten dschihadisten extremisten terroristen fighters jihadists "
    "militants terrorists combattants djihadistes terroristes",
    "prisoners": "gefangene gefangenen gefangen festgenommen festgesetzt verdächtige prisoners "
    "arrested detained suspects prisonniers arrêtés détenus suspects",
    "displaced": "flüchtlinge flüchtlingen vertriebene vertriebenen binnenvertriebene refugees "
    "displaced réfugiés déplacés",
    "votes": "prozent percent pourcent",
}
_COUNTED = {word: thing for thing, words in _THINGS.items() for word in words.split()}
#: Things whose number is never given without who gives it.
TOLLS = frozenset({"dead", "soldiers", "wounded", "civilians", "fighters", "prisoners"})
#: Words at most between a number and what it counts.
_REACH = 4


#: What a number of things before it is said to have come to: "stieg auf 43".
_CAME_TO = frozenset("auf to à".split())


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of things, as written at characters `start` to `end` (exclusive).

    `revised` is a count that came to this number: "stieg auf 43".
    """

    things: frozenset[str]
    number: float
    start: int
    end: int
    revised: bool = False


def figures(text: str) -> list[Figure]:
    """The figures in `text`; dates are none.

    >>> [(sorted(f.things), f.number) for f in figures("Am 18. Mai 2022 fielen 24 Soldaten.")]
    [(['soldiers'], 24)]
    """
    dated = [(named.start, named.end) for named in named_days(text)]
    words = [Token(m.group().lower(), m.start(), m.end()) for m in _WORD.finditer(text)]
    numbers = [
        None if any(start <= word.start < end for start, end in dated) else _number(word.text)
        for word in words
    ]
    found = []
    for place, number in enumerate(numbers):
        if number is None:
            continue
        if place + 1 < len(words):
            number *= _TIMES.get(words[place + 1].text, 1)
        near = _run(words[place + 1 :], numbers[place + 1 :])
        revised = not near and place > 0 and words[place - 1].text in _CAME_TO
        if revised:
            near = _run(words[place - 1 :: -1], numbers[place - 1 :: -1])
        if near:
            end = max(words[place].end, *(word.end for word in near))
            things = frozenset(_COUNTED[word.text] for word in near)
            found.append(Figure(things, number, words[place].start, end, revised))
    return found


def differing(quote: str, others: Sequence[str], language: Language) -> list[tuple[int, Figure]]:
    """The figures in `others` that differ from `quote`'s for the same thing; all in one language.

    Each comes with the number of the text it stands in, from 0.
    """
    own = figures(quote)
    where, when = _places(quote), _days(quote)
    found: list[tuple[int, Figure]] = []
    for position, text in enumerate(others):
        for span in split_sentences(text, 0, language):
            offset, sentence = span.start, text[span.start : span.end]
            theirs = _days(sentence)
            if not where & _places(sentence):
                continue
            other_day = when and theirs and not when & theirs
            for figure in figures(sentence):
                if other_day and not figure.revised:
                    continue
                same = {one.number for one in own if one.things & figure.things}
                if same and figure.number not in same:
                    start, end = offset + figure.start, offset + figure.end
                    found.append((position, Figure(figure.things, figure.number, start, end)))
    return found


def _run(words: Sequence[Token], numbers: Sequence[float | None]) -> list[Token]:
    """The counted things among the next few words, up to the next number."""
    near = []
    for word, number in zip(words[:_REACH], numbers[:_REACH], strict=True):
        if number is not None:
            break
        if word.text in _COUNTED:
            near.append(word)
    return near


def _number(word: str) -> float | None:
    if not word[0].isdecimal():
        return _NUMBERS.get(word)
    parted = _THOUSANDS.match(word)
    end = parted.end() if parted else 0
    plain = re.sub(r"\D", "", word[:end]) + word[end:].replace(",", ".")
    if plain.isdecimal():
        return int(plain)
    return float(plain) if _DECIMAL.fullmatch(plain) else None


def _places(text: str) -> set[str]:
    return {place.name for place in places(text, where=True)}


def _days(text: str) -> set[Days]:
    """The single days that `text` names."""
    return {named.days for named in named_days(text) if named.days.first == named.days.last}
