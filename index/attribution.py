"""Which sentences lose their claimant when they are cut out, and how far back it stands.

News prose names a speaker once ("nach Regierungsangaben", "sagt Bernau") and goes on in quotation
marks or reported speech. Cutting there turns a claim into a fact, which this project never does.
The test is one of form, not of meaning: open quotation marks, German reported speech (Konjunktiv I)
or French hearsay conditional, in a sentence that names no speaker itself; or a claim whose speaker
is a pronoun or a word that points back ("he said", "selon lui", "demnach").
"""

import re
from collections.abc import Sequence
from typing import Protocol

from index.words import LANGUAGES, Language

#: How many sentences back a claimant is looked for, within the paragraph.
MAX_STEPS = 4

# Before an English verb: it is no passive.
_ACTIVE = r"(?<!be )(?<!is )(?<!are )(?<!was )(?<!were )(?<!been )"
# Verbs of saying: what a sentence holds is told by their subject.
_SAYS: dict[Language, str] = {
    # In small letters: "Teil", "Urteil", "Schreiben", "Berichte" and "Räume" say nothing.
    "de": r"(?-i:(?:sag|erklär|beton|melde|berichte|behaupte|verkünde|warn|kritisier|schreib|nann|"
    r"nenn|bezeichne|mitteil|reklamier|mahn|beklag|vermute|urteil|bestätig|versicher|dementier|"
    r"bestreite|bekräftig|beziffer|schilder|beteuer|erwider|entgegne)(?:t|te|ten|en|n)\b|"
    r"meint(?:en?)?\b|schrieb(?:en)?\b|bestritt(?:en)?\b|bekannten?\s+sich\b|"
    r"forder(?:t|te|ten|n)\b(?!.*\b(?:\w*[Oo]pfer|Tote|Menschenleben|Leben)\b)|"
    r"teil(?:t|te|ten|en)\b.*\bmit\b|räum(?:t|te|ten|en)\b.*\bein\b|"
    r"bekannt\s?ge(?:geben|macht)\b|macht(?:en?)?\b.*\bbekannt\b|"
    r"h(?:ielt|ielten|ält|alten)\b.*\bfest(?=[,.;:])|gesagt\b|äußerten?\b|"
    r"spr(?:ach|achen)\b|spr(?:icht|echen) von\b|verlas(?:en)?\b|"
    r"(?:ver)?w(?:ies|iesen|eist|eisen)\b.*\bhin\b|stell(?:t|te|ten|en)\b.*\bfest\b|"
    r"(?<![Ee]s )g(?:ab|aben|ibt|eben)\b(?! es\b).*\b(?:an\b|bekannt\b|zu(?=[,.;:]))|"
    r"h(?:ielt|ielten|ält|alten) dagegen\b|versuchte\b.*\bdarzustellen)",
    "en": _ACTIVE + r"(?:said|says|told|stated|claims?|claimed|"
    r"reported|announced|added|warned|argued|argues|insisted|insists|denied|denies|wrote|"
    r"(?<!so-)(?<!village )(?<!town )(?<!city )(?<!group )(?<!place )called|"
    r"writes|explained|stressed|asserted|reiterated|reaffirmed|acknowledged|conceded|replied|"
    r"countered|spoke of|read out)\b",
    "fr": r"(?:(?:a|ont|avait|avaient)\s+(?:\w+ment\s+|aussi\s+|pas\s+)?(?:dit|déclaré|affirmé|"
    r"annoncé|ajouté|indiqué|expliqué|souligné|estimé|assuré|démenti|précisé|rappelé|soutenu|"
    r"prétendu|réaffirmé|réitéré|répondu|répliqué|rétorqué|averti|parlé|fait état|donné lecture)|"
    r"dit|disai(?:t|ent)|déclare|affirme|affirmait|indique|indiquait|explique|souligne|estime|"
    r"estimait|ajoute|assure|assurait)\b",
}
# Verbs of answering for or against something; the sentence after them goes on in their subject's
# words, but a figure beside them need not be theirs.
_TAKES_A_STAND: dict[Language, str] = {
    "de": r"(?:w(?:ies|iesen|eist|eisen)\b.*\bzurück\b|"
    r"(?:w(?:arf|arfen|irft|erfen)|h(?:ielt|ielten|ält|alten))\b.*\bvor(?=[,.;:])|"
    r"lehn(?:t|te|ten|en)\b.*\bab(?=[,.;:])|"
    r"pranger(?:t|te|ten|n)\b.*\ban\b|kündig(?:t|te|ten|en)\b.*\ban\b|"
    r"(?:verurteil|beschuldig|bezichtig|rechtfertig|verlang|protestier|begründe|bedauer|rüg|droh)ten?\b|"
    r"widersprach(?:en)?\b|versprach(?:en)?\b)",
    "en": _ACTIVE + r"(?:rejected|rejects|dismissed|accused|accuses|"
    r"blamed|blames|condemned|condemns|critici[sz]ed|denounced|demanded|disputed|disagreed|"
    r"contradicted|protested|regretted|refuted|complained|deplored|justified|threatened|"
    r"promised|put\b.*\bat)\b",
    "fr": r"(?:a|ont|avait|avaient)\s+(?:\w+ment\s+|aussi\s+|pas\s+)?(?:rejeté|accusé|contesté|"
    r"réfuté|nié|dénoncé|condamné|critiqué|exigé|réclamé|revendiqué|reproché|mis en cause|"
    r"mis en garde|protesté|promis|menacé|regretté|déploré|jugé|qualifié|justifié|chiffré)\b",
}
# What names a speaker beside a verb: "laut", "according to".
_SOURCE: dict[Language, str] = {
    "de": r"(?:laut\b|zufolge|nach\s+(?:\S+\s+){0,4}?\S*(?:angaben|darstellung|worten|auffassung|"
    r"einschätzung|ansicht|bericht(?:en)?|informationen)|so (?:der|die|das|ein|eine)\s|"
    r",\s+so\s+(?-i:[A-ZÄÖÜ])|hieß es|heißt es)",
    "en": r"according to\b",
    "fr": r"(?:selon\b|d['’]après\b)",
}
# The same with a word that points back instead of a name: "he said", "selon lui", "demnach".
_POINTS_BACK: dict[Language, str] = {
    "de": r"demnach\b|demzufolge\b|(?:laut|gemäß)\s+(?:ihm|ihr|ihnen|dies\w+)\b|"
    r"nach\s+(?:seinen|ihren|dessen|deren|dies\w+)\s+\S*(?:angaben|darstellung|worten|ansicht|"
    r"bericht|informationen)\b|(?:ihm|ihr|ihnen|(?:seinen|ihren|dessen|deren|dies\w+)\s+\w+)"
    r"\s+zufolge\b|"
    r"h(?:ieß|eißt) es(?=\s+(?:dort|da|weiter)\b|[.,;])",
    "en": r"according to (?:him|her|it|them|this|that|these|those)\b",
    "fr": r"(?:selon|d['’]après)\s+(?:lui|elles?|eux|ce|cet|cette|ces|ce(?:lui|lles?|ux)-ci)\b",
}
_PRONOUN: dict[Language, str] = {
    "de": r"(?:er|sie|es)",
    "en": r"(?:he|she|it|they)",
    "fr": r"(?:ils?|elles?)",
}
# Between a pronoun and its verb.
_BETWEEN: dict[Language, str] = {
    "de": r"\s+(?:selbst\s+)?",
    "en": r"\s+(?:(?:had|has|have|also|later|then|\w+ly)\s+)*",
    "fr": r"\s+(?:(?:ne|le|la|les|lui|leur|en|y)\s+|[nlm]['’])*",
}
# A pronoun behind its verb.
_INVERTED: dict[Language, str] = {
    "de": rf"{_SAYS['de']}\s+{_PRONOUN['de']}\b|"
    r"(?:teil(?:t|te|ten|en)|g(?:ab|aben|ibt|eben)|w(?:ies|iesen|eist|eisen|arf|arfen|irft|erfen))\s+"
    r"(?:er|sie)\b[^,;:]*\b(?:mit|an|bekannt|hin|zurück|vor)\b",
    "en": r"(?!)",
    "fr": r"(?:a-t|avait|ont|avaient|dit|affirme-t|indique-t|explique-t|souligne-t|estime-t|"
    r"ajoute-t|assure-t)-(?:ils?|elles?)\b",
}
_AND: dict[Language, str] = {"de": "und", "en": "and", "fr": "et"}


