"""What the bot remembers of a conversation: in memory only, and for half an hour at most.

Questions are kept by chat and by the message that answered them, so that a follow-up is understood
and a reply to an older answer asks on from that one. Nothing is written anywhere.
"""

from dataclasses import dataclass, field
from time import monotonic
from typing import Generic, TypeVar

from cachetools import TTLCache

from bot.question import Question
from index.dates import Days
from index.words import Language

#: Seconds that anything is kept, and chats kept at most.
KEPT = 30 * 60
_CHATS = 100_000

_Value = TypeVar("_Value")


class _Kept(Generic[_Value]):
    def __init__(self) -> None:
        self._cache: TTLCache[tuple[int, int], _Value] = TTLCache(_CHATS, KEPT, timer=_now)

    def get(self, chat: int, message: int = 0) -> _Value | None:
        found: _Value | None = self._cache.get((chat, message))
        return found

    def set(self, value: _Value, chat: int, message: int = 0) -> None:
        self._cache[chat, message] = value

    def forget(self, chat: int) -> None:
        for key in [key for key in self._cache if key[0] == chat]:
            self._cache.pop(key, None)


@dataclass(slots=True)
class Memory:
    """Questions, chosen languages and chosen periods of all chats."""

    questions: _Kept[Question] = field(default_factory=lambda: _Kept())
    languages: _Kept[Language] = field(default_factory=lambda: _Kept())
    periods: _Kept[Days] = field(default_factory=lambda: _Kept())

    def before(self, chat: int, replied_to: int | None) -> Question | None:
        """The question that a new one in `chat` follows: of the answer replied to, or the last."""
        if replied_to is not None:
            return self.questions.get(chat, replied_to)
        return self.questions.get(chat)

    def answered(self, question: Question, chat: int, messages: list[int]) -> None:
        """Remembers `question` as the last of `chat`, answered by `messages`."""
        for message in (0, *messages):
            self.questions.set(question, chat, message)

    def forget(self, chat: int) -> None:
        """Forgets all of a chat."""
        for kept in (self.questions, self.languages, self.periods):
            kept.forget(chat)


def _now() -> float:
    return monotonic()
