"""Two running bots behind a reverse proxy, which share a Redis and serve the same conversations."""

import asyncio
import json
import signal
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
import redis
from aiohttp import web

from tests.conftest import WELL
from tests.telegram.fake_api import TOKEN, FakeTelegram, Sent
from tests.telegram.test_polling import ASKED, CANARY, free_port, rebuild
from tests.telegram.test_webhook import REDIS, call, listens, spawn, wait_for

TOWER = """---
title: "Kona baut einen Turm"
outlet: "Dorfblatt"
date: 2021-07-08
lang: de
---

In Kona wurde am 8. Juli 2021 ein Turm eingeweiht. Nach Angaben der Gemeinde kostete er 9000 Euro.
Bezahlt hat ihn die Stadt Bonn.
"""
WELL_ASKED = f"Was kostete der Brunnen in Sanga? {CANARY}"
TOWER_ASKED = f"Was kostete der Turm in Kona? {CANARY}"
FOLLOW_UP = "Und wer bezahlte ihn?"
#: Questions, and the title of the article that a follow-up is answered from.
TALKS = {WELL_ASKED: "Dorf Sanga baut einen Brunnen", TOWER_ASKED: "Kona baut einen Turm"}
PER_MINUTE = 8
#: Chats are numbered from here: no hash holds such a number by chance.
CHATS = 7_300_000_000_000


@dataclass(frozen=True)
class Passed:
    """A call that the proxy passed on; status 0: the connection was refused, or broke."""

    update: int
    replica: int
    status: int


@dataclass
class Proxy:
    """A reverse proxy: the replicas in turn, and the other one where a connection fails."""

    ports: tuple[int, int]
    port: int
    turn: int = 0  # who is next
    passed: list[Passed] = field(default_factory=list)

    def start(self) -> None:
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run(ready)))
        self._thread.start()
        assert ready.wait(20)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()

    def by(self, update: int) -> list[int]:
        """The replicas that said an update is handled."""
        return [one.replica for one in self.passed if (one.update, one.status) == (update, 200)]

    async def _run(self, ready: threading.Event) -> None:
        self._loop, self._stopped = asyncio.get_running_loop(), asyncio.Event()
        app = web.Application()
        app.router.add_post("/telegram", self._pass)
        runner = web.AppRunner(app)
        async with aiohttp.ClientSession() as self._session:
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", self.port).start()
            ready.set()
            await self._stopped.wait()
            await runner.cleanup()

    async def _pass(self, request: web.Request) -> web.Response:
        body = await request.read()
        update = json.loads(body)["update_id"]
        first, self.turn = self.turn, 1 - self.turn
        name = "X-Telegram-Bot-Api-Secret-Token"
        headers = {name: request.headers[name]}
        for replica in (first, 1 - first):
            url = f"http://127.0.0.1:{self.ports[replica]}/telegram"
            try:
                async with self._session.post(url, data=body, headers=headers) as reply:
                    status, text = reply.status, await reply.text()
            except aiohttp.ClientError:
                self.passed.append(Passed(update, replica, 0))
                continue
            self.passed.append(Passed(update, replica, status))
            return web.Response(status=status, text=text)
        return web.Response(status=502)


@dataclass
class Replicas:
    """Two bots, and what is around them."""

    stack: ExitStack
    folder: Path
    telegram: FakeTelegram
    proxy: Proxy
    redis_port: int
    redis: "subprocess.Popen[bytes] | None" = None
    bots: "list[subprocess.Popen[bytes]]" = field(default_factory=list)
    chats: int = CHATS

    def chat(self) -> int:
        """A chat that nothing was said in."""
        self.chats += 1
        return self.chats

    def ask(self, text: str, chat: int, by: int, user: int | None = None) -> Sent:
        """What `text` is answered with in `chat` by the replica `by`."""
        before = len([one for one in self.telegram.sent if one.chat == chat])
        self.proxy.turn = by
        self.telegram.say(text, chat, user)
        update = self.telegram.last_update
        sent = self.telegram.wait_for(before + 1, chat)[before]
        self.telegram.wait_until(lambda: bool(self.proxy.by(update)))
        assert self.proxy.by(update) == [by]
        return sent

    def start_redis(self) -> None:
        arguments = ["-c", REDIS, str(self.redis_port)]
        self.redis = spawn(self.stack, self.folder / "redis.log", arguments)
        wait_for(lambda: listens(self.redis_port), self.redis, 60)

    def stop_redis(self) -> None:
        assert self.redis is not None
        self.redis.kill()
        self.redis.wait()

    def logged(self, replica: int) -> str:
        return (self.folder / f"bot-{replica}.log").read_text("utf-8")

    def until_logged(self, what: str, then: Callable[[int], object]) -> None:
        """Does `then` with each replica until it logs `what`."""
        for replica in (0, 1):
            deadline = time.monotonic() + 20
            while what not in self.logged(replica):
                assert time.monotonic() < deadline, self.logged(replica)
                then(replica)


