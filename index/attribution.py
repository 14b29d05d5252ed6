"""Which sentences lose their claimant when they are cut out, and how far back it stands.

News prose names a speaker once ("nach Regierungsangaben", "sagt Bernau") and goes on in quotation
marks or reported speech. Cutting there turns a claim into a fact, which this project never does.
The test is one of form, not of meaning: open quotation marks, or German reported speech
(Konjunktiv I) or French hearsay conditional, in a sentence that names no speaker itself.
"""

import re
from collections.abc import Sequence
from typing import Protocol

from index.words import Language

#: How many sentences back a claimant is looked for, within the paragraph.
MAX_STEPS = 4

_NAMES_A_SPEAKER: dict[Language, re.Pattern[str]] = {
    "de": re.compile(
        r"\b(?:laut|zufolge|nach\s+(?:\S+\s+){0,4}?\S*(?:angaben|darstellung|worten|auffassung|"
        r"einschätzung|ansicht|bericht(?:en)?|informationen)|so (?:der|die|das|ein|eine)\s|"
        r"(?:sag|erklär|beton|melde|berichte|behaupte|verkünde|forder|warn|kritisier|räum|schrieb|"
        r"schreib|nann|nenn|bezeichne|bekann|mitteil|teil|reklamier|mahn|beklag|vermute|urteil|"
        r"bestätig|versicher|mein|dementier|bestritt|bestreite)(?:t|te|ten|en|e)?\b(?!\w)|"
        r"(?:wies|weist|verwies|verweist)\b.*\bhin\b|hieß es|heißt es|äußerte|gab\b.*\ban\b|"
        r"versuchte\b.*\bdarzustellen)",
        re.IGNORECASE,
    ),
    "en": re.compile(
        r"\b(?:according to|said|says|told|stated|claims?|claimed|reported|announced|added|warned|"
        r"argued|insisted|denied|called|wrote|explained|stressed)\b",
        re.IGNORECASE,
    ),
    "fr": re.compile(
        r"\b(?:selon|d['’]après|a (?:dit|déclaré|affirmé|annoncé|ajouté|indiqué|expliqué|souligné|"
        r"estimé|assuré|démenti)|dit|déclare|affirme|indique|explique|souligne|estime)\b",
        re.IGNORECASE,
    ),
}
# Forms that are Konjunktiv I and nothing else in the third person, of the verbs news prose uses.
_REPORTED: dict[Language, re.Pattern[str]] = {
    "de": re.compile(
        r"\b(?:sei|seien|habe|werde|könne|müsse|dürfe|solle|wolle|möge|wisse|gebe|komme|gehe|lasse|"
        r"bleibe|stehe|liege|leide|lehne|steige|treibe|versuche|begehe|führe|nehme|halte|bringe|"
        r"mache|finde|sehe|zeige|brauche|fehle|gehöre|verliere|gefährde|unterstütze|kämpfe|"
        r"bedeute|drohe|bestehe|erhalte|arbeite|handle|handele|setze|stelle|trage|tue|spreche|"
        r"ziehe|hoffe|erwarte|glaube|reiche|genüge|laufe|verlange|fordere|wachse|sinke|nütze|diene|"
        r"schade|helfe|ende|beginne|bereite|plane|prüfe|suche|liefere|zahle|koste|lebe|sterbe|fliehe|"
        r"greife|schütze|töte|verhandele|verhandle|verweigere|blockiere|finanziere|bilde|folge)\b"
    ),
    "en": re.compile(r"(?!)"),
    "fr": re.compile(r"\b(?:aurait|auraient|serait|seraient)\b"),
}
# How else news prose says whose figure it is: "RFI put the dead at", "a fait état de".
_GIVES_A_FIGURE: dict[Language, re.Pattern[str]] = {
    "de": re.compile(
        r"\b(?:spr(?:ach|achen|icht)\b|beziffert|zähl(?:t|te|ten)\b|ermittelt|kam auf\b|"
        r"unter berufung|\w*quellen?\b|eigener zählung)",
        re.IGNORECASE,
    ),
    "en": re.compile(
        r"\b(?:gave|spoke|speaks?|put|counted|admitted|cit(?:es|ed|ing)|estimated|confirmed|"
        r"declared|listed|named|own (?:account|count|figures)|sources?)\b",
        re.IGNORECASE,
    ),
    "fr": re.compile(
        r"\b(?:(?:a|ont|avait|avaient) (?:donné|parlé|fait état|compté|évoqué|reconnu|précisé|"
        r"rapporté|confirmé|admis|chiffré|cité|recoupé|dit)|a-t-(?:il|elle)|ont-(?:ils|elles)|"
        r"faisai(?:t|ent) état|parlai(?:t|ent)|chiffrai(?:t|ent)|mentionnai(?:t|ent)|citant|"
        r"sources?)\b",
        re.IGNORECASE,
    ),
}
_GOVERNED = re.compile(r":|,\s+(?:dass|daß|ob|weil|wie|was|warum|wer|wo)\b", re.IGNORECASE)
_OPENING, _CLOSING = '„“«»"”', '“”»«"'


class Span(Protocol):
    """A sentence as this module needs it: characters, end exclusive."""

    @property
    def start(self) -> int:
        """First character."""

    @property
    def end(self) -> int:
        """Behind the last character."""

    @property
    def paragraph(self) -> int:
        """Its paragraph's number."""


def claim_start(text: str, sentences: Sequence[Span], position: int, language: Language) -> int:
    """The index of the sentence from which `sentences[position]` must be quoted.

    It is `position` itself for a sentence that stands on its own; else the nearest earlier one, in
    the same paragraph and at most `MAX_STEPS` back, that names a speaker. Where none does, going
    back gains nothing and it is `position` again.
    """
    if not _needs_speaker(text, sentences[position], language):
        return position
    for first in range(position - 1, max(-1, position - 1 - MAX_STEPS), -1):
        if sentences[first].paragraph != sentences[position].paragraph:
            break
        if _names_speaker(text, sentences[first], language):
            return first
    return position


def names_speaker(said: str, language: Language) -> bool:
    """Whether `said` tells, outside quotation marks, whose claim it is."""
    return bool(_NAMES_A_SPEAKER[language].search(_outside_quotes(said)))


def names_source(said: str, language: Language) -> bool:
    """Whether `said` tells who gives the figures in it; a wider test than `names_speaker`."""
    outside = _outside_quotes(said)
    return names_speaker(said, language) or bool(_GIVES_A_FIGURE[language].search(outside))


def _names_speaker(text: str, sentence: Span, language: Language) -> bool:
    return names_speaker(text[sentence.start : sentence.end], language)


def _needs_speaker(text: str, sentence: Span, language: Language) -> bool:
    if _names_speaker(text, sentence, language):
        return False
    said = text[sentence.start : sentence.end]
    if said[:1] in _OPENING or said[-1:] in _CLOSING:
        return True
    if not (reported := _REPORTED[language].search(said)):
        return False
    # "He warned that it be so": the clause before "that" says whose words these are.
    return not _GOVERNED.search(said, 0, reported.start())


def _outside_quotes(said: str) -> str:
    """`said` without what stands in quotation marks: "sagte" inside a quote names nobody."""
    return re.sub(r"[„\"“«»][^„\"“”«»]*[\"“”«»]", " ", said)
