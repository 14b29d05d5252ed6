"""What those who run the bot can do in chat: see counts, re-index, add an article as a file."""

import asyncio
import sys
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory

from telegram import Update
from telegram.ext import ContextTypes

from bot.language import PHRASES
from bot.render.telegram import plain
from bot.settings import BotSettings
from bot.telegram.service import Service, reply
from index.article import MAX_BYTES, SUFFIXES
from index.errors import CorpusError
from index.ingest.add import add

#: Characters of a report that is sent; what a build has to say is at its end.
_REPORT = 1_500


class Admin:
    """Handlers for the ids in `MALI_ADMINS`; others are told that this is not for them."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._building = asyncio.Lock()

    async def stats(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """`/stats`: questions by what came of them since the start, and what answers."""
        if not await self._allowed(update):
            return
        engine = self._service.live.engine
        lines = [
            f"generation {engine.generation}: {engine.reach.articles} articles, "
            f"{engine.retriever.generation.manifest.chunks} chunks"
        ]
        lines += [f"{name}: {count}" for name, count in self._service.metrics.summary().items()]
        await self._say(update, "\n".join(lines))

    async def reindex(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """`/reindex`: builds the index anew while the old one answers, and says how it went."""
        if await self._allowed(update):
            await self._say(update, await self._rebuild())

    async def add(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """`/add URL`: fetches an article, and re-indexes."""
        if not await self._allowed(update):
            return
        url = " ".join(context.args or ())
        if not url.startswith(("http://", "https://")):
            await self._say(update, "/add https://…")
            return
        corpus = self._service.settings.corpus
        _, said = await _run("add", "--corpus", str(corpus), "--", url)
        if any(line.startswith(("added", "replaced")) for line in said.splitlines()):
            said += f"\n{await self._rebuild()}"
        await self._say(update, said)

    async def file(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """A file: kept as an article if it is one, replacing one of the same name; re-indexed."""
        message = update.effective_message
        if message is None or message.document is None or not await self._allowed(update):
            return
        name = PurePath(message.document.file_name or "").name
        if PurePath(name).suffix.lower() not in SUFFIXES or name.startswith("."):
            await self._say(update, f"{name or '?'}: not an article; expected .md or .txt")
            return
        if (message.document.file_size or 0) > MAX_BYTES:
            await self._say(update, f"{name}: over {MAX_BYTES:,} bytes")
            return
        with TemporaryDirectory() as folder:
            kept = Path(folder) / name
            await (await message.document.get_file()).download_to_drive(kept)
            try:
                corpus = self._service.settings.corpus
                [found] = await asyncio.to_thread(add, [str(kept)], corpus)
            except CorpusError as error:
                await self._say(update, str(error))
                return
        said = f"{found.outcome}: {found.said}".replace(f"{kept.parent}/", "")
        if found.outcome in ("added", "replaced"):
            said += f"\n{await self._rebuild()}"
        await self._say(update, said)

    async def _rebuild(self) -> str:
        if self._building.locked():
            return "a build is already running"
        async with self._building:
            settings = self._service.settings
            code, said = await _run("build", "--corpus", str(settings.corpus), *_index(settings))
            if code == 0:
                await self._service.live.refresh()
            return said

    async def _allowed(self, update: Update) -> bool:
        user = update.effective_user
        if user is not None and user.id in self._service.settings.admins:
            return True
        await self._say(update, PHRASES[await self._service.language(update)].not_admin)
        return False

    async def _say(self, update: Update, text: str) -> None:
        if update.effective_message is not None:
            await reply(update.effective_message, [plain(text[-_REPORT:])])


def _index(settings: BotSettings) -> list[str]:
    return ["--index", settings.index, "--model", settings.model]


async def _run(*arguments: str) -> tuple[int, str]:
    """Runs `mali-index` in a process of its own; its exit code and what it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "index",
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=Path.cwd(),
    )
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode("utf-8", "replace").strip()
