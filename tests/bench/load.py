"""Fifty people at once on Telegram: how long they wait, and how many answers a second there are.

The bot runs as a process of its own, by long polling, against the strict stand-in of the tests,
which enforces a message a second in each chat; both share this machine's cores.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from rich.console import Console

from tests.bench.questions import read_set
from tests.telegram.fake_api import TOKEN, FakeTelegram, Sent

ROOT = Path(__file__).parents[2]
PEOPLE, QUESTIONS = 50, 20
#: Seconds between two questions of one person: 25 a second in all, under Telegram's 30.
EVERY = 2.0


def run(corpus: Path, out: Console) -> None:
    """Prints waiting times at a steady pace, then throughput when all ask as fast as they can."""
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder) / "index"
        command = [sys.executable, "-m", "index", "build", "--corpus", str(corpus)]
        subprocess.run(  # noqa: S603
            [*command, "--index", str(index)], cwd=ROOT, check=True, capture_output=True
        )
        telegram = FakeTelegram()
        telegram.start()
        environment = os.environ | {
            "TELEGRAM_BOT_TOKEN": TOKEN,
            "MALI_TELEGRAM_API": f"http://127.0.0.1:{telegram.port}",
            "MALI_INDEX": str(index),
        }
        with (Path(folder) / "log").open("wb") as log:
            bot = subprocess.Popen(
                [sys.executable, "-m", "bot", "run"], cwd=ROOT, env=environment, stderr=log
            )
        try:
            telegram.say("/help", chat=1)
            telegram.wait_for(1, chat=1, seconds=60)
            waits = _steady(telegram)
            p50, p95 = np.percentile(waits, [50, 95])
            out.print(
                f"{PEOPLE} people, a question every {EVERY:.0f} s each: {len(waits)} of "
                f"{PEOPLE * QUESTIONS} answered, p50 {p50 * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms"
            )
            out.print(f"all at once: {_at_once(telegram):.1f} answers a second")
        finally:
            bot.terminate()
            bot.wait()
            telegram.stop()


def _steady(telegram: FakeTelegram) -> list[float]:
    """Seconds from each question to its answer; people begin one after another."""
    texts = [asked.question for asked in read_set("articles-dev")]
    asked: dict[int, float] = {}
    began = time.monotonic()
    for number in range(PEOPLE * QUESTIONS):
        person, turn = number % PEOPLE, number // PEOPLE
        due = began + turn * EVERY + person * EVERY / PEOPLE
        time.sleep(max(0.0, due - time.monotonic()))
        chat = 1_000 + person
        asked[telegram.say(texts[number % len(texts)], chat, user=chat)] = time.monotonic()
    telegram.wait_until(lambda: len(_answers(telegram, 1_000)) >= len(asked), seconds=120)
    return [sent.at - asked[sent.replies_to or 0] for sent in _answers(telegram, 1_000)]


def _at_once(telegram: FakeTelegram) -> float:
    texts = [asked.question for asked in read_set("articles-test")]
    count = 10 * PEOPLE
    began = time.monotonic()
    for number in range(count):
        chat = 100_000 + number
        telegram.say(texts[number % len(texts)], chat, user=chat)
    telegram.wait_until(lambda: len(_answers(telegram, 100_000)) >= count, seconds=120)
    return count / (max(sent.at for sent in telegram.sent) - began)


def _answers(telegram: FakeTelegram, first_chat: int) -> list[Sent]:
    """The replies in chats from `first_chat` on, the first of each answer."""
    last = first_chat + 50_000
    return [s for s in telegram.sent if first_chat <= s.chat < last and s.replies_to is not None]
