"""Which sentences say something only together with the one before ("Er stammt aus Kati").

A rule of form: a sentence that begins with a pronoun or a word that points back, or with a time and
then a pronoun ("Am 12. Mai wurde er frei"), or whose verb has nothing but a pronoun for its object
("Le JNIM l'a revendiquée."). A name that comes later in the sentence is not seen. It says nothing
of who claims what, for which see `index.attribution`.
"""

import re
from collections.abc import Sequence

from index.attribution import Span, claim_start
from index.words import Language

#: How many claims further back a quote may begin, and how many characters it may then have.
MAX_STEPS, LONGEST = 2, 400

# What a sentence begins with that points back, and behind which no more of a word may stand.
_BEGINS: dict[Language, tuple[str, ...]] = {
    "de": (
        r"Er|Sie|Ihm|Ihnen|Sein(?:e[rsmn]?)?|Ihr(?:e[rsmn]?)?|Deren|Dessen|Beide|Jene[rsmn]?",
        r"Letztere[rsmn]?|Erstere[rsmn]?|Dabei|Dadurch|Daraufhin|Darauf|Danach|Darunter|Davon|Dazu",
        r"Daran|Darin|Dafür|Dagegen|Daher|Deshalb|Dorthin|Dort|Hinzu",
        r"Dies(?:e[rsmn]?)?(?!\s+(?:Artikel|Jahr|Monat|Woche|Tage)\w*)",
        # "Damit endete der Einsatz", but not "Damit die Hilfe ankommt, ..."
        r"Damit(?!\s+(?:d(?:ie|er|as|en|em)|ein\w*|kein\w*|sie|er|es|man|sich|auch|nicht)\b)",
        r"Das(?=\s+(?:war(?:en)?|ist|sind|h(?:at|aben?|atten?|ätten?)|wird|w[uü]rde|wäre|sei|kam|"
        r"galt|gilt|teilt|sagt|erklärt|bestätigt|berichtet|meldet|bedeutet|geschah|gelang)(?:en?)?\b)",
        r"Es(?=\s+(?:handel|umfass)\w+)",
    ),
    "en": (
        r"He|She|They|His|Her|Their|Its|Such|Among\s+them|Of\s+(?:these|them)",
        r"It(?!\s+(?:is|was|remain(?:s|ed)|seem(?:s|ed)|bec(?:omes|ame))\s+(?:not\s+|still\s+)?(?:un)?"
        r"(?:clear|known|likely|possible|expected|planned|certain|true|necessary|difficult)\b"
        r"|\s+t(?:ook|akes)\b)",
        r"This(?!\s+(?:article|year|week|month|time|spring|summer|autumn|winter)\b)",
        r"These(?!\s+days\b)|Those(?!\s+who\b)|Both(?!\s+[A-Z][^,;:.]*?\sand\b)",
        r"That(?=\s+(?:is|was|had|has|would|came|made|meant)\b)",
        r"The\s+(?:latter|former)(?=,|\s+(?:is|was|were|had|has|have|would|said)\b)",
    ),
    "fr": (
        r"Ils|Elles?|Son|Sa|Ses|Leurs?|Cela|Ceci|Parmi\s+(?:eux|elles)|Tou(?:s|tes)\s+deux",
        r"Il(?!\s+(?:n['’])?(?:y\s+(?:a|en|eu)|exist|fau|fall|a\s+fallu|sembl|rest(?:e|ait)\b|"
        r"(?:est|était|sera)\s+(?:\w+ment\s+)?(?:im)?(?:possible|difficile|prévu|probable|clair|"
        r"question|nécessaire|certain|interdit|vrai)\b))",
        r"Cel(?:ui|les?)-ci|Ceux-ci|C(?:elles?|eux)(?!\s+qui\b)",
        r"Ce(?!\s+(?:que|qui|jour|mois|matin|soir)\b)",
        r"Cet(?:te)?(?!\s+(?:article|année|semaine|fois|nuit)\b)",
        r"Ces(?!\s+(?:derni|jours|années|temps))",
    ),
}
# How a sentence goes on to be one that points back, its first words being of no matter.
_AUXILIARY_FR = r"(?:a|ont|avait|avaient|aurait|auraient)"
_GOES_ON: dict[Language, tuple[str, ...]] = {
    "de": (
        r"(?:Am|Im|In|Seit|Nach|Ab|Bis|Um|Vor|Anfang|Mitte|Ende|Zuvor|Später)\b[^,;:]{0,40}?"
        r"\s[a-zäöü]+\s+(?:er|sie)\b",
        r"[^,;:]{0,80}\bsich\b[^,;:]{0,30}\bdazu(?:\s+bekannt)?\.$",
        r"[^,;:]{0,80}\b(?:bestritt|wies|bestätigt|dementiert|lehnt|verurteilt|begrüßt)(?:en?)?\s+"
        r"(?:das|dies|sie|ihn|es)(?:\s+(?:zurück|ab))?\.$",
    ),
    "en": (
        r"(?:On|In|At|After|Since|Before|By|From|Later|Earlier|Then)\b[^,;:]{0,40}?,?"
        r"\s(?:he|she|they|it(?!\s+(?:is|was)\b))\s",
        r"[^,;:]{0,60}\b(?:claimed|rejected|denied|condemned|confirmed|disputed|signed|welcomed)\s+"
        r"(?:this|that|(?:it|them)(?:\s+(?:on|in|through|via|too)\b[^,;:]{0,40})?)\.$",
    ),
    "fr": (
        r"C['’](?:est|étai(?:t|ent))\b",
        r"(?:Le|En|Au|À|Depuis|Après|Dès|Début|Fin)\b[^,;:]{0,40},\s(?:ils?|elles?)\s(?!y\s|fa)",
        r"[^,;:]{0,60}(?<!omme )(?<!qui )(?<!que )(?<!et )(?<!puis )"
        rf"\b(?:l['’]|les\s+){_AUXILIARY_FR}\s",
    ),
}
_REFERS_BACK = {
    language: re.compile(rf"(?:{'|'.join(_BEGINS[language])})(?![-\w'’])|{'|'.join(further)}")
    for language, further in _GOES_ON.items()
}


def understood_from(
    text: str, sentences: Sequence[Span], first: int, last: int, language: Language
) -> int:
    """Where a quote of `sentences[first]` to `sentences[last]` must begin to be understood.

    The index of an earlier sentence where the first points back: of the same paragraph, at most
    `MAX_STEPS` claims earlier. Where what it points to lies further away, or the quote would be
    longer than `LONGEST`, it is `first`.
    """
    begin = first
    for step in range(MAX_STEPS + 1):
        own = sentences[begin]
        if not _REFERS_BACK[language].match(text, own.start, own.end):
            return begin
        above = sentences[begin - 1] if begin and step < MAX_STEPS else None
        if above is None or above.paragraph != own.paragraph:
            break
        begin = claim_start(text, sentences, begin - 1, language)
        if sentences[last].end - sentences[begin].start > LONGEST:
            break
    return first
