"""A question as people type it, made fit to be searched, or refused with a reason.

What can be mended is mended silently: NUL bytes and other control characters, broken encoding, line
breaks. What cannot is a `QuestionError` with a message for the person who asked, in their language
where that can be told.
"""

import unicodedata
from dataclasses import dataclass

from bot.language import PHRASES
from bot.period import asked_period
from index.dates import Days
from index.language import detect
from index.now import ASKING_FOR_NOW, asks_for_now
from index.words import Language, content_words, tokens

#: Characters of the longest question; a longer one is pasted text, not a question.
MAX_QUESTION = 1_000
#: Say nothing beside "what's new": the country, which every article is about, and that itself.
_OF_NOTHING = frozenset("mali malis malien malienne malische malischen malian whats neuf".split())


@dataclass(frozen=True, slots=True)
class Question:
    """A question that can be searched: clean, not empty, in a known language.

    `text` is what is searched, which for a follow-up is more than was `asked`. Passages of other
    times than `within` do not count. It is written in `language`; who asks is spoken to in
    `reader`, which is the same unless they chose another.
    """

    text: str
    language: Language
    within: Days | None
    asked: str
    reader: Language

    @property
    def now(self) -> bool:
        """Whether it asks how things stand now."""
        return asks_for_now(self.asked, self.language)

    @property
    def newest(self) -> bool:
        """Whether it asks what is new, and of nothing else: "was gibt es Neues aus Mali?"."""
        words = content_words(self.text, self.language)
        about = [word for word in words if word not in ASKING_FOR_NOW[self.language] | _OF_NOTHING]
        return self.now and self.within is None and not about

    @classmethod
    def read(cls, raw: str, default: Language = "de", reader: Language | None = None) -> "Question":
        """Cleans `raw`; raises `QuestionError` if there is nothing to search or far too much.

        `default` is the language where the words do not tell; `reader` the one to answer in.
        """
        if len(raw) > MAX_QUESTION:
            phrases = PHRASES[reader or detect(raw, default)]
            raise QuestionError(
                shorten(raw), phrases.too_long.format(found=len(raw), most=MAX_QUESTION)
            )
        text = clean(raw)
        language = detect(text, default)
        if not tokens(text):
            raise QuestionError(text, PHRASES[reader or language].no_words)
        return cls(text, language, asked_period(text, language), text, reader or language)


class QuestionError(Exception):
    """Nothing can be searched; `message` is for the person who asked."""

    def __init__(self, question: str, message: str) -> None:
        super().__init__(message)
        self.question = question
        self.message = message


def clean(raw: str) -> str:
    r"""`raw` on one line, without control characters and halves of broken characters.

    >>> clean("Wer ist\0 Goïta?\r\n")
    'Wer ist Goïta?'
    """
    kept = (" " if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") else c for c in raw)
    return " ".join(unicodedata.normalize("NFC", "".join(kept)).split())


def shorten(text: str, most: int = 80) -> str:
    """`text` cut to at most `most` characters, for messages."""
    cleaned = clean(text[: most + 1])
    return cleaned if len(text) <= most else cleaned[: most - 1] + "…"
