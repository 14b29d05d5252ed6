"""Commands: what the bot is, what it holds, how it speaks, what it forgets."""

from collections.abc import Sequence
from dataclasses import replace

from telegram import BotCommand, Update
from telegram.error import TelegramError
from telegram.ext import ContextTypes, ExtBot

from bot.language import PHRASES, period
from bot.period import split_period
from bot.question import Question, QuestionError
from bot.render import buttons
from bot.render import telegram as render
from bot.render.telegram import Message, plain
from bot.render.words import reach, refusal
from bot.telegram.questions import Questions, topic_of, with_typing
from bot.telegram.quiet import log_failure
from bot.telegram.service import Service, app_language, reply
from index.words import LANGUAGES

#: Articles that `/latest` lists.
_LATEST = 8
_ALL = frozenset({"alle", "alles", "all", "tout", "toutes"})


class Commands:
    """The handlers of commands; each takes an update and replies."""

    def __init__(self, service: Service, questions: Questions) -> None:
        self._service = service
        self._questions = questions

    async def start(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """`/start`: what the bot is for, how far its articles reach, and questions to try."""
        language = await self._service.language(update)
        phrases, engine = PHRASES[language], self._service.live.engine
        about = reach(engine.reach, language)
        text = plain(f"{phrases.start}\n\n{about}\n\n{phrases.help}").html
        asked = [Question.read(text, language) for text in phrases.examples]
        answers = [await self._service.live.ask(question) for question in asked]
        good = [(n, one.asked) for n, one in enumerate(asked) if answers[n].answered]
        await self._say(update, [Message(text, buttons.examples(language, good))])

    async def help(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """`/help`: how to ask, and the commands."""
        phrases = PHRASES[await self._service.language(update)]
        listed = "\n".join(f"/{name} – {text}" for name, text in phrases.commands.items())
        await self._say(update, [plain(f"{phrases.help}\n\n{listed}")])

    async def ask(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """`/ask QUESTION`, for groups."""
        message = update.effective_message
        if message is None:
            return
        if context.args:
            await self._questions.ask(update, message, " ".join(context.args))
            return
        phrases = PHRASES[await self._service.language(update)]
        await self._say(update, [plain(phrases.group_usage.format(example=phrases.examples[0]))])

    async def sources(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """`/sources`: the outlets and how many articles each has."""
        language, engine = await self._service.language(update), self._service.live.engine
        found = render.outlets(engine.outlets(), reach(engine.reach, language), language)
        await self._say(update, found)

    async def latest(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """`/latest`: the newest articles."""
        language = await self._service.language(update)
        await self._say(update, render.latest(self._service.live.engine.latest(_LATEST), language))

    async def timeline(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """`/timeline TOPIC`: dated passages in order."""
        language = await self._service.language(update)
        message = update.effective_message
        if message is None:
            return
        typed = " ".join(context.args or ())
        if not typed:
            await self._say(update, [plain(PHRASES[language].timeline_usage)])
            return
        user = update.effective_user
        if seconds := await self._service.allowance.wait(user.id) if user else 0:
            await self._say(update, [plain(PHRASES[language].too_fast.format(seconds=seconds))])
            return
        memory, chat = self._service.memory, message.chat_id
        chosen = await memory.languages.get(chat)
        try:
            question = Question.read(typed, app_language(update), chosen)
        except QuestionError as error:
            await self._say(update, [plain(error.message)])
            return
        within = question.within or await memory.periods.get(chat)
        question = replace(question, within=within)
        answer, events = await with_typing(message, self._service.live.timeline(question))
        if not events or not answer.answered:
            await self._say(update, [plain(refusal(answer))])
            return
        await self._say(update, render.timeline(question, events))

    async def language(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """`/lang de|en|fr|auto`: the language the bot speaks in this chat."""
        memory, chat = self._service.memory, update.effective_chat
        typed = (context.args or [""])[0].lower()
        wanted = next((one for one in LANGUAGES if one == typed), None)
        if chat is not None and (wanted or typed == "auto"):
            await memory.languages.drop(chat.id)
            if wanted:
                await memory.languages.set(wanted, chat.id)
            said = PHRASES[await self._service.language(update)].language_set
        else:
            said = PHRASES[await self._service.language(update)].language_usage
        await self._say(update, [plain(said)])

    async def period(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """`/zeit 2019..2020 [QUESTION]`: search one period only, once or from now on."""
        message, memory = update.effective_message, self._service.memory
        language = await self._service.language(update)
        phrases = PHRASES[language]
        if message is None:
            return
        args = context.args or [""]
        if args[0].lower() in _ALL:
            async with memory.turn(message.chat_id):
                await memory.periods.drop(message.chat_id)
                await memory.lift_period(message.chat_id, topic_of(message))
            await self._say(update, [plain(phrases.period_all)])
            return
        read = split_period(" ".join(args))
        if read is None:
            await self._say(update, [plain(phrases.period_usage)])
            return
        days, question = read
        if question:
            await self._questions.ask(update, message, question, within=days)
            return
        async with memory.turn(message.chat_id):
            await memory.periods.set(days, message.chat_id)
            await memory.lift_period(message.chat_id, topic_of(message))
        said = phrases.period_set.format(period=period(days, language))
        await self._say(update, [plain(said)])

    async def privacy(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """`/privacy`: what is stored."""
        phrases = PHRASES[await self._service.language(update)]
        on = self._service.settings.feedback is not None
        feedback = phrases.feedback_on if on else phrases.feedback_off
        await self._say(update, [plain(phrases.privacy.format(feedback=feedback))])

    async def forget(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """`/forget`: forgets this chat at once."""
        memory, chat = self._service.memory, update.effective_chat
        if chat is None:
            return
        async with memory.turn(chat.id):
            language = await self._service.language(update)
            await memory.forget(chat.id)
        await self._say(update, [plain(PHRASES[language].forgotten)])

    async def _say(self, update: Update, messages: Sequence[Message]) -> None:
        if update.effective_message is not None:
            await reply(update.effective_message, messages)


async def register(bot: "ExtBot[None]") -> None:
    """Tells Telegram the commands in each language; failing that, the bot works without."""
    for language in (None, *LANGUAGES):
        listed = [BotCommand(*item) for item in PHRASES[language or "en"].commands.items()]
        try:
            await bot.set_my_commands(listed, language_code=language)
        except TelegramError as error:
            log_failure("the command menu could not be set", error)
            return
