"""What is remembered of a chat: by one process alone, and by copies that share a Redis."""

import asyncio
import datetime as dt
import logging
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.memory import KEPT, Memory
from bot.question import Question
from bot.shared import AwayError, Shared
from index.dates import Days
from index.errors import SettingError
from tests.redis_server import TOKEN, RedisServer, redis_server, together

CHAT = 987654321
ONE = Question.read("Wer ist Goïta?")
TWO = replace(Question.read("Was ist Barkhane?"), within=Days.of_year(2020), reader="fr")


@pytest.fixture
def server() -> Iterator[RedisServer]:
    with redis_server() as found:
        yield found


async def back(shared: Shared) -> None:
    """Waits until Redis can be asked again."""
    for _ in range(100):
        try:
            await shared.get("x")
        except AwayError:
            await asyncio.sleep(0.05)
        else:
            return
    raise AssertionError("Redis did not come back")


async def converse(memory: Memory, question: Question, chat: int, *answers: int) -> None:
    """`question` is asked, by message 5, and answered."""
    await memory.asked(question, chat, 5)
    await memory.answered(question, chat, 5, list(answers))


async def keeps_chats_apart_and_forgets(memory: Memory, other: Memory) -> None:
    await converse(memory, ONE, 1, 10)
    await converse(other, TWO, 1, 11)
    await memory.languages.set("fr", 1)
    await other.periods.set(Days.of_year(2021), 1)
    await converse(memory, ONE, 2)
    for one in (memory, other):
        assert await one.before(1, None) == TWO
        assert await one.before(1, 10) == ONE
        assert await one.before(1, 99) is None
        assert await one.before(3, None) is None
        assert await one.languages.get(1) == "fr"
        assert await one.periods.get(1) == Days(dt.date(2021, 1, 1), dt.date(2021, 12, 31))
    await other.languages.drop(1)
    assert await memory.languages.get(1) is None
    await memory.languages.set("en", 1)
    await other.forget(1)
    for one in (memory, other):
        assert await one.before(1, None) is None
        assert await one.before(1, 10) is None
        assert await one.languages.get(1) is None
        assert await one.periods.get(1) is None
        assert await one.before(2, None) == ONE


def test_a_process_alone_keeps_chats_apart_and_forgets() -> None:
    memory = Memory()
    asyncio.run(keeps_chats_apart_and_forgets(memory, memory))


def test_copies_remember_and_forget_together(server: RedisServer) -> None:
    async def test(one: Shared, two: Shared) -> None:
        await keeps_chats_apart_and_forgets(Memory(one), Memory(two))

    together(server, test)


async def forgets_what_is_in_work(memory: Memory, other: Memory) -> None:
    await memory.asked(ONE, 1, 5)
    assert await other.before(1, None) == ONE
    await other.forget(1)
    await memory.answered(ONE, 1, 5, [10])
    for one in (memory, other):
        assert await one.before(1, None) is None
        assert await one.before(1, 10) is None


def test_what_is_forgotten_while_it_is_answered_stays_forgotten(server: RedisServer) -> None:
    async def test(one: Shared, two: Shared) -> None:
        await forgets_what_is_in_work(Memory(one), Memory(two))
        memory = Memory(one)
        await memory.asked(ONE, 1, 5)
        server.stop()
        await memory.answered(ONE, 1, 5, [10])
        assert await memory.before(1, 10) is None  # for the other may have been told to forget

    memory = Memory()
    asyncio.run(forgets_what_is_in_work(memory, memory))
    together(server, test)


async def keeps_topics_apart(memory: Memory) -> None:
    await memory.asked(ONE, 1, 5, topic=2)
    await memory.asked(TWO, 1, 6, topic=3)
    assert await memory.before(1, None, topic=2) == ONE
    assert await memory.before(1, None, topic=3) == TWO
    assert await memory.before(1, 5, topic=3) == ONE
    await memory.asked(replace(ONE, within=Days.of_year(2020)), 1, 7, topic=2)
    await memory.lift_period(1, topic=3)
    assert await memory.before(1, None, topic=2) != ONE
    await memory.lift_period(1, topic=2)
    assert await memory.before(1, None, topic=2) == ONE
    assert await memory.before(1, None) is None
    await memory.forget(1)
    assert await memory.before(1, None, topic=2) is None


def test_topics_of_a_chat_are_kept_apart_and_forgotten_together(server: RedisServer) -> None:
    asyncio.run(keeps_topics_apart(Memory()))
    together(server, lambda shared: keeps_topics_apart(Memory(shared)), copies=1)


def test_messages_of_a_chat_take_turns_and_leave_nothing_behind() -> None:
    async def test() -> None:
        memory, done = Memory(), list[int]()

        async def take_up(number: int) -> None:
            async with memory.turn(number % 2):
                await asyncio.sleep(0.01 * (6 - number))
                done.append(number)

        await asyncio.gather(*map(take_up, range(6)))
        assert [number for number in done if number % 2] == [1, 3, 5]
        assert [number for number in done if not number % 2] == [0, 2, 4]
        assert not memory._turns

    asyncio.run(test())


