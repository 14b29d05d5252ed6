"""Different figures for the same thing among the passages that are cited.

Two sentences disagree where both count the same kind of thing ("24 Soldaten", "43 soldats"), with
different numbers, and share another word that is no number, such as the place. That is a test of
form: it says that figures differ, not which is right.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.dates import named_days
from index.words import Language, stem, tokens

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


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of things of one kind, as written at characters `start` to `end` (exclusive)."""

    thing: str
    number: int
    start: int
    end: int


def figures(text: str) -> list[Figure]:
    """The figures in `text`; dates are none.

    >>> [(f.thing, f.number) for f in figures("Am 18. Mai 2022 starben 24 Soldaten.")]
    [('soldiers', 24)]
    """
    dated = [(named.start, named.end) for named in named_days(text)]
    words = tokens(text)
    found = []
    for place, word in enumerate(words):
        number = int(word.text) if word.text.isdecimal() else _NUMBERS.get(word.text)
        if number is None or any(start <= word.start < end for start, end in dated):
            continue
        for near in words[place + 1 : place + 1 + _REACH]:
            if near.text.isdecimal() or near.text in _NUMBERS:
                break
            if thing := _COUNTED.get(near.text):
                found.append(Figure(thing, number, word.start, near.end))
                break
    return found


def differing(quote: str, others: Sequence[str], language: Language) -> list[tuple[int, Figure]]:
    """The figures in `others` that differ from `quote`'s for the same thing.

    Each comes with the number of the text it stands in, from 0. Texts that also have the figure of
    `quote` do not differ from it.
    """
    own = figures(quote)
    subject = _subject(quote, language)
    found: list[tuple[int, Figure]] = []
    for position, text in enumerate(others):
        for sentence_start, sentence in _sentences(text):
            if not subject & _subject(sentence, language):
                continue
            theirs = figures(sentence)
            for figure in theirs:
                same = [one.number for one in own if one.thing == figure.thing]
                if same and figure.number not in same:
                    place = Figure(
                        figure.thing,
                        figure.number,
                        sentence_start + figure.start,
                        sentence_start + figure.end,
                    )
                    found.append((position, place))
    return found


def _subject(text: str, language: Language) -> set[str]:
    """The stems of the names in `text`: capital letters, but for what is counted and for dates."""
    names = set()
    dated = [(named.start, named.end) for named in named_days(text)]
    for token in tokens(text)[1:]:
        in_date = any(start <= token.start < end for start, end in dated)
        if text[token.start].isupper() and token.text not in _COUNTED and not in_date:
            names.add(stem(token.text, language))
    return names


def _sentences(text: str) -> list[tuple[int, str]]:
    return [(m.start(), m.group()) for m in re.finditer(r"[^.!?]+(?:\.(?=\d)[^.!?]+)*[.!?]*", text)]
