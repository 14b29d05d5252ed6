"""The running bot behind a webhook, against a Bot API server that nobody here wrote (telemelya)."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import WELL
from tests.telegram.test_polling import ADMIN, ASKED, CANARY, ROOT, free_port, rebuild

TOKEN = "123456:TEST-webhook-token-that-must-not-leak"
REDIS = (
    "from fakeredis import TcpFakeServer; import sys;"
    "TcpFakeServer(('127.0.0.1', int(sys.argv[1])), server_type='redis').serve_forever()"
)


def call(url: str, body: object = None, **headers: str) -> tuple[int, str]:
    """Status and text of a GET, or of a POST of `body` as JSON."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    request = urllib.request.Request(url, data=data, headers=headers)  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:  # noqa: S310
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def wait_for(ready: Callable[[], bool], process: subprocess.Popen[bytes], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not _quietly(ready):
        assert process.poll() is None, f"{process.args!r} ended with {process.returncode}"
        assert time.monotonic() < deadline, f"{process.args!r} is not ready"
        time.sleep(0.1)


def _quietly(ready: Callable[[], bool]) -> bool:
    try:
        return ready()
    except OSError:
        return False


def listens(port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port), timeout=1):
        return True


@dataclass
class Behind:
    """The bot, and telemelya before it."""

    api: str
    bot: str
    log: Path
    process: subprocess.Popen[bytes]

    def say(self, chat: int, path: str = "send_update", **update: Any) -> dict[str, Any]:
        """Delivers an update; telemelya's report, which comes when the bot has handled it."""
        url = f"{self.api}/api/v1/test/{path}?bot_token={TOKEN}&session_id={chat}"
        status, text = call(url, {"chat_id": chat} | update, Authorization="Bearer test")
        report: dict[str, Any] = json.loads(text)
        assert (status, report["delivery"]["status_code"]) == (200, 200), text
        return report

    def sent(self, chat: int) -> list[dict[str, Any]]:
        """Everything the bot called for a chat."""
        url = f"{self.api}/api/v1/test/responses?session_id={chat}"
        found: list[dict[str, Any]] = json.loads(call(url, Authorization="Bearer test")[1])[
            "responses"
        ]
        return found

    def metrics(self) -> str:
        return call(f"{self.bot}/metrics")[1]


def spawn(stack: ExitStack, log: Path, arguments: list[str], **environment: str) -> Any:
    stream = stack.enter_context(log.open("wb"))
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=stream,
        stderr=stream,
    )
    stack.callback(process.wait)
    stack.callback(process.kill)
    return process


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    folder = tmp_path_factory.mktemp("webhook")
    (folder / "corpus").mkdir()
    (folder / "corpus" / "brunnen.md").write_text(WELL, "utf-8")
    rebuild(folder / "index")
    redis, s3, api, bot = (free_port() for _ in range(4))
    with ExitStack() as stack:
        storage = spawn(stack, folder / "redis.log", ["-c", REDIS, str(redis)])
        bucket = spawn(stack, folder / "s3.log", ["-m", "moto.server", "-p", str(s3)])
        wait_for(lambda: listens(redis), storage, 60)
        wait_for(lambda: listens(s3), bucket, 60)
        telemelya = spawn(
            stack,
            folder / "api.log",
            ["-m", "telemelya.server.app"],
            REDIS_URL=f"redis://127.0.0.1:{redis}/0",
            MINIO_ENDPOINT=f"127.0.0.1:{s3}",
            MOCK_SERVER_HOST="127.0.0.1",
            MOCK_SERVER_PORT=str(api),
            AUTH_KEYS="test",
        )
        wait_for(lambda: listens(api), telemelya, 60)
        process = spawn(
            stack,
            folder / "bot.log",
            ["-m", "bot", "run", "--webhook", f"http://127.0.0.1:{bot}", "--listen",
             f"127.0.0.1:{bot}"],
            TELEGRAM_BOT_TOKEN=TOKEN,
            MALI_TELEGRAM_API=f"http://127.0.0.1:{api}",
            MALI_INDEX=str(folder / "index"),
            MALI_ADMINS=str(ADMIN),
            MALI_SURE="0",
        )  # fmt: skip
        found = Behind(
            f"http://127.0.0.1:{api}", f"http://127.0.0.1:{bot}", folder / "bot.log", process
        )
        wait_for(lambda: "answering from" in found.log.read_text("utf-8"), process, 60)
        yield found
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        logged = found.log.read_text("utf-8")
        for secret in (TOKEN, TOKEN.split(":")[1], CANARY, "987654321"):
            assert secret not in logged
        assert "failed to handle" not in logged


