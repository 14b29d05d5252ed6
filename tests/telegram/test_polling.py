"""The running bot, a process of its own, against a strict stand-in for Telegram's servers."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from index.manifest import current, read_manifest
from tests.conftest import WELL, WELL_FRENCH, WELL_GERMAN
from tests.telegram.fake_api import TOKEN, FakeTelegram, Sent

ROOT = Path(__file__).parents[2]
#: Stands in every question asked here, so that a log which repeats one is caught.
CANARY = "Zimtkanarienvogel"
ADMIN = 31337
ARTICLES = {"brunnen.md": WELL, "bandi.de.md": WELL_GERMAN, "bandi.fr.md": WELL_FRENCH}
NEW = """---
title: "Feuer in der Schmiede"
outlet: "Dorfblatt"
date: 2023-05-05
lang: de
---

In der Schmiede von Lere brannte am 5. Mai 2023 ein Zinkofen. Niemand wurde verletzt.
"""
STICKER = {"file_id": "x", "file_unique_id": "y", "type": "regular", "width": 9, "height": 9}
STICKER |= {"is_animated": False, "is_video": False}
ASKED = f"Wie viel Euro kostete der Brunnen? {CANARY}"
WELL_ASKED = f"Was kostete der Brunnen in Sanga? {CANARY}"


@dataclass
class Running:
    """A bot that runs, and what it talks to."""

    telegram: FakeTelegram
    process: subprocess.Popen[str]
    log: Path

    def ask(self, text: str, chat: int, **more: Any) -> Sent:
        """The next message in `chat` after `text` was said there."""
        before = len([one for one in self.telegram.sent if one.chat == chat])
        self.telegram.say(text, chat, **more)
        return self.telegram.wait_for(before + 1, chat)[before]

    def press(self, on: Sent, label: str) -> Sent:
        """The next message after a button was pressed."""
        before = len([one for one in self.telegram.sent if one.chat == on.chat])
        self.telegram.press(on.data(label), on)
        return self.telegram.wait_for(before + 1, on.chat)[before]

    def notice(self, data: str, on: Sent) -> str:
        """What a press is answered with at the button itself."""
        before = len(self.telegram.pressed)
        self.telegram.press(data, on)
        self.telegram.wait_until(lambda: len(self.telegram.pressed) > before)
        return self.telegram.pressed[before].get("text", "")

    def logged(self) -> str:
        return self.log.read_text("utf-8")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of a few articles, built with the real model; its corpus lies beside it."""
    folder = tmp_path_factory.mktemp("telegram")
    (folder / "corpus").mkdir()
    for name, text in ARTICLES.items():
        (folder / "corpus" / name).write_text(text, "utf-8")
    rebuild(folder / "index")
    return folder / "index"


def rebuild(index: Path) -> None:
    """Builds the index from the corpus beside it."""
    command = [sys.executable, "-m", "index", "build", "--corpus", str(index.parent / "corpus")]
    command += ["--index", str(index)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)  # noqa: S603


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start(
    index: Path, log: Path, port: int, token: str = TOKEN, more: Sequence[str] = ()
) -> subprocess.Popen[str]:
    environment = os.environ | {
        "MALI_ADMINS": f"{ADMIN}",
        "MALI_CORPUS": str(index.parent / "corpus"),
        "MALI_FEEDBACK": str(index.parent / "votes.jsonl"),
        "TELEGRAM_BOT_TOKEN": token,
        "MALI_TELEGRAM_API": f"http://127.0.0.1:{port}",
        "MALI_SURE": "0",
        "MALI_INDEX": str(index),
        "PYTHONUNBUFFERED": "1",
    }
    with log.open("w") as stream:
        return subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "bot", "run", *more],
            cwd=ROOT, env=environment, stdout=stream, stderr=stream, text=True,
        )  # fmt: skip