def first_passage(sent: Sent) -> str:
    """What comes before the second passage: the quote, and where it stands."""
    return sent.text.partition("[2]")[0]


@pytest.fixture(scope="module")
def replicas(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replicas]:
    folder = tmp_path_factory.mktemp("replicas")
    (folder / "corpus").mkdir()
    (folder / "corpus" / "brunnen.md").write_text(WELL, "utf-8")
    (folder / "corpus" / "turm.md").write_text(TOWER, "utf-8")
    rebuild(folder / "index")
    telegram = FakeTelegram()
    telegram.start()
    ports = (free_port(), free_port())
    proxy = Proxy(ports, free_port())
    proxy.start()
    with ExitStack() as stack:
        stack.callback(telegram.stop)
        stack.callback(proxy.stop)
        found = Replicas(stack, folder, telegram, proxy, free_port())
        found.start_redis()
        for number, port in enumerate(ports):
            arguments = ["-m", "bot", "run", "--webhook", f"http://127.0.0.1:{proxy.port}"]
            arguments += ["--listen", f"127.0.0.1:{port}"]
            bot = spawn(
                stack,
                folder / f"bot-{number}.log",
                arguments,
                TELEGRAM_BOT_TOKEN=TOKEN,
                MALI_TELEGRAM_API=f"http://127.0.0.1:{telegram.port}",
                MALI_INDEX=str(folder / "index"),
                MALI_REDIS=f"redis://127.0.0.1:{found.redis_port}/0",
                MALI_PER_MINUTE=str(PER_MINUTE),
                MALI_SURE="0",
            )
            found.bots.append(bot)
        for number, bot in enumerate(found.bots):
            wait_for(lambda number=number: "answering from" in found.logged(number), bot, 60)  # type: ignore[misc]
        yield found
        for bot in found.bots:
            bot.send_signal(signal.SIGTERM)
        codes = [bot.wait(60) for bot in found.bots]  # longer than the server may take
    assert codes == [-signal.SIGKILL, 0]
    for number in (0, 1):
        text = found.logged(number)
        for secret in (TOKEN, TOKEN.split(":")[1], CANARY, "987654321", str(CHATS)[:6]):
            assert secret not in text
        assert str(found.redis_port) not in text
        assert "failed to handle" not in text
        assert "never retrieved" not in text


@pytest.mark.parametrize(("first", "second"), [(0, 1), (1, 0)])
def test_a_follow_up_is_understood_by_the_other(
    replicas: Replicas, first: int, second: int
) -> None:
    for asked, title in TALKS.items():
        chat = replicas.chat()
        replicas.ask(asked, chat, first)
        # The same words in both chats: only the question before tells them apart.
        assert title in first_passage(replicas.ask(FOLLOW_UP, chat, second))


def test_what_is_forgotten_on_one_is_forgotten_on_both(replicas: Replicas) -> None:
    fresh = first_passage(replicas.ask(FOLLOW_UP, replicas.chat(), 0))
    [asked] = [question for question, title in TALKS.items() if title not in fresh]
    for told, asked_after in ((0, 1), (1, 1)):
        chat = replicas.chat()
        replicas.ask(asked, chat, asked_after)
        assert TALKS[asked] in first_passage(replicas.ask(FOLLOW_UP, chat, asked_after))
        replicas.ask("/forget", chat, told)
        assert first_passage(replicas.ask(FOLLOW_UP, chat, asked_after)) == fresh


def test_a_language_chosen_on_one_is_spoken_by_both(replicas: Replicas) -> None:
    chat = replicas.chat()
    assert "Neuester zitierter Artikel" in replicas.ask(ASKED, chat, 1).text
    assert replicas.ask("/lang en", chat, 0).text.startswith("I now speak English")
    assert "Newest article" in replicas.ask(ASKED, chat, 1).text


