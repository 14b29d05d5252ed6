"""The running bot, a process of its own, against a strict stand-in for Telegram's servers."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import WELL
from tests.telegram.fake_api import TOKEN, FakeTelegram, Sent

ROOT = Path(__file__).parents[2]
#: Stands in every question asked here, so that a log which repeats one is caught.
CANARY = "Zimtkanarienvogel"
STICKER = {"file_id": "x", "file_unique_id": "y", "type": "regular", "width": 9, "height": 9}
STICKER |= {"is_animated": False, "is_video": False}
ASKED = f"Wie viel Euro kostete der Brunnen? {CANARY}"


@dataclass
class Running:
    """A bot that runs, and what it talks to."""

    telegram: FakeTelegram
    process: subprocess.Popen[str]
    log: Path

    def ask(self, text: str, chat: int) -> Sent:
        """The first message that answers `text`, said in a chat not used before."""
        self.telegram.say(text, chat)
        return self.telegram.wait_for(1, chat)[0]

    def logged(self) -> str:
        return self.log.read_text("utf-8")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of one article, built with the real model."""
    folder = tmp_path_factory.mktemp("telegram")
    (folder / "corpus").mkdir()
    (folder / "corpus" / "brunnen.md").write_text(WELL, "utf-8")
    command = [sys.executable, "-m", "index", "build", "--corpus", str(folder / "corpus")]
    command += ["--index", str(folder / "index")]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)  # noqa: S603
    return folder / "index"


def start(index: Path, log: Path, port: int, token: str = TOKEN) -> subprocess.Popen[str]:
    environment = os.environ | {
        "TELEGRAM_BOT_TOKEN": token,
        "MALI_TELEGRAM_API": f"http://127.0.0.1:{port}",
        "MALI_SURE": "0",
        "MALI_INDEX": str(index),
        "PYTHONUNBUFFERED": "1",
    }
    with log.open("w") as stream:
        return subprocess.Popen(
            [sys.executable, "-m", "bot", "run"],
            cwd=ROOT, env=environment, stdout=stream, stderr=stream, text=True,
        )  # fmt: skip


@pytest.fixture(scope="module")
def bot(index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    telegram = FakeTelegram()
    telegram.start()
    log = tmp_path_factory.mktemp("log") / "bot.log"
    running = Running(telegram, start(index, log, telegram.port), log)
    try:
        running.ask("/help", chat=10**6)
        yield running
        assert running.process.poll() is None, running.logged()
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(20) == 0, running.logged()
    finally:
        running.process.kill()
        running.process.wait()
        telegram.stop()
    log_text = running.logged()
    for secret in (TOKEN, TOKEN.split(":")[1], CANARY, "987654321"):
        assert secret not in log_text


def test_a_question_is_answered_in_its_chat(bot: Running) -> None:
    sent = bot.ask(ASKED, chat=11)
    assert (sent.html, sent.preview_off) == (True, True)
    quote, _, rest = sent.text.partition("\n\n")
    assert quote == (
        "<b>Nach Angaben der Gemeinde kostete er 4000\nEuro.</b> "
        '<a href="https://example.org/brunnen">[1]</a>'
    )
    assert "Dorfblatt · Dorf Sanga baut einen Brunnen · 5. März 2020" in rest
    assert "<blockquote expandable>" in rest


def test_commands_speak_the_language_of_the_app(bot: Running) -> None:
    assert bot.ask("/start", chat=12).text.startswith("Je cherche dans des articles")
    assert "1 articles, du 5 mars 2020" in bot.ask("/start", chat=13).text
    assert bot.ask("/help", chat=14).text.startswith("Écrivez simplement une question")


def test_a_year_out_of_reach_is_refused_without_sources(bot: Running) -> None:
    sent = bot.ask(f"Was geschah 2031 in Sanga? {CANARY}", chat=15)
    assert "2031 liegt außerhalb der Zeit" in sent.text
    assert "blockquote" not in sent.text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("🙂" * 10_000, "trop longue"),
        (f"{CANARY} " * 300, "trop longue|zu lang|too long"),
        ("\0\0", "aucun mot"),
        ("🙂", "aucun mot"),
        ("<b>Brunnen</i> & <script>alert(1)</script>", "blockquote"),
        ("Brunnen\0 in\u202e Sanga", "blockquote"),
    ],
)
def test_odd_questions_get_an_answer_or_a_reason(bot: Running, text: str, said: str) -> None:
    chat = 1000 + len(text)
    sent = bot.ask(text, chat)
    assert any(part in sent.text for part in said.split("|"))


def test_what_is_no_question_gets_nothing(bot: Running) -> None:
    bot.telegram.say(ASKED, chat=-5)
    bot.telegram.say(None, chat=16, sticker=STICKER)
    bot.telegram.push({"edited_message": {"message_id": 1}})  # not among the kinds asked for
    bot.ask(ASKED, chat=17)
    assert not [one for one in bot.telegram.sent if one.chat in (-5, 16)]


@pytest.mark.parametrize("fault", ["502", "429", "drop"])
def test_a_reply_that_fails_is_sent_again(bot: Running, fault: str) -> None:
    bot.telegram.fail("sendMessage", fault, fault)
    chat = 20 + len(fault) + ord(fault[0])
    assert "4000" in bot.ask(ASKED, chat).text
    time.sleep(0.3)
    assert len(bot.telegram.wait_for(1, chat)) == 1


@pytest.mark.parametrize("fault", ["502", "409", "429", "drop"])
def test_fetching_that_fails_goes_on(bot: Running, fault: str) -> None:
    bot.telegram.fail("getUpdates", fault, fault)
    assert "4000" in bot.ask(ASKED, chat=200 + len(fault) + ord(fault[1])).text


def test_a_server_that_was_away_is_waited_for(bot: Running) -> None:
    bot.telegram.stop()
    time.sleep(3)
    bot.telegram.start()
    assert "4000" in bot.ask(ASKED, chat=31).text


def test_fifty_questions_at_once_are_all_answered(bot: Running) -> None:
    chats = range(5000, 5050)
    for chat in chats:
        bot.telegram.say(ASKED, chat)
    for chat in chats:
        assert "4000" in bot.telegram.wait_for(1, chat, seconds=60)[0].text


def test_nothing_went_wrong_unseen(bot: Running) -> None:
    assert "failed to handle" not in bot.logged()
    assert "Traceback" not in bot.logged()


@pytest.mark.parametrize("token", ["999999:wrong-token-here", "abc", "with space"])
def test_a_bad_token_is_one_line(index: Path, tmp_path: Path, token: str) -> None:
    telegram = FakeTelegram()
    telegram.start()
    log = tmp_path / "log"
    with start(index, log, telegram.port, token) as process:
        assert process.wait(60) == 1
    telegram.stop()
    lines = log.read_text().splitlines()
    assert lines == [
        "mali-bot: Telegram does not know this token: get one from @BotFather and set "
        "TELEGRAM_BOT_TOKEN"
    ]