def status_of(url: str) -> int | None:
    """The HTTP status of a page, None if nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=5) as reply:  # noqa: S310 - loopback
            status: int = reply.status
            return status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


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
        "<b>In Sanga wurde am 5. März 2020 ein Brunnen eingeweiht. "
        "Nach Angaben der Gemeinde kostete er 4000\nEuro.</b> "
        '<a href="https://example.org/brunnen">[1]</a>'
    )
    assert "Dorfblatt · Dorf Sanga baut einen Brunnen · 5. März 2020" in rest
    assert "<blockquote expandable>" in rest
    assert sent.replies_to in bot.telegram.said[11]


def test_commands_speak_the_language_of_the_app(bot: Running) -> None:
    assert bot.ask("/start", chat=12).text.startswith("Je cherche dans des articles")
    assert "2 articles, du 5 mars 2020" in bot.ask("/start", chat=13).text
    assert bot.ask("/help", chat=14).text.startswith("Écrivez simplement une question")
    assert bot.ask("/privacy", chat=18).text.startswith("Je ne conserve ni questions")


def test_the_command_menu_is_set_in_every_language(bot: Running) -> None:
    assert set(bot.telegram.commands) == {"", "de", "en", "fr"}
    assert {one["command"] for one in bot.telegram.commands["fr"]} >= {"start", "timeline"}


def test_a_year_out_of_reach_is_refused_without_sources(bot: Running) -> None:
    sent = bot.ask(f"Was geschah 2031 in Sanga? {CANARY}", chat=15)
    assert "2031 liegt außerhalb der Zeit" in sent.text
    assert "blockquote" not in sent.text
    assert not sent.buttons


def test_the_reader_gets_the_translation_and_a_way_to_the_original(bot: Running) -> None:
    sent = bot.ask("Combien de mètres le puits de Bandi a-t-il ?", chat=40)
    assert "trente mètres de profondeur" in sent.text
    assert "traduction" in sent.text
    assert "Er ist dreißig Meter tief." in bot.press(sent, "Original").text


def test_buttons_show_context_sources_and_take_votes(bot: Running, index: Path) -> None:
    sent = bot.ask(ASKED, chat=41)
    context = bot.press(sent, "Zusammenhang").text
    assert "Der Bürgermeister sagte" in context
    assert "Bestand Nr." in context
    assert "Dorfblatt" in bot.press(sent, "Quellen").text
    assert bot.notice(sent.data("👍"), sent) == "Danke für die Rückmeldung."
    vote = json.loads((index.parent / "votes.jsonl").read_text("utf-8").splitlines()[-1])
    assert (vote["question"], vote["vote"]) == (ASKED, "up")
    assert set(vote) == {"question", "generation", "chunks", "vote"}


def test_a_vote_on_the_answer_to_an_example_keeps_the_example(bot: Running, index: Path) -> None:
    start = bot.ask("/start", chat=67)
    label, data = start.buttons[0]
    own = {"id": 5, "is_bot": True, "first_name": "Mali"}
    asked = bot.telegram.said[67][start.replies_to or 0]
    bot.telegram.said[67][start.number] = asked | {
        "message_id": start.number, "from": own, "text": start.text,
    }  # fmt: skip
    bot.telegram.press(data, start)
    answer = bot.telegram.wait_for(2, chat=67)[1]
    assert answer.replies_to == start.number
    for forgotten in (False, True):
        if forgotten:
            bot.ask("/forget", chat=67)
        bot.notice(answer.data("👎"), answer)
        vote = json.loads((index.parent / "votes.jsonl").read_text("utf-8").splitlines()[-1])
        assert (vote["question"], vote["vote"]) == ("" if forgotten else label, "down")


@pytest.mark.parametrize("data", ["?", "", "cd1:zzzzz", "xx9:1", "cd:1", "cd1:-1", "😀" * 16])
def test_a_button_that_makes_no_sense_is_answered_kindly(bot: Running, data: str) -> None:
    sent = bot.ask(ASKED, chat=42)
    assert "Knopf" in bot.notice(data, sent) or "bouton" in bot.telegram.pressed[-1]["text"]
    time.sleep(1)


def test_a_follow_up_is_understood_and_a_reply_asks_on_from_that_answer(bot: Running) -> None:
    first = bot.ask(f"Was kostete der Brunnen in Sanga? {CANARY}", chat=43)
    bot.ask(f"Wie tief ist der Brunnen in Bandi? {CANARY}", chat=43)
    assert "dreißig" in bot.ask("und dort?", chat=43).text
    answered = bot.telegram.said[43][first.replies_to or 0] | {"message_id": first.number}
    again = bot.ask("Und was sagte der Bürgermeister?", chat=43, reply_to_message=answered)
    assert "das Wasser sei sauber" in again.text


def quote(sent: Sent) -> str:
    """What an answer quotes."""
    return sent.text.partition("</b>")[0]


def test_a_question_right_behind_another_follows_it(bot: Running) -> None:
    assert "4000" not in quote(bot.ask("und dort?", chat=60))
    with bot.telegram.gate:  # no answer gets out before both are asked
        bot.telegram.say(WELL_ASKED, chat=61)
        bot.telegram.say("und dort?", chat=61)
        time.sleep(2)
    for sent in bot.telegram.wait_for(2, chat=61):
        assert "4000" in quote(sent)


def test_what_is_forgotten_before_its_answer_is_out_stays_forgotten(bot: Running) -> None:
    calls = bot.telegram.calls
    with bot.telegram.gate:
        begun = calls.count("sendMessage")
        bot.telegram.say(WELL_ASKED, chat=63)
        bot.telegram.wait_until(lambda: calls.count("sendMessage") > begun)
        bot.telegram.say("/forget", chat=63)
        bot.telegram.wait_until(lambda: calls.count("sendMessage") > begun + 1)
    assert "4000" in quote(bot.telegram.wait_for(2, chat=63)[0])
    assert "4000" not in quote(bot.ask("und dort?", chat=63))


def in_topic(number: int, chat: int, *, by_bot: bool) -> dict[str, Any]:
    """What Telegram says of a message in the topic that message `number` opened."""
    person = {"id": 5 if by_bot else 99, "is_bot": by_bot, "first_name": "T"}
    opened = {"message_id": number, "date": 1, "chat": {"id": chat, "type": "supergroup"}}
    opened |= {"from": person, "forum_topic_created": {"name": "x", "icon_color": 1}}
    opened |= {"message_thread_id": number, "is_topic_message": True}
    return {"message_thread_id": number, "is_topic_message": True, "reply_to_message": opened}


def test_each_topic_of_a_group_is_a_conversation(bot: Running) -> None:
    one, two = (in_topic(number, -64, by_bot=False) for number in (901, 902))
    assert "4000" in quote(bot.ask(f"@mali_bot {WELL_ASKED}", -64, **one))
    assert "4000" not in quote(bot.ask("@mali_bot und dort?", -64, **two))
    assert "4000" in quote(bot.ask("@mali_bot und dort?", -64, **one))


def test_in_a_topic_that_it_opened_it_answers_only_when_meant(bot: Running) -> None:
    opened = in_topic(903, -66, by_bot=True)
    bot.telegram.say(ASKED, -66, **opened)
    assert "4000" in bot.ask(f"@mali_bot {ASKED}", -66, **opened).text
    time.sleep(2)
    assert len(bot.telegram.wait_for(1, -66)) == 1


def test_a_period_can_be_set_and_lifted(bot: Running) -> None:
    assert "2031" in bot.ask("/zeit 2031..2032", chat=44).text
    assert "période demandée" in bot.ask("Combien a coûté le puits ?", chat=44).text
    assert "tous les articles" in bot.ask("/zeit alle", chat=44).text
    assert "mètres" in bot.ask("Combien de mètres a le puits de Bandi ?", chat=44).text
    assert "/zeit 2019..2020" in bot.ask("/zeit gestern", chat=44).text
    assert "Gesucht nur im Zeitraum: 2020" in bot.ask(f"/zeit 2020 {ASKED}", chat=44).text


def test_a_lifted_period_does_not_stay_with_follow_ups(bot: Running) -> None:
    limited = "Gesucht nur im Zeitraum: 2020"
    asked = f"Wie viel Euro kostete der Brunnen in Sanga? {CANARY}"
    bot.ask("/zeit 2020", chat=47)
    assert limited in bot.ask(asked, chat=47).text
    assert limited in bot.ask(f"und wie viel Euro kostete das? {CANARY}", chat=47).text
    bot.ask("/zeit alle", chat=47)
    assert limited not in bot.ask(f"und wie viel Euro kostete das? {CANARY}", chat=47).text
    assert limited in bot.ask(f"/zeit 2020 {asked}", chat=47).text
    bot.ask("/zeit alle", chat=47)
    assert limited not in bot.ask(f"und wie viel Euro kostete das? {CANARY}", chat=47).text


def test_two_years_joined_are_one_period(bot: Running) -> None:
    for typed in ("2019 bis 2020", "2019 - 2020"):
        assert "2020" in bot.ask(f"/zeit {typed}", chat=48).text
    assert "/zeit 2019..2020" in bot.ask("/zeit 2019 bis", chat=48).text


def test_a_language_can_be_chosen_and_forgotten(bot: Running) -> None:
    assert bot.ask("/lang en", chat=45).text.startswith("I now speak English")
    assert "Newest article quoted" in bot.ask(ASKED, chat=45).text
    assert bot.ask("/forget", chat=45).text.startswith("Forgotten")
    assert "Neuester zitierter Artikel" in bot.ask(ASKED, chat=45).text
    assert "/lang de" in bot.ask("/lang klingonisch", chat=45).text


def test_lists_and_timeline(bot: Running) -> None:
    assert "Dorfblatt" in bot.ask("/sources", chat=46).text
    assert "Dorf Sanga baut einen Brunnen" in bot.ask("/latest", chat=46).text
    line = bot.ask("/timeline Brunnen", chat=46).text
    assert "5. März 2020" in line or "5 mars 2020" in line
    assert "/timeline" in bot.ask("/timeline", chat=46).text
    assert "2041 liegt außerhalb" in bot.ask("/timeline Der Brunnen 2041", chat=46).text
    assert "2019" in bot.ask("/zeit 2019", chat=46).text
    assert "(2019) finde ich dazu nichts" in bot.ask("/timeline Der Brunnen", chat=46).text


def test_inline_mode_offers_passages(bot: Running) -> None:
    before = len(bot.telegram.offered)
    bot.telegram.type_inline(ASKED)
    bot.telegram.wait_until(lambda: len(bot.telegram.offered) > before)
    assert "4000" in bot.telegram.offered[before][0]["title"]


def test_in_groups_it_answers_only_when_meant(bot: Running) -> None:
    bot.telegram.say(ASKED, chat=-5)
    sent = bot.ask(f"@mali_bot {ASKED}", chat=-6)
    assert "4000" in sent.text
    own = {"from": {"id": 5, "is_bot": True, "first_name": "Mali"}}
    replied = bot.telegram.said[-6][sent.replies_to or 0] | {"message_id": sent.number} | own
    bot.telegram.last_sent.clear()
    assert "4000" in bot.ask(ASKED, chat=-6, reply_to_message=replied).text
    assert "4000" in bot.ask(f"/ask@mali_bot {ASKED}", chat=-7).text
    assert not [one for one in bot.telegram.sent if one.chat == -5]


def test_only_admins_may_do_what_admins_do(bot: Running) -> None:
    for number, command in enumerate(("/stats", "/reindex", "/add https://example.org/")):
        assert bot.ask(command, chat=500 + number).text.startswith("Seuls les responsables")
    assert "generation" in bot.ask("/stats", chat=510, user=ADMIN).text


def test_an_admin_adds_an_article_by_file_and_it_answers(bot: Running) -> None:
    bot.telegram.files["mine.md"] = NEW.encode()
    stale = bot.ask(ASKED, chat=511)
    document = {"file_id": "mine.md", "file_unique_id": "m", "file_name": "mine.md"}
    bot.telegram.say(None, chat=512, user=ADMIN, document=document)
    assert "added: mine.md\nbuilt" in bot.telegram.wait_for(1, 512)[0].text
    assert "Zinkofen" in bot.ask("Was brannte in der Schmiede von Lere?", chat=513).text
    assert "reposer la question" in bot.notice(stale.data("Zusammenhang"), stale) or (
        "erneuert" in bot.telegram.pressed[-1]["text"]
    )
    broken = document | {"file_id": "bad.md", "file_name": "bad.md"}
    bot.telegram.files["bad.md"] = b"---\ntitle: [\n---\nText.\n"
    bot.telegram.say(None, chat=514, user=ADMIN, document=broken)
    assert "broken front matter" in bot.telegram.wait_for(1, 514)[0].text


def test_malformed_updates_do_not_stop_it(bot: Running) -> None:
    for update in (
        {"message": {"message_id": "x"}},
        {"message": 5},
        {"callback_query": {"id": "1"}},
        {"message": {"message_id": 1, "date": "never", "chat": {"id": "?"}}},
    ):
        bot.telegram.push(update)
    assert "4000" in bot.ask(ASKED, chat=47).text


def test_who_asks_too_fast_is_told_politely(bot: Running) -> None:
    for number in range(35):
        bot.telegram.say("Brunnen?", chat=70_000 + number, user=4242)
    said = [bot.telegram.wait_for(1, 70_000 + number)[0].text for number in range(35)]
    assert sum("trop rapide" in text for text in said) == 5


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
    bot.telegram.say(None, chat=16, sticker=STICKER)
    bot.telegram.push({"edited_message": bot.telegram.said[16][bot.telegram.last_id]})
    bot.ask(ASKED, chat=17)
    assert not [one for one in bot.telegram.sent if one.chat == 16]


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


def test_fifty_questions_at_once_and_a_re_index_meanwhile(bot: Running, index: Path) -> None:
    chats = range(5000, 5050)
    for chat in chats:
        bot.telegram.say(ASKED, chat, user=chat)
    new = index.parent / "corpus" / "spaet.md"
    new.write_text(NEW.replace("Lere", "Tessit").replace("Zinkofen", "Kohlenmeiler"), "utf-8")
    rebuild(index)
    for chat in chats:
        assert "4000" in bot.telegram.wait_for(1, chat, seconds=60)[0].text
    taken_up = f"now answering from generation {read_manifest(current(index)).number}"
    bot.telegram.wait_until(lambda: taken_up in bot.logged())
    assert "Kohlenmeiler" in bot.ask("Was brannte in der Schmiede von Tessit?", chat=5100).text


def test_nothing_went_wrong_unseen(bot: Running) -> None:
    assert "failed to handle" not in bot.logged()
    assert "never retrieved" not in bot.logged()
    assert not [one for one in bot.telegram.refused if "400" in one or "Bad Request" in one]


def test_a_bot_is_ready_once_telegram_is_there_and_answers_what_it_has_begun_when_stopped(
    index: Path, tmp_path: Path
) -> None:
    telegram = FakeTelegram(port=free_port())
    place = f"127.0.0.1:{free_port()}"
    process = start(index, tmp_path / "log", telegram.port, more=["--listen", place])
    try:
        telegram.wait_until(lambda: status_of(f"http://{place}/healthz") == 200, 60)
        assert status_of(f"http://{place}/readyz") == 503
        telegram.start()
        telegram.wait_until(lambda: status_of(f"http://{place}/readyz") == 200, 60)
        for _ in range(4):  # paced to a message a second, so three wait when it is stopped
            telegram.say(ASKED, chat=9)
        telegram.wait_for(1, chat=9, seconds=60)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        assert len(telegram.wait_for(4, chat=9, seconds=1)) == 4
    finally:
        process.kill()
        process.wait()
        telegram.stop()


def test_a_port_in_use_is_one_line(index: Path, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        with start(index, tmp_path / "log", 9, more=["--listen", place]) as process:
            assert process.wait(60) == 1
    [line] = (tmp_path / "log").read_text("utf-8").splitlines()
    assert line.startswith(f"mali-bot: --listen {place}: ")


def test_a_webhook_that_telegram_does_not_take_is_one_line(index: Path, tmp_path: Path) -> None:
    telegram = FakeTelegram()
    telegram.start()
    telegram.fail("setWebhook", "400")
    log, place = tmp_path / "log", f"127.0.0.1:{free_port()}"
    more = ["--webhook", f"http://{place}", "--listen", place]
    with start(index, log, telegram.port, more=more) as process:
        assert process.wait(60) == 1
    telegram.stop()
    [line] = [one for one in log.read_text().splitlines() if not one.startswith("{")]
    assert "Telegram does not take what it is told" in line
    assert "https url must be provided" in line.lower()


@pytest.mark.parametrize("token", ["999999:wrong-token-here", "with space"])
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
