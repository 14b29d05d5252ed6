"""Which sentences say something only together with the one before ("Er stammt aus Kati").

A rule of form: a sentence that begins with a pronoun or a word that points back, or whose verb has
nothing but a pronoun for its object ("Le JNIM l'a revendiquée."). It says nothing of who claims
what, for which see `index.attribution`.
"""

import re
from collections.abc import Sequence

from index.attribution import Span, claim_start
from index.words import Language

#: How many claims further back a quote may begin, and how many characters it may then have.
MAX_STEPS, MAX_CHARS = 2, 400

_AUXILIARY_FR = r"(?:a|ont|avait|avaient|aurait|auraient)"
_POINTS_BACK: dict[Language, re.Pattern[str]] = {
    "de": re.compile(
        r"(?:Er|Sie|Ihm|Ihnen|Dies(?:e[rsmn]?)?(?! Artikel)|Jene[rsmn]?|Sein(?:e[rsmn]?)?|"
        r"Ihr(?:e[rsmn]?)?|Deren|Dessen|Beide|Letztere[rsmn]?|Erstere[rsmn]?|Dabei|Damit|Dadurch|Daraufhin|"
        r"Darunter|Davon|Dazu|Daran|Darin|Dafür|Dagegen|Dorthin|Dort|Hinzu|"
        r"Das(?=\s+(?:war(?:en)?|ist|sind|hat(?:te)?|wird|wurde|wäre|sei|kam|galt|gilt)\b)|"
        r"Es(?=\s+(?:handel|hat|hatte|wurde|besteht|umfasst)))\b"
        r"|[^,;:]{0,80}\b(?:bekannten?\s+sich|bekennt\s+sich)\b[^,;:]{0,30}\bdazu\.$"
    ),
    "en": re.compile(
        r"(?!This article\b)(?:He|She|They|"
        r"It(?!\s+(?:is|was|remains|remained|seems|appears|appeared)\b[^.]*\b"
        r"(?:that|whether|who|to)\b)|His|Her|Their|Its|This|These|Those|Both|Such|"
        r"That(?=\s+(?:is|was|had|has|would|came|made|meant)\b)|Among them|Of these|Of them|"
        r"The latter|The former)\b"
        r"|[^,;:]{0,60}\b(?:claimed|rejected|denied|condemned|confirmed|signed|seized|took|left)\s+"
        r"(?:it|them)\.$"
    ),
    "fr": re.compile(
        r"(?!Cet article\b)(?:Ils|"
        r"Il(?!\s+(?:y\s+a|existe|faut|fallait|s['’]agi|en\s+va|est\s+\w+\s+(?:que|de|d['’])))|"
        r"Elles?|Celui-ci|Celles?-ci|Ceux-ci|Ce\s+(?:dernier|fut|sera|sont)|C['’](?:est|était)|"
        r"Cela|Ceci|Cet(?:te)?|Ces|Son|Sa|Ses|Leurs?|Tous\s+deux|Toutes\s+deux|Parmi\s+(?:eux|elles)|"
        r"Celles?|Ceux)\b"
        rf"|[^,;:]{{0,60}}\b(?:l['’]{_AUXILIARY_FR}|les\s+{_AUXILIARY_FR})\s"
    ),
}


def understood_from(
    text: str, sentences: Sequence[Span], first: int, last: int, language: Language
) -> int:
    """Where a quote of `sentences[first]` to `sentences[last]` must begin to be understood.

    The index of an earlier sentence where the first points back: of the same paragraph, at most
    `MAX_STEPS` claims earlier. Where what it points to lies further away, or the quote would be
    longer than `MAX_CHARS`, it is `first`.
    """
    begin = first
    for step in range(MAX_STEPS + 1):
        own = sentences[begin]
        if not _POINTS_BACK[language].match(text, own.start, own.end):
            return begin
        above = sentences[begin - 1] if begin and step < MAX_STEPS else None
        if above is None or above.paragraph != own.paragraph:
            break
        begin = claim_start(text, sentences, begin - 1, language)
        if sentences[last].end - sentences[begin].start > MAX_CHARS:
            break
    return first