def _compiled(*ways: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(ways)})", re.IGNORECASE)


def _by_pronoun(language: Language) -> re.Pattern[str]:
    who, says = _PRONOUN[language], f"(?:{_SAYS[language]}|{_TAKES_A_STAND[language]})"
    before = rf"(?:(?<=\A){who}\b[^,;:]*?\b|{who}{_BETWEEN[language]}){says}"
    further = rf"(?:[^;:]*?\b{_AND[language]}\s+{says})*"
    return _compiled(_POINTS_BACK[language], rf"(?:{before}|{_INVERTED[language]}){further}")


_NAMES_A_SPEAKER = {one: _compiled(_SOURCE[one], _SAYS[one]) for one in LANGUAGES}
_STANDS_UP = {one: _compiled(_TAKES_A_STAND[one]) for one in LANGUAGES}
_BY_PRONOUN = {one: _by_pronoun(one) for one in LANGUAGES}
# Forms that are Konjunktiv I and nothing else in the third person, of the verbs news prose uses,
# and the plurals that stand for it.
_REPORTED: dict[Language, re.Pattern[str]] = {
    "de": re.compile(
        r"\b(?:sei|seien|habe|hätten|wären|werde|könne|müsse|dürfe|solle|wolle|möge|"
        r"wisse|gebe|komme|gehe|lasse|"
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
        r"declared(?!(?:\s+\S+){0,3}\s+mourning)|listed|"
        r"(?<!village )(?<!town )(?<!city )(?<!group )named|own (?:account|count|figures)|"
        r"sources?)\b",
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
#: What opens a quotation, and what closes it. Straight marks do not tell which they are.
_PAIRS = (("„", "“”"), ("«", "»"), ("“", "”"))


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
    the same paragraph and at most `MAX_STEPS` back, that names a speaker; else the nearest there
    that stands on its own. Where all are reported, going back gains nothing and it is `position`.
    """
    said = _said(text, sentences[position])
    if not _needs_speaker(said, language) and (
        names_speaker(said, language) or not _within_quote(text, sentences, position)
    ):
        return position
    unreported = position
    for first in range(position - 1, max(-1, position - 1 - MAX_STEPS), -1):
        if sentences[first].paragraph != sentences[position].paragraph:
            break
        said = _said(text, sentences[first])
        if _needs_speaker(said, language):
            continue
        if _speaks(said, language):
            return first
        if unreported == position:
            unreported = first
    return unreported


def _within_quote(text: str, sentences: Sequence[Span], position: int) -> bool:
    """Whether a sentence begins inside a quotation that its paragraph opened before it."""
    paragraph, first = sentences[position].paragraph, position
    while first > 0 and sentences[first - 1].paragraph == paragraph:
        first -= 1
    before = text[sentences[first].start : sentences[position].start]
    # “ opens a quotation in English, and closes one that „ opened.
    return any(
        before.rfind(opening) > max(before.rfind(mark) for mark in closing)
        for opening, closing in _PAIRS
        if opening != "“" or "„" not in before
    )


def names_speaker(said: str, language: Language) -> bool:
    """Whether `said` tells, outside quotation marks, whose claim it is."""
    return bool(_NAMES_A_SPEAKER[language].search(_outside_quotes(said)))


def names_source(said: str, language: Language) -> bool:
    """Whether `said` tells who gives the figures in it; a wider test than `names_speaker`."""
    outside = _outside_quotes(said)
    return names_speaker(said, language) or bool(_GIVES_A_FIGURE[language].search(outside))


def _speaks(said: str, language: Language) -> bool:
    """Whether the next sentence may go on with the words of one whom `said` names."""
    outside = _outside_quotes(said)
    return names_speaker(said, language) or bool(_STANDS_UP[language].search(outside))


def _needs_speaker(said: str, language: Language) -> bool:
    named, pronouns = _BY_PRONOUN[language].subn(" ", _outside_quotes(said))
    if _NAMES_A_SPEAKER[language].search(named):
        return False
    if pronouns:
        return True
    if _STANDS_UP[language].search(named):
        return False
    if said[:1] in _OPENING or said[-1:] in _CLOSING:
        return True
    if not (reported := _REPORTED[language].search(said)):
        return False
    # "He warned that it be so": the clause before "that" says whose words these are.
    return not _GOVERNED.search(said, 0, reported.start())


def _said(text: str, sentence: Span) -> str:
    return text[sentence.start : sentence.end]


def _outside_quotes(said: str) -> str:
    """`said` without what stands in quotation marks: "sagte" inside a quote names nobody."""
    return re.sub(r"[„\"“«»][^„\"“”«»]*[\"“”«»]", " ", said)
