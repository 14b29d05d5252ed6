"""What kind of answer a question asks for, where its words tell: a number, or a time.

A sentence without a number cannot answer "how many", nor one without a date "when"; so sentences
that hold one get a little ahead among the sentences of a passage. Other questions are left alone.
"""

import re
from typing import Literal

from index.words import Language

AnswerType = Literal["number", "time"]

_ASKED: dict[Language, dict[AnswerType, re.Pattern[str]]] = {
    "de": {
        "number": re.compile(
            r"\bwie ?viele?n?\b|\banzahl\b|\bzahl der\b|\bwie (?:hoch|groß)\b|"
            r"\bkoste(?:t|te|ten|n)\b"
        ),
        "time": re.compile(r"\bwann\b|\bwelche[mnrs]? (?:jahr|tag|monat|datum)\b|\bdatum\b"),
    },
    "en": {
        "number": re.compile(r"\bhow (?:many|much|big|large)\b|\bnumber of\b|\btoll\b|\bcosts?\b"),
        "time": re.compile(r"\bwhen\b|\b(?:what|which) (?:year|day|date|month)\b|\bdate\b"),
    },
    "fr": {
        "number": re.compile(r"\bcombien\b|\bnombre\b|\bbilan\b|\bcoût"),
        "time": re.compile(r"\bquand\b|\bquel(?:le)? (?:jour|année|date|mois)\b|\bdate\b"),
    },
}
_MONTHS = (
    "januar|februar|märz|april|mai|juni|juli|august|september|oktober|november|dezember|"
    "january|february|march|may|june|july|october|december|"
    "janvier|février|mars|avril|juin|juillet|août|septembre|octobre|novembre|décembre"
)
_DATE = re.compile(rf"\b\d{{1,2}}(?:\.|er)?\s+(?:{_MONTHS})\b|\b(?:19|20)\d\d\b")
_NUMBER = re.compile(
    r"\d|\b(?:zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf|dutzend|hunderte?|"
    r"tausende?|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|hundreds?|"
    r"thousands?|deux|trois|quatre|cinq|sept|huit|neuf|dix|onze|douze|dizaines?|vingtaines?|"
    r"centaines?|mille|milliers)\b"
)
_TIME = re.compile(
    rf"\b\d{{4}}\b|\b(?:{_MONTHS}|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|"
    r"gestern|heute|vergangene[nrs]?|wochen?|wochenbeginn|jahre?s?|monday|tuesday|wednesday|"
    r"thursday|friday|saturday|sunday|yesterday|today|last|week|years?|lundi|mardi|mercredi|jeudi|"
    r"vendredi|samedi|dimanche|hier|semaine|an|année)\b"
)


def asked_for(question: str, language: Language) -> frozenset[AnswerType]:
    """The kinds of answer that `question` asks for; mostly none that can be told.

    >>> sorted(asked_for("Wie viele Soldaten starben, und wann?", "de"))
    ['number', 'time']
    """
    lowered = question.lower()
    return frozenset(kind for kind, words in _ASKED[language].items() if words.search(lowered))


def holds(kinds: frozenset[AnswerType], sentence: str) -> bool:
    """Whether `sentence` has something of one of `kinds`; False where nothing is asked for.

    A date is no number: "on 5 March" does not answer "how many".
    """
    lowered = sentence.lower()
    if "number" in kinds and _NUMBER.search(_DATE.sub(" ", lowered)):
        return True
    return "time" in kinds and bool(_TIME.search(lowered))
