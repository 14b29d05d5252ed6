"""Text to words, and words to the stems that the lexical side of the index compares.

A stem is what a Snowball stemmer of the article's language leaves of a lower-cased word, with
accents folded after stemming (the German stemmer reads "ü" and "ue" alike only before folding), so
that "Ménaka", "Menaka" and "MENAKA" meet. Numbers are words like any other.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, Protocol, get_args

import Stemmer
from bm25s.stopwords import STOPWORDS_EN_PLUS, STOPWORDS_FRENCH, STOPWORDS_GERMAN

Language = Literal["de", "en", "fr"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

# Words that a question is built with and no article answers by; the libraries' lists lack them.
_QUESTION_WORDS: dict[Language, str] = {
    "de": "wer wen wem wessen wie wieviel wieviele viele was wann wo woher wohin warum wieso"
    " weshalb wozu wofür womit welche welcher welches welchen welchem gibt gab"
    " ging geht laut bitte sag geschah geschieht geschehen passiert passierte ereignete",
    "en": "who whom whose what when where why how which many much did does do is are was were any"
    " tell please according happen happens happened",
    "fr": "qui que quoi quel quelle quels quelles quand où ou comment pourquoi combien est ce"
    " ont fait selon dis passe passé passée",
}
STOP_WORDS: dict[Language, frozenset[str]] = {
    "de": frozenset(STOPWORDS_GERMAN) | frozenset(_QUESTION_WORDS["de"].split()),
    "en": frozenset(STOPWORDS_EN_PLUS) | frozenset(_QUESTION_WORDS["en"].split()),
    "fr": frozenset(STOPWORDS_FRENCH) | frozenset(_QUESTION_WORDS["fr"].split()),
}
_SNOWBALL: dict[Language, str] = {"de": "german", "en": "english", "fr": "french"}
_WORD = re.compile(r"[^\W_]+")
#: Accents once letters are apart from them, and letters that may have marks of other kinds.
_LATIN_MARKS = re.compile("[\u0300-\u034e\u0350-\u036f]+")
_OTHER_SCRIPTS = re.compile("[^\x00-\u02ff\u2000-\u20cf]")


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a text: lower-cased, with where it stood (characters, end exclusive)."""

    text: str
    start: int
    end: int


class _Span(Protocol):
    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...


def without(text: str, spans: Sequence[_Span]) -> str:
    """`text` without `spans`, which are in order, and with single spaces."""
    for span in reversed(spans):
        text = text[: span.start] + text[span.end :]
    return re.sub(r"\s+", " ", text).strip()


def tokens(text: str) -> list[Token]:
    """The words of `text` in order, lower-cased; punctuation and emoji are none.

    >>> [token.text for token in tokens("G5-Sahel: Austritt 🙂 2022")]
    ['g5', 'sahel', 'austritt', '2022']
    """
    return [Token(m.group().lower(), m.start(), m.end()) for m in _WORD.finditer(text)]


def lowered_words(text: str) -> list[str]:
    """The words of `tokens` without where they stood, in a quarter of the time."""
    return [word.lower() for word in _WORD.findall(text)]


def content_words(text: str, language: Language) -> list[str]:
    """The words of `text` that are no stop words of `language`, each once, in order.

    A lone letter is none: it is what is left of "l'armée" or "G. W. Bush".
    """
    stop = STOP_WORDS[language]
    words = lowered_words(text)
    return list(dict.fromkeys(w for w in words if w not in stop and (len(w) > 1 or w.isdigit())))


def stems(text: str, language: Language) -> list[str]:
    """The stems of the content words of `text`, repeated as often as they stand there."""
    stop = STOP_WORDS[language]
    return [stem(word, language) for word in lowered_words(text) if word not in stop]


def stem(word: str, language: Language) -> str:
    """The stem of one lower-cased word in `language`, accents folded.

    >>> stem("soldaten", "de"), stem("soldats", "fr"), stem("ménaka", "de")
    ('soldat', 'soldat', 'menaka')
    """
    return fold(_stemmer(language).stemWord(word))


def fold(text: str) -> str:
    """`text` without accents: "Goïta" becomes "Goita", "ß" becomes "ss"."""
    if text.isascii():
        return text
    decomposed = _LATIN_MARKS.sub("", unicodedata.normalize("NFKD", text.replace("ß", "ss")))
    if not _OTHER_SCRIPTS.search(decomposed):
        return decomposed
    return "".join(char for char in decomposed if not unicodedata.combining(char))


@cache
def _stemmer(language: Language) -> Stemmer.Stemmer:
    return Stemmer.Stemmer(_SNOWBALL[language])