def test_a_question_is_answered_in_its_chat(behind: Behind) -> None:
    behind.say(11, text=ASKED)
    [sent] = behind.sent(11)
    assert sent["chat_id"] == 11
    assert "4000\nEuro.</b>" in sent["text"]
    assert sent["raw"]["parse_mode"] == "HTML"
    assert sent["raw"]["link_preview_options"] == {"is_disabled": True}


def test_start_offers_examples_and_every_button_works(behind: Behind) -> None:
    behind.say(12, text=ASKED)
    rows = behind.sent(12)[0]["reply_markup"]["inline_keyboard"]
    for row in rows:
        for button in row:
            before = len(behind.sent(12))
            behind.say(12, callback_data=button["callback_data"], callback_message_id=1)
            assert len(behind.sent(12)) > before
    methods = [one["method"] for one in behind.sent(12)]
    assert methods.count("answerCallbackQuery") == sum(len(row) for row in rows)


def test_unknown_button_data_gets_a_word(behind: Behind) -> None:
    behind.say(13, callback_data="what?", callback_message_id=1)
    [sent] = behind.sent(13)
    assert sent["method"] == "answerCallbackQuery"
    assert sent["text"]


def test_inline_mode_offers_passages(behind: Behind) -> None:
    behind.say(14, "send_inline_query", query=ASKED)
    [sent] = behind.sent(14)
    assert sent["method"] == "answerInlineQuery"
    assert "4000" in json.dumps(sent)


def test_commands_answer(behind: Behind) -> None:
    for number, command in enumerate(("/start", "/help", "/sources", "/latest", "/privacy")):
        behind.say(20 + number, command=command)
        assert behind.sent(20 + number)[0]["text"]


def test_only_telegram_may_post(behind: Behind) -> None:
    status, _ = call(
        f"{behind.bot}/telegram", {"update_id": 1}, X_Telegram_Bot_Api_Secret_Token="guess"
    )
    assert status == 403


@pytest.mark.parametrize("body", ["", "[", "5", '{"update_id": "x"}', '{"a":' * 3000])
def test_what_is_no_update_is_refused_or_passed_over(behind: Behind, body: str) -> None:
    request = urllib.request.Request(f"{behind.bot}/telegram", data=body.encode())  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:  # noqa: S310
            assert reply.status == 200
    except urllib.error.HTTPError as error:
        assert error.code == 400  # noqa: PT017
    behind.say(30, text=ASKED)


def test_health_and_metrics(behind: Behind) -> None:
    status, text = call(f"{behind.bot}/healthz")
    assert (status, json.loads(text)["ok"]) == (200, True)
    behind.say(31, text=ASKED)
    metrics = behind.metrics()
    assert re.search(r'mali_questions_total\{language="de",outcome="answered"\} \d', metrics)
    assert "mali_answer_seconds_bucket" in metrics
    assert CANARY not in metrics


def test_fifty_people_at_once_each_get_their_own_answer(behind: Behind) -> None:
    chats = range(1000, 1050)

    def ask(chat: int) -> None:
        behind.say(chat, text="Wie viel Euro kostete der Brunnen?")
        behind.say(chat, command=f"/timeline Brunnen {chat}")  # the title repeats the number

    with ThreadPoolExecutor(50) as pool:
        list(pool.map(ask, chats))
    for chat in chats:
        texts = [one["text"] for one in behind.sent(chat) if one["method"] == "sendMessage"]
        assert len(texts) == 2
        assert "4000" in texts[0]
        assert f"Brunnen {chat}" in texts[1]
        assert {one["chat_id"] for one in behind.sent(chat)} == {chat}


def test_the_error_handler_was_never_hit(behind: Behind) -> None:
    assert "mali_errors_total{" not in behind.metrics()
