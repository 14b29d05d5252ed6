"""The engine of the generation that serves now, and questions that wait answered together.

A build that ends while the bot runs is picked up within seconds: the new index is opened beside the
old one, which answers until the new one is ready, and questions begun with the old one end with it.
"""

import asyncio
import logging
from dataclasses import dataclass

from bot.answer import Answer
from bot.engine import Engine, Event
from bot.question import Question
from bot.settings import BotSettings
from index.errors import IndexingError, Unreachable
from index.language import detect
from index.remote import serving

log = logging.getLogger(__name__)

#: Questions answered in one go at most.
MAX_BATCH = 32
#: Seconds between two looks at which generation serves.
_LOOK_EVERY = 2.0


@dataclass(frozen=True, slots=True)
class _Waiting:
    question: Question
    answer: "asyncio.Future[Answer]"


class LiveEngine:
    """Answers questions off the event loop from whichever generation serves."""

    def __init__(self, engine: Engine, settings: BotSettings) -> None:
        self.engine = engine
        self._settings = settings
        self._waiting: asyncio.Queue[_Waiting] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []
        self._failed: str | None = None
        self._switching = asyncio.Lock()

    def start(self) -> None:
        """Begins to answer and to look for new generations; needs a running event loop."""
        self._tasks = [asyncio.create_task(self._serve()), asyncio.create_task(self._watch())]

    async def stop(self) -> None:
        """Answers what waits, then ends."""
        await self._waiting.join()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def ask(self, question: Question) -> Answer:
        """The answer to `question`; raises what the engine raises."""
        waiting = _Waiting(question, asyncio.get_running_loop().create_future())
        await self._waiting.put(waiting)
        return await waiting.answer

    async def timeline(self, question: Question) -> tuple[Answer, list[Event]]:
        """Dated passages on a topic, oldest first, and the answer that says why there are none."""
        answer = await self.ask(question)
        return answer, await asyncio.to_thread(self.engine.timeline, question)

    async def _serve(self) -> None:
        # A name alone has `lingua` loaded, which the first who sends one would wait for.
        await asyncio.to_thread(detect, "Mali")
        while True:
            batch = [await self._waiting.get()]
            while len(batch) < MAX_BATCH and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            try:
                await self._answer(batch)
            finally:
                for _ in batch:
                    self._waiting.task_done()

    async def _answer(self, batch: list[_Waiting]) -> None:
        questions = [one.question for one in batch]
        try:
            answers = await asyncio.to_thread(self.engine.answer, questions)
        except Exception as error:  # noqa: BLE001 - whoever asked is told, whatever it is
            if len(batch) == 1:
                _settle(batch[0].answer, error)
                return
            for one in batch:  # one bad question must not cost the others their answers
                await self._answer([one])
            return
        for one, answer in zip(batch, answers, strict=True):
            _settle(one.answer, answer)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            try:
                await self.refresh()
            except Exception as error:  # noqa: BLE001 - or it would never look again
                log.error("looking for a new generation failed: %s", type(error).__name__)

    async def refresh(self) -> bool:
        """Switches to the generation that serves, if that is another; whether it did."""
        async with self._switching:  # or the watch and an admin open the same one side by side
            return await self._refresh()

    async def _refresh(self) -> bool:
        name = ""  # not even which one serves can be told
        try:
            name = await asyncio.to_thread(serving, self._settings)
            if name in (self.engine.retriever.generation.folder.name, self._failed):
                return False
            self.engine = await asyncio.to_thread(Engine.over, self.engine.embedder, self._settings)
        except IndexingError as error:
            # What cannot be reached is tried again.
            failed = "" if isinstance(error, Unreachable) else name
            if failed != self._failed:
                log.warning("the new generation cannot be used, the old one answers on: %s", error)
            self._failed = failed
            return False
        self._failed = None
        log.info("now answering from generation %d", self.engine.generation)
        return True


def _settle(future: "asyncio.Future[Answer]", result: Answer | Exception) -> None:
    if future.cancelled():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
