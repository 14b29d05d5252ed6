"""Buttons pressed: context, more passages, sources, the original, votes, example questions."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace

from telegram import CallbackQuery, Message, Update
from telegram.error import TelegramError
from telegram.ext import ContextTypes

from bot.answer import Citation
from bot.engine import Engine
from bot.language import PHRASES
from bot.render import telegram as render
from bot.render.buttons import Press
from bot.render.telegram import Message as Reply
from bot.telegram.questions import Questions
from bot.telegram.service import Service, reply

log = logging.getLogger(__name__)


class Presses:
    """The handler of buttons."""

    def __init__(self, service: Service, questions: Questions) -> None:
        self._service = service
        self._questions = questions

    async def press(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """A button: what it asks for, or a friendly word if that is no longer there."""
        query = update.callback_query
        if query is None:
            return
        phrases = PHRASES[await self._service.language(update)]
        press = Press.read(query.data or "")
        message = query.message
        if press is None or not isinstance(message, Message):
            await _notify(query, phrases.gone)
            return
        self._service.metrics.presses.labels(press.wish).inc()
        phrases = PHRASES[press.language]
        if press.wish == "example":
            await _notify(query)
            number = press.chunks[0]
            if number < len(phrases.examples):
                await self._questions.ask(update, message, phrases.examples[number])
            return
        if press.wish in ("up", "down"):
            self._service.keep_vote(await self._asked(message), press)
            await _notify(query, phrases.thanks)
            return
        engine = self._service.live.engine
        if press.generation != engine.generation:
            await _notify(query, phrases.stale)
            return
        try:
            found = await asyncio.to_thread(_show, engine, press)
        except KeyError:
            await _notify(query, phrases.gone)
            return
        await _notify(query)
        await reply(message, found)

    async def _asked(self, answer: Message) -> str:
        """What `answer` answers: as remembered, or else as a person wrote it; "" if neither."""
        chat, number = answer.chat_id, answer.message_id
        question = await self._service.memory.questions.get(chat, number)
        if question is not None:
            return question.asked
        said = answer.reply_to_message
        by_person = said is not None and said.from_user is not None and not said.from_user.is_bot
        return (said.text or "") if said is not None and by_person else ""


def _show(engine: Engine, press: Press) -> list[Reply]:
    """What a button shows; raises `KeyError` if the index has no such chunk."""
    if press.wish == "context":
        return render.context(engine.context(press.chunks[0]), engine.generation, press.language)
    if press.wish == "original":
        found = [engine.original(chunk) for chunk in press.chunks]
        return [one for pair in found for one in render.original(*pair, press.language)]
    if press.wish == "sources":
        articles = {one.id: one for one in map(engine.article_of, press.chunks)}
        return render.sources(tuple(articles.values()), engine.generation, press.language)
    return render.more(_numbered([engine.passage(chunk) for chunk in press.chunks]), press.language)


def _numbered(citations: Sequence[Citation]) -> list[Citation]:
    return [replace(citation, n=n) for n, citation in enumerate(citations, start=1)]


async def _notify(query: CallbackQuery, text: str | None = None) -> None:
    """Ends the button's waiting sign; Telegram refuses that after a while, which does no harm."""
    try:
        await query.answer(text, show_alert=text is not None and len(text) > 40)
    except TelegramError as error:
        log.info("a press was not acknowledged: %s", type(error).__name__)
