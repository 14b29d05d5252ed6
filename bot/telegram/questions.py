"""Messages that are questions: answered in private chats always, in groups when the bot is meant.

Nothing of a message is logged or kept beyond the conversation, see `bot.memory`.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable
from dataclasses import replace
from typing import TypeVar

from telegram import Message, Update
from telegram.constants import ChatAction, ChatType, MessageEntityType
from telegram.error import TelegramError
from telegram.ext import ContextTypes

from bot.conversation import follow_up
from bot.language import PHRASES
from bot.question import Question, QuestionError
from bot.render.telegram import messages, plain
from bot.telegram.service import Service, app_language, reply
from index.dates import Days

log = logging.getLogger(__name__)

#: Seconds after which whoever asked is shown that the bot is at work.
_TYPING_AFTER = 0.4

_Result = TypeVar("_Result")


class Questions:
    """Answers questions."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def message(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """A text message: a question, unless it is said to others in a group."""
        message = update.effective_message
        if message is None or message.text is None:
            return
        if message.chat.type == ChatType.PRIVATE:
            await self.ask(update, message, message.text)
            return
        meant = _said_to(message, context.bot.username, context.bot.id)
        if meant is not None:
            await self.ask(update, message, meant)

    async def ask(
        self, update: Update, message: Message, text: str, within: Days | None = None
    ) -> None:
        """Answers `text`, asked in `message`, or says why not.

        A period chosen for the chat limits the search and is no part of the question, so that
        follow-ups do not keep it when it is lifted.
        """
        began = time.monotonic()
        service, chat, user = self._service, message.chat_id, update.effective_user
        async with service.memory.turn(chat):
            language = await service.language(update)
            seconds = await service.allowance.wait(user.id) if user else 0
            found = None if seconds else await self._read(update, message, text, within)
            chosen = await service.memory.periods.get(chat)
        if found is None:
            await reply(message, [plain(PHRASES[language].too_fast.format(seconds=seconds))])
            service.metrics.questions.labels("too_fast", language).inc()
            return
        if isinstance(found, QuestionError):
            await reply(message, [plain(found.message)])
            service.metrics.questions.labels("unsearchable", language).inc()
            return
        question = found
        limited = replace(question, within=question.within or chosen)
        answer = await with_typing(message, service.live.ask(limited))
        sent = await reply(message, messages(answer))
        await service.memory.answered(question, chat, message.message_id, sent)
        outcome = "answered" if answer.answered else "refused"
        service.metrics.questions.labels(outcome, question.language).inc()
        service.metrics.seconds.observe(time.monotonic() - began)

    async def _read(
        self, update: Update, message: Message, text: str, within: Days | None
    ) -> Question | QuestionError:
        """The question that is asked, which is remembered from now on, or why it is none."""
        memory, chat = self._service.memory, message.chat_id
        chosen = await memory.languages.get(chat)
        try:
            question = Question.read(text, app_language(update), chosen)
        except QuestionError as error:
            return error
        question = replace(question, within=within or question.within)
        replied, topic = _replied_to(message), topic_of(message)
        before = await memory.before(chat, replied.message_id if replied else None, topic)
        question = follow_up(question, before)
        await memory.asked(question, chat, message.message_id, topic)
        return question


async def with_typing(message: Message, work: Awaitable[_Result]) -> _Result:
    """The result of `work`; if it takes a while, the chat shows that the bot is at work."""
    task = asyncio.ensure_future(work)
    done, _ = await asyncio.wait({task}, timeout=_TYPING_AFTER)
    if not done:
        try:
            await message.get_bot().send_chat_action(message.chat_id, ChatAction.TYPING)
        except TelegramError as error:
            log.info("no typing indicator: %s", type(error).__name__)
    return await task


def _said_to(message: Message, username: str, bot: int) -> str | None:
    """What is said to the bot in a group, without its name; None if nothing is."""
    text = message.text or ""
    mentions = message.parse_entities([MessageEntityType.MENTION, MessageEntityType.TEXT_MENTION])
    named = False
    for entity, said in mentions.items():
        user = entity.user
        if said.lower() == f"@{username}".lower() or (user is not None and user.id == bot):
            text = text.replace(said, " ")
            named = True
    replied = _replied_to(message)
    to_bot = replied is not None and replied.from_user is not None and replied.from_user.id == bot
    return text if named or to_bot else None


def _replied_to(message: Message) -> Message | None:
    """What `message` replies to; not what opened its topic, which all that is said there names."""
    replied = message.reply_to_message
    return replied if replied is not None and replied.forum_topic_created is None else None


def topic_of(message: Message) -> int:
    """The message that opened the topic `message` is in, 0 where there are no topics."""
    return (message.message_thread_id or 0) if message.is_topic_message else 0
