"""Names of places as they stand in a sentence, told by form: a preposition, then a capital letter.

"bei Tabankort", "in Kidal", "à Gao"; German nouns mostly have an article between ("in der Stadt").
A test of form: "in Würde" passes it. Enough to tell whether two sentences speak of one place.
"""

import re
from dataclasses import dataclass

from index.words import fold

_PLACE = re.compile(
    r"\b(?:(?P<where>[Ii]n|[Bb]ei|[Nn]ahe|[Uu]m|[Aa]t|[Nn]ear|[Aa]round|[ÀàAa]|[Aa]u|[Pp]rès de)|"
    r"[Aa]us|[Nn]ach|[Ff]rom|[Dd]e|[Vv]ers)\s+"
    r"(?P<name>[A-ZÄÖÜÉÈÀÎÔÂ][\w’'-]*\w(?:[ -][A-ZÄÖÜÉ][\w’'-]*\w)*)"
)
#: Stand after these prepositions with a capital letter and are no place, or hold every sentence.
_NO_PLACE = re.compile(
    r"mali|malis|malien|januar|februar|märz|april|mai|juni|juli|august|september|oktober|november|"
    r"dezember|january|february|march|may|june|july|october|december|"
    r".*(?:angaben|einschätzung|ansicht|darstellung|worten|auffassung|berichten?|informationen|"
    r"kreisen|zählung)|"
    # "Bei Gefechten", "in Haft": no preposition's place, though German writes it like one.
    r".*(?:angriffen?|kämpfen|gefechten?|einsätzen|zusammenstößen|unruhen|anschlägen?|überfällen|"
    r"haft|kraft|abwesenheit|protesten|gesprächen|verhandlungen|frieden)"
)


@dataclass(frozen=True, slots=True)
class Place:
    """A place named in a text: folded and lower-cased; characters with its preposition."""

    name: str
    start: int
    end: int


def places(text: str, *, where: bool = False) -> list[Place]:
    """The places named in `text`, in order; with `where`, without those one goes to or comes from.

    >>> [place.name for place in places("Bei Tabankort und in Ménaka starben nach Angaben viele.")]
    ['tabankort', 'menaka']
    """
    return [
        Place(fold(match["name"].lower()), match.start(), match.end())
        for match in _PLACE.finditer(text)
        if not _NO_PLACE.fullmatch(match["name"].lower()) and (match["where"] or not where)
    ]
