"""`mali-bot`: ask one question, many, or hold a conversation, in the terminal or on Telegram."""

import os
import sys
import time
from collections.abc import Iterator
from typing import Annotated

import typer
from rich.console import Console

from bot.engine import Engine
from bot.language import PHRASES
from bot.question import Question, QuestionError
from bot.render import json as as_json
from bot.render.terminal import show
from bot.render.words import reach
from bot.settings import BotSettings
from index.options import IndexOption, ModelOption
from index.report import errors, fail
from index.words import LANGUAGES, Language

app = typer.Typer(
    help=__doc__,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="The question; - reads one a line from stdin.")],
    index: IndexOption = None,
    model: ModelOption = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a question.")] = False,
) -> None:
    """Answer a question with cited passages, or say that there is nothing on it."""
    engine = _open(index, model)
    console = _console()
    if question == "-":
        for line in _lines():
            _answer(engine, line, json=json, console=console)
    elif not _answer(engine, question, json=json, console=console, trouble=_console(stderr=True)):
        raise typer.Exit(2)


@app.command()
def chat(index: IndexOption = None, model: ModelOption = None) -> None:
    """Converse in the terminal; with stdin not a terminal, answer one question a line."""
    engine = _open(index, model)
    console = _console()
    before: Question | None = None
    if not sys.stdin.isatty():
        for line in _lines():
            if line.strip():
                console.print(f"> {line}" if len(line) <= 200 else f"> {line[:200]}…", markup=False)
                before = _answer(engine, line, console=console, before=before) or before
                console.print()
        return
    language = _reader_language()
    phrases = PHRASES[language]
    about = reach(engine.reach, language)
    console.print(phrases.start, about, phrases.chat, sep="\n", markup=False)
    while line := _prompt():
        before = _answer(engine, line, console=console, before=before) or before


@app.command()
def run(
    index: IndexOption = None,
    model: ModelOption = None,
    webhook: Annotated[
        str | None,
        typer.Option(help="Public https address for Telegram to post to; without it, polling."),
    ] = None,
    listen: Annotated[
        str | None,
        typer.Option(help="HOST:PORT for the webhook, /healthz, /readyz and /metrics."),
    ] = None,
) -> None:
    """Run the Telegram bot, by long polling or behind a webhook; needs TELEGRAM_BOT_TOKEN."""
    with errors("mali-bot"):
        settings = BotSettings.read(index, model)
    token = settings.telegram_bot_token
    if token is None or not token.get_secret_value().strip():
        fail(
            "mali-bot",
            "TELEGRAM_BOT_TOKEN is not set: get a token from @BotFather, or try: mali-bot chat",
        )
    token_text = token.get_secret_value().strip()
    if webhook and not listen:
        fail("mali-bot", "--webhook needs --listen HOST:PORT, where Telegram's calls arrive")
    from bot.shared import Shared
    from bot.telegram.application import Listening, TelegramRefusedError
    from bot.telegram.application import run as run_telegram

    place = None
    if listen:
        host, colon, port = listen.rpartition(":")
        if not colon or not port.isdecimal() or int(port) > 65_535:
            fail("mali-bot", f"--listen {listen}: not HOST:PORT, as in 127.0.0.1:8443")
        place = Listening(host.strip("[]") or "0.0.0.0", int(port), webhook)  # noqa: S104
    with errors("mali-bot"):
        shared = Shared.open(settings.redis, token_text) if settings.redis else None
    try:
        run_telegram(_open(index, model), settings, token_text, place, shared)
    except TelegramRefusedError as error:
        fail("mali-bot", str(error))
    except OSError as error:
        fail("mali-bot", f"--listen {listen}: {error.strerror or error}; name another place")


def main() -> None:
    """The console script."""
    app()


def _answer(
    engine: Engine,
    line: str,
    *,
    console: Console,
    json: bool = False,
    trouble: Console | None = None,
    before: Question | None = None,
) -> Question | None:
    """Prints the answer to a question; None, and why on `trouble`, if it cannot be searched."""
    began = time.perf_counter()
    try:
        answer = engine.ask(line, _reader_language(), before)
    except QuestionError as error:
        if json:
            print(as_json.error_line(error, _since(began)), flush=True)  # noqa: T201
        else:
            (trouble or console).print(error.message, markup=False)
        return None
    if json:
        print(as_json.line(answer, _since(began)), flush=True)  # noqa: T201
    else:
        show(answer, console)
    return answer.question


def _since(began: float) -> float:
    return (time.perf_counter() - began) * 1000


def _lines() -> Iterator[str]:
    """The lines of stdin as text, whatever their bytes are."""
    for raw in sys.stdin.buffer:
        yield raw.decode("utf-8", "replace").rstrip("\r\n")


def _prompt() -> str:
    try:
        return input("\n? ").strip()
    except (EOFError, KeyboardInterrupt, UnicodeDecodeError):
        return ""


def _reader_language() -> Language:
    """The language of the reader's system, for a question that does not tell; else German."""
    code = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return next((language for language in LANGUAGES if code.startswith(language)), "de")


def _console(*, stderr: bool = False) -> Console:
    # Lines are wrapped for a terminal only: in a pipe, wrapping would break the quotes.
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else 1_000_000
    return Console(
        width=width, stderr=stderr, highlight=False, markup=False, emoji=False, soft_wrap=False
    )


def _open(index: str | None, model: str | None) -> Engine:
    with errors("mali-bot"):
        return Engine.open(BotSettings.read(index, model))
