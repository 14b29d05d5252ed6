"""Names of places as they stand in a sentence, told by form: a preposition, then a capital letter.

"bei Tabankort", "in Kidal", "à Gao"; German nouns mostly have an article between ("in der Stadt").
A test of form: "in Frieden" passes it. Enough to tell whether two sentences speak of one place.
"""

import re
from dataclasses import dataclass

from index.words import fold

_PLACE = re.compile(
    r"\b(?:[Ii]n|[Bb]ei|[Nn]ahe|[Aa]us|[Nn]ach|[Uu]m|[Aa]t|[Nn]ear|[Ff]rom|[Aa]round|[ÀàAa]|[Aa]u|"
    r"[Pp]rès de|[Dd]e|[Vv]ers)\s+"
    r"(?P<name>[A-ZÄÖÜÉÈÀÎÔÂ][\w’'-]*\w(?:[ -][A-ZÄÖÜÉ][\w’'-]*\w)*)"
)
#: Stand after these prepositions with a capital letter and are no place, or hold every sentence.
_NO_PLACE = frozenset(
    "mali malis malien januar februar märz april mai juni juli august september oktober november "
    "dezember january february march may june july october december angaben einschätzung ansicht "
    "darstellung worten auffassung berichten informationen".split()
)


@dataclass(frozen=True, slots=True)
class Place:
    """A place named in a text: folded and lower-cased; characters with its preposition."""

    name: str
    start: int
    end: int


def places(text: str) -> list[Place]:
    """The places named in `text`, in order.

    >>> [place.name for place in places("Bei Tabankort und in Ménaka starben nach Angaben viele.")]
    ['tabankort', 'menaka']
    """
    return [
        Place(fold(match["name"].lower()), match.start(), match.end())
        for match in _PLACE.finditer(text)
        if match["name"].lower() not in _NO_PLACE
    ]