def test_memory_lasts_half_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("bot.memory._now", lambda: clock[0])

    async def test() -> None:
        memory = Memory()
        await converse(memory, ONE, 1)
        clock[0] = 29 * 60
        assert await memory.before(1, None)
        clock[0] = 31 * 60
        assert await memory.before(1, None) is None

    asyncio.run(test())


def test_redis_holds_no_id_and_nothing_for_longer_than_half_an_hour(server: RedisServer) -> None:
    async def test(shared: Shared) -> None:
        memory = Memory(shared)
        await converse(memory, TWO, CHAT, 4711)
        await memory.languages.set("de", CHAT)
        await memory.periods.set(Days.of_year(2020), CHAT)

    together(server, test, copies=1)
    held = server.held()
    assert sorted(name.split(":")[1] for name in held) == [
        "chat", "language", "period", "question", "question", "question",
    ]  # fmt: skip
    for name, (left, value) in held.items():
        assert 0 < left <= KEPT * 1000
        for secret in (str(CHAT), "4711", TOKEN, TOKEN.split(":")[1]):
            assert secret not in name
            assert secret.encode() not in value
    assert sum(b"Barkhane" in value for _, value in held.values()) == 3


def test_names_differ_from_bot_to_bot(server: RedisServer) -> None:
    one, two = Shared.open(server.url, TOKEN), Shared.open(server.url, "654321:other")
    assert one.name("chat", 1) == one.name("chat", 1)
    names = {one.name("chat", 1), two.name("chat", 1), one.name("chat", 2), one.name("period", 1)}
    assert len(names) == 4


def test_what_another_version_wrote_is_passed_over(server: RedisServer) -> None:
    async def test(shared: Shared) -> None:
        await shared.set(shared.name("question", 1, 0), b'{"words": 5}', 60)
        assert await Memory(shared).before(1, None) is None

    together(server, test, copies=1)


def test_without_redis_each_remembers_alone_until_it_is_back(
    server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    async def test(one: Shared, two: Shared) -> None:
        memory, other = Memory(one), Memory(two)
        await converse(memory, ONE, CHAT)
        await converse(memory, ONE, 2)
        server.stop()
        assert await memory.before(CHAT, None) is None
        await converse(memory, TWO, CHAT)
        assert await memory.before(CHAT, None) == TWO
        assert await other.before(CHAT, None) is None
        await other.forget(CHAT)  # cannot reach Redis, where the first question still is
        server.start()
        await back(two)
        assert await other.before(CHAT, None) is None
        assert await other.before(2, None) == ONE
        await back(one)
        assert await memory.before(CHAT, None) is None
        server.stop()
        assert await memory.before(CHAT, None) is None  # nor does it live on in a copy

    with caplog.at_level(logging.INFO, "bot"):
        together(server, test)
    warnings = [one for one in caplog.records if one.levelname == "WARNING"]
    assert len(warnings) == 3
    assert all("away" in one.getMessage() for one in warnings)
    for secret in (str(CHAT), str(server.port), "127.0.0.1", "Goïta", "Barkhane", TOKEN):
        assert secret not in caplog.text


def test_redis_that_hangs_is_waited_for_once(
    server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.shared._PATIENCE", 0.3)

    async def test(shared: Shared) -> None:
        memory = Memory(shared)
        port = server.port
        server.stop()
        with socket.socket() as silent:
            silent.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            silent.bind(("127.0.0.1", port))
            silent.listen()
            began = time.monotonic()
            for number in range(50):
                await converse(memory, ONE, number, 1, 2)
                assert await memory.before(number, None) == ONE
            assert time.monotonic() - began < 2

    together(server, test, copies=1)


def test_redis_out_of_reach_at_the_start_is_one_line() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"redis://:secret@127.0.0.1:{unused.getsockname()[1]}/0"
        with pytest.raises(
            SettingError, match=r"^MALI_REDIS: Redis does not answer .*unset"
        ) as one:
            Shared.open(url, TOKEN)
    assert "secret" not in str(one.value)
    assert "\n" not in str(one.value)


def test_a_missing_package_is_one_line_that_says_how_to_get_it() -> None:
    script = (
        "import sys; sys.modules['redis'] = None\n"
        "from bot.shared import Shared\n"
        "from index.errors import SettingError\n"
        "try: Shared.open('redis://127.0.0.1', 'x')\n"
        "except SettingError as error: print(error)"
    )
    command = [sys.executable, "-c", script]
    said = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    assert said.stdout.splitlines() == [
        "MALI_REDIS is set, but the package redis is not installed: "
        "pip install 'mali-bot[redis]', or unset it to run one copy"
    ]
