"""Whether a question asks how things stand, and not what once was, and what it is then about.

Both are told by its words: what asks for now is nothing an article need have.
"""

import re

from index.dates import named_days
from index.words import Language, content_words

#: Words by which a question asks how things stand, or what is new; an article may answer with any.
ASKING_FOR_NOW: dict[Language, frozenset[str]] = {
    "de": frozenset(
        "heute jetzt noch immer zurzeit derzeit aktuell aktuelle aktuellen aktueller aktuelles"
        " momentan gerade inzwischen mittlerweile weiterhin gibts steht stehts stand lage situation"
        " neu neues neueste neuesten neuste neusten neuigkeiten nachrichten news".split()
    ),
    "en": frozenset(
        "now still today currently current latest recent nowadays anymore yet moment present"
        " situation status update updates news new".split()
    ),
    "fr": frozenset(
        "maintenant aujourd hui actuellement actuel actuelle actuels actuelles encore toujours"
        " moment existe situation nouvelles actualité actualite actualités actualites actu actus"
        " infos".split()
    ),
}
_NOW: dict[Language, re.Pattern[str]] = {
    "de": re.compile(
        r"\b(?:jetzt|jetzig\w*|zurzeit|zur zeit|derzeit\w*|aktuell\w*|momentan\w*|gerade|heute|"
        r"heutig\w*|gegenwärtig\w*|neuest\w*|neust\w*|neues|zuletzt|inzwischen|mittlerweile|"
        r"immer noch|noch immer|weiterhin)\b|"
        # "Gibt es die Mission noch?", but not "wer starb noch?"
        r"\A\W*(?:ist|sind|gibt|gibts|hat|haben|hält|halten|steht|stehen|sitzt|sitzen|läuft|lebt|"
        r"leben|gilt|gelten|regiert|kämpf\w+|herrscht|existiert|bleibt)\b.*\bnoch\b",
        re.IGNORECASE,
    ),
    "en": re.compile(
        r"\b(?:now|current|currently|today|at present|present(?=\s+\w)|at the moment|these days|"
        r"latest|most recent|nowadays|still|any ?more|what[’']?s new)\b",
        re.IGNORECASE,
    ),
    "fr": re.compile(
        r"\b(?:maintenant|actuellement|aujourd['’]hui|en ce moment|à présent|actuel\w*|"
        r"(?:dernières?|derniers?)\s+(?:nouvelles?|infos?|informations?|développements?|chiffres?|"
        r"bilans?)|où en (?:est|sont)|quoi de neuf|"
        r"(?:est|sont|y a|existe\w*|reste\w*)\b.*\bencore|"
        r"(?<!a-t-il )(?<!a-t-elle )(?<!ont-ils )(?<!\ba )(?<!\bont )toujours)\b",
        re.IGNORECASE,
    ),
}
#: Who holds an office or a place, in the present, and what the news is: whoever asks means today,
#: though nothing says so, unless a day is named.
_UNDATED: dict[Language, re.Pattern[str]] = {
    "de": re.compile(
        r"\bwer\s+(?:kontrolliert|beherrscht|regiert|führt|leitet|hält|herrscht|befehligt|"
        r"kommandiert)\b|\b(?:nachrichten|neuigkeiten|news|lage|wie stehts?)\b|"
        r"\b(?:wer ist|wie hei(?:ß|ss)t)\b.{0,30}?(?:präsident|premier|minister|chef|oberhaupt|"
        r"führer|kommandeur|kommandant|sprecher|botschafter)(?:in)?\b",
        re.IGNORECASE,
    ),
    "en": re.compile(
        r"\bwho\s+(?:controls?|rules?|governs?|leads?|runs?|holds?|heads?|commands?)\b|"
        r"\b(?:news|status|situation)\b|"
        r"\bwho(?:\s+is|[’']?s)\b.{0,30}?\b(?:president|prime minister|minister|head|leader|chief|"
        r"commander|spokes\w+|ambassador)\b",
        re.IGNORECASE,
    ),
    "fr": re.compile(
        r"\bqui\s+(?:contr[ôo]le|dirige|gouverne|commande|tient|m[èe]ne)\b|"
        r"\b(?:situation|nouvelles|actu(?:alit[ée])?s?|infos)\b|"
        r"\bqui\s+est\b.{0,30}?\b(?:pr[ée]sident|premier ministre|ministre|chef|dirigeant|leader|"
        r"commandant|porte-parole|ambassadeur)",
        re.IGNORECASE,
    ),
}


def asks_for_now(question: str, language: Language) -> bool:
    """Whether a question asks how things stand: "zurzeit", "currently", "who controls Kidal?".

    >>> asks_for_now("Wer kontrolliert Kidal?", "de"), asks_for_now("Wer hielt Kidal?", "de")
    (True, False)
    """
    if _NOW[language].search(question):
        return True
    return bool(_UNDATED[language].search(question)) and not named_days(question)


def asked_words(question: str, language: Language) -> list[str]:
    """The content words of a question that say what it is about, or all if none does.

    >>> asked_words("Wie steht es heute um Kidal?", "de"), asked_words("Wie ist die Lage?", "de")
    (['kidal'], ['lage'])
    """
    words = content_words(question, language)
    return [word for word in words if word not in ASKING_FOR_NOW[language]] or words
