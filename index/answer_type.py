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
_HELD: dict[AnswerType, re.Pattern[str]] = {
    "number": re.compile(
        r"\d|\b(?:zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf|dutzend|hunderte?|"
        r"tausende?|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|hundreds?|"
        r"thousands?|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|dizaines?|"
        r"vingtaines?|centaines?|mille|milliers)\b"
    ),
    "time": re.compile(
        r"\b\d{4}\b|\b(?:januar|februar|märz|april|mai|juni|juli|august|september|oktober|"
        r"november|dezember|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|gestern|"
        r"heute|vergangene[nrs]?|woche[n]?|wochenbeginn|jahre?s?|"
        r"january|february|march|may|june|july|october|december|monday|tuesday|wednesday|"
        r"thursday|friday|saturday|sunday|yesterday|today|last|week|years?|"
        r"janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre|"
        r"lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|hier|semaine|an|année)\b"
    ),
}


def asked_for(question: str, language: Language) -> frozenset[AnswerType]:
    """The kinds of answer that `question` asks for; mostly none that can be told.

    >>> sorted(asked_for("Wie viele Soldaten starben, und wann?", "de"))
    ['number', 'time']
    """
    lowered = question.lower()
    return frozenset(kind for kind, words in _ASKED[language].items() if words.search(lowered))


def holds(kinds: frozenset[AnswerType], sentence: str) -> bool:
    """Whether `sentence` has something of one of `kinds`; False where nothing is asked for."""
    lowered = sentence.lower()
    return any(_HELD[kind].search(lowered) for kind in kinds)
