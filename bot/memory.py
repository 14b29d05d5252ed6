"""What the bot remembers of a conversation: in memory only, and for half an hour at most.

Questions are kept by chat and by the messages that asked and answered them, so that a follow-up is
understood and a reply to an older answer asks on from that one. A question is kept from when it is
asked; once the chat was told to forget it, its answer does not bring it back. Nothing is written
anywhere. Copies of the bot that share a Redis remember there instead; while it is away each
remembers for itself, and forgets that when it is back, for another copy may have been told
`/forget`.
"""

import asyncio
from contextlib import suppress
from dataclasses import replace
from time import monotonic
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

from cachetools import TTLCache
from pydantic import TypeAdapter, ValidationError

from bot.question import Question
from bot.shared import AwayError, Shared
from index.dates import Days
from index.words import Language

#: Seconds that anything is kept, and chats kept at most.
KEPT = 30 * 60
_CHATS = 100_000

_Value = TypeVar("_Value")


class _Kept(Generic[_Value]):
    """Values of one kind by chat and message; message 0 is the chat itself.

    The message that opened a topic of a chat stands for that topic.
    """

    def __init__(self, kind: str, form: TypeAdapter[_Value], shared: Shared | None) -> None:
        self._kind = kind
        self._form = form
        self._shared = shared
        self._cache: TTLCache[tuple[int, int], _Value] = TTLCache(_CHATS, KEPT, timer=_now)

    async def get(self, chat: int, message: int = 0) -> _Value | None:
        if self._shared is not None:
            with suppress(AwayError):
                return self._read(await self._shared.get(self._name(self._shared, chat, message)))
        found: _Value | None = self._cache.get((chat, message))
        return found

    async def set(self, value: _Value, chat: int, message: int = 0) -> None:
        if self._shared is not None:
            name, group = self._name(self._shared, chat, message), _group(self._shared, chat)
            with suppress(AwayError):
                await self._shared.set(name, self._form.dump_json(value), KEPT, group)
                return
        self._cache[chat, message] = value

    async def set_beside(self, value: _Value, chat: int, message: int, beside: int) -> None:
        """As `set`, but only while what is kept of the message `beside` is not forgotten."""
        if self._shared is not None:
            name, group = self._name(self._shared, chat, message), _group(self._shared, chat)
            other = self._name(self._shared, chat, beside)
            with suppress(AwayError):
                raw = self._form.dump_json(value)
                await self._shared.set_beside(name, raw, KEPT, group, other)
                return
        if (chat, beside) in self._cache:
            self._cache[chat, message] = value

    async def drop(self, chat: int) -> None:
        """Forgets what is kept of the chat itself, as said by its people."""
        self._cache.pop((chat, 0), None)
        if self._shared is not None:
            with suppress(AwayError):
                await self._shared.drop(self._name(self._shared, chat, 0))

    def forget_here(self, chat: int | None = None) -> None:
        """Forgets all that this process keeps, of one chat or of all."""
        for key in [key for key in self._cache if chat is None or key[0] == chat]:
            self._cache.pop(key, None)

    def _name(self, shared: Shared, chat: int, message: int) -> str:
        return shared.name(self._kind, chat, message)

    def _read(self, raw: bytes | None) -> _Value | None:
        try:
            return None if raw is None else self._form.validate_json(raw)
        except ValidationError:  # written by a copy of another version
            return None


class Memory:
    """Questions, chosen languages and chosen periods of all chats."""

    def __init__(self, shared: Shared | None = None) -> None:
        self._shared = shared
        self.questions: _Kept[Question] = _Kept("question", TypeAdapter(Question), shared)
        self.languages: _Kept[Language] = _Kept("language", TypeAdapter(Language), shared)
        self.periods: _Kept[Days] = _Kept("period", TypeAdapter(Days), shared)
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        if shared is not None:
            shared.on_return.append(self._forget_here)

    def turn(self, chat: int) -> asyncio.Lock:
        """Lets the messages of `chat` be taken up one after another, in the order they came."""
        return self._turns.setdefault(chat, asyncio.Lock())

    async def before(self, chat: int, replied_to: int | None, topic: int = 0) -> Question | None:
        """The question that a new one follows: of the message replied to, or the topic's last."""
        return await self.questions.get(chat, topic if replied_to is None else replied_to)

    async def asked(self, question: Question, chat: int, message: int, topic: int = 0) -> None:
        """Remembers `question`, which `message` asks, as the last of its topic."""
        await self.questions.set(question, chat, message)
        await self.questions.set_beside(question, chat, topic, message)

    async def answered(
        self, question: Question, chat: int, message: int, answers: list[int]
    ) -> None:
        """Remembers that `answers` answer `question`, unless that was forgotten meanwhile."""
        for one in answers:
            await self.questions.set_beside(question, chat, one, message)

    async def lift_period(self, chat: int, topic: int = 0) -> None:
        """Lets what follows the last question of a topic be searched without that one's period."""
        last = await self.questions.get(chat, topic)
        if last is not None and last.within is not None:
            await self.questions.set(replace(last, within=None), chat, topic)

    async def forget(self, chat: int) -> None:
        """Forgets all of a chat; what a Redis that is away holds of it, once that is back."""
        self._forget_here(chat)
        if self._shared is not None:
            with suppress(AwayError):
                await self._shared.drop_group(_group(self._shared, chat))

    def _forget_here(self, chat: int | None = None) -> None:
        for kept in (self.questions, self.languages, self.periods):
            kept.forget_here(chat)


def _group(shared: Shared, chat: int) -> str:
    return shared.name("chat", chat)


def _now() -> float:
    return monotonic()
