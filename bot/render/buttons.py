"""What the buttons under an answer carry, and their labels. No Telegram here; see `bot.telegram`.

A button says all that is needed to serve it: what is wanted, in which language, the generation of
the index it came from, and numbers of chunks. So any copy of the bot can serve it and nothing is
stored. Telegram allows 64 bytes.
"""

import string
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from bot.answer import Answer
from bot.language import PHRASES
from index.words import LANGUAGES, Language

#: Bytes that Telegram allows a button to carry.
MAX_DATA = 64

Wish = Literal["context", "more", "sources", "original", "up", "down", "example"]
WISHES: tuple[Wish, ...] = get_args(Wish)
_LETTERS = dict(zip(WISHES, "cmso+-e", strict=True))
_DIGITS = string.digits + string.ascii_lowercase


@dataclass(frozen=True, slots=True)
class Press:
    """What a button asks for when it is pressed; for an example, `chunks` holds its number."""

    wish: Wish
    language: Language
    generation: int
    chunks: tuple[int, ...]

    def data(self) -> str:
        """As few bytes as fit; chunks that do not fit are left out.

        >>> Press("more", "de", 12, (70, 3_000_000)).data()
        'mdc:1y,1sat0'
        """
        head = f"{_LETTERS[self.wish]}{self.language[0]}{_base36(self.generation)}:"
        text = head + ",".join(_base36(chunk) for chunk in self.chunks)
        while len(text) > MAX_DATA:
            text = text.rpartition(",")[0]
        return text

    @classmethod
    def read(cls, data: str) -> "Press | None":
        """What `data` says; None if it was not made here."""
        head, colon, numbers = data.partition(":")
        wishes = [wish for wish, letter in _LETTERS.items() if letter == head[:1]]
        languages = [language for language in LANGUAGES if language[0] == head[1:2]]
        try:
            generation = int(head[2:], 36)
            chunks = tuple(int(number, 36) for number in numbers.split(","))
        except ValueError:
            return None
        if not (wishes and languages and colon) or min(generation, *chunks) < 0:
            return None
        return cls(wishes[0], languages[0], generation, chunks)


@dataclass(frozen=True, slots=True)
class Button:
    """A label and what the button carries."""

    label: str
    press: Press


Rows = tuple[tuple[Button, ...], ...]


def under(answer: Answer) -> Rows:
    """The buttons under an answer; none under a refusal."""
    if not answer.answered:
        return ()
    language = answer.question.reader
    phrases = PHRASES[language]
    cited = tuple(citation.chunk for citation in answer.citations)

    def button(label: str, wish: Wish, chunks: Sequence[int]) -> Button:
        return Button(label, Press(wish, language, answer.generation, tuple(chunks)))

    context = [
        button(
            f"{phrases.context} [{one.n}]" if one.n == 1 else f"[{one.n}]", "context", [one.chunk]
        )
        for one in answer.citations
    ]
    lists = [button(phrases.sources, "sources", cited)]
    if answer.more:
        lists.insert(0, button(phrases.more, "more", answer.more))
    votes = [button("👍", "up", cited[:1]), button("👎", "down", cited[:1])]
    translated = [one.chunk for one in answer.citations if one.translated]
    if translated:
        votes.insert(0, button(phrases.original, "original", translated))
    return tuple(context), tuple(lists), tuple(votes)


def examples(language: Language, questions: Sequence[tuple[int, str]]) -> Rows:
    """A button a row for each example question, which comes with its number."""
    return tuple(
        (Button(text, Press("example", language, 0, (number,))),) for number, text in questions
    )


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"