def test_what_one_person_may_ask_counts_over_both(replicas: Replicas) -> None:
    answers = [
        replicas.ask("Brunnen?", replicas.chat(), number % 2, user=987654321).text
        for number in range(PER_MINUTE + 4)
    ]
    slow = ["trop rapide" in text for text in answers]
    assert slow == [False] * PER_MINUTE + [True] * 4


def test_redis_knows_nobody_and_keeps_nothing_for_good(replicas: Replicas) -> None:
    replicas.ask(ASKED, replicas.chat(), 0)
    with redis.Redis(port=replicas.redis_port, protocol=2) as client:
        names = list(client.scan_iter())
        kinds = Counter(name.split(b":")[1] for name in names)
        assert set(kinds) >= {b"question", b"chat", b"limit", b"update"}
        for name in names:
            left = client.pttl(name)
            assert 0 < left <= 3_600_000 or left == -2  # that is: gone meanwhile
            many = name.startswith(b"mali:chat:")
            value = b" ".join(client.smembers(name)) if many else client.get(name)
            for secret in (TOKEN.split(":")[1], "987654321", str(CHATS)[:6]):
                assert secret.encode() not in name + (value or b"")


def test_without_redis_answers_go_on_and_with_it_they_are_together_again(
    replicas: Replicas,
) -> None:
    replicas.stop_redis()
    for replica in (0, 1):
        for asked, title in TALKS.items():
            chat = replicas.chat()
            replicas.ask(asked, chat, replica)
            assert title in first_passage(replicas.ask(FOLLOW_UP, chat, replica))
            assert len(replicas.telegram.wait_for(2, chat)) == 2
        assert "Redis is away" in replicas.logged(replica)
        assert "Redis is back" not in replicas.logged(replica)
    replicas.start_redis()
    replicas.until_logged("Redis is back", lambda by: replicas.ask("/help", replicas.chat(), by))
    for asked, title in TALKS.items():
        chat = replicas.chat()
        replicas.ask(asked, chat, 0)
        assert title in first_passage(replicas.ask(FOLLOW_UP, chat, 1))


def test_fifty_people_ask_one_replica_is_killed_and_everyone_is_answered(
    replicas: Replicas,
) -> None:
    """Twice comes at most what the killed one had in work; that is asserted, and that it had."""
    telegram, proxy = replicas.telegram, replicas.proxy
    asked: dict[int, int] = {}
    telegram.crawl = 0.02
    sent_before = len(telegram.sent)
    for _ in range(50):
        telegram.say(ASKED, chat := replicas.chat())
        asked[telegram.last_update] = chat

    def answers() -> Counter[int]:
        return Counter(one.chat for one in telegram.sent[sent_before:])

    telegram.wait_until(lambda: len(answers()) >= 10)
    replicas.bots[0].kill()
    replicas.bots[0].wait()
    assert len(answers()) < 40, "it was killed when all was nearly over"
    telegram.crawl = 0.0
    telegram.wait_until(lambda: not telegram.updates, 45)
    in_work = {one.update for one in proxy.passed if one.status == 0} & set(asked)
    assert in_work, "the one that was killed had nothing in work"
    found = answers()
    assert set(found) == set(asked.values())
    twice = {chat for chat, count in found.items() if count > 1}
    assert twice <= {asked[update] for update in in_work}
    assert max(found.values()) <= 2
    assert all("4000" in one.text for one in telegram.sent[sent_before:])
    assert all(proxy.by(update) == [1] for update in in_work)
    status, _ = call(f"http://127.0.0.1:{proxy.ports[1]}/healthz")
    assert status == 200


@pytest.mark.parametrize("url", ["redis://127.0.0.1:{port}/0", "http://127.0.0.1:{port}"])
def test_no_redis_at_the_start_is_one_line(tmp_path: Path, url: str) -> None:
    with socket.socket() as unused, ExitStack() as stack:
        unused.bind(("127.0.0.1", 0))
        redis_url = url.format(port=unused.getsockname()[1])
        log = tmp_path / "log"
        bot = spawn(
            stack, log, ["-m", "bot", "run"], TELEGRAM_BOT_TOKEN=TOKEN, MALI_REDIS=redis_url
        )
        assert bot.wait(60) == 1
    [line] = log.read_text("utf-8").splitlines()
    assert line.startswith("mali-bot: ")
    assert "REDIS" in line
    assert "127.0.0.1" not in line
