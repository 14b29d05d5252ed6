"""A small, strict stand-in for Telegram's Bot API, over real HTTP on loopback.

It refuses what Telegram refuses: unknown methods, a wrong token, empty or too long messages, HTML
that is not Telegram's or not closed, button data over 64 bytes, more than a message a second in one
chat, replies to messages that are not there. Updates are handed out until an offset confirms them,
or posted to a webhook until it says 200. Faults can be ordered: see `fail`.
"""

import contextlib
import json
import re
import threading
import time
import urllib.error
import urllib.request
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

TOKEN = "123456:TEST-token-that-must-not-leak"
#: Seconds after which an update is posted to the webhook again.
REDELIVERY = 1.0
_TAGS = {"b", "i", "u", "s", "code", "pre", "a", "blockquote"}


@dataclass(frozen=True)
class Sent:
    """A message that Telegram would have shown."""

    chat: int
    text: str  # as sent, with tags
    html: bool
    preview_off: bool
    number: int = 0
    buttons: tuple[tuple[str, str], ...] = ()  # label and data
    replies_to: int | None = None
    at: float = 0.0

    def data(self, label: str) -> str:
        """What the button whose label begins like that carries."""
        return next(data for name, data in self.buttons if name.startswith(label))


@dataclass
class FakeTelegram:
    """The server's state; `updates` wait to be fetched, `sent` were accepted."""

    sent: list[Sent] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    updates: list[dict[str, Any]] = field(default_factory=list)
    faults: dict[str, deque[str]] = field(default_factory=lambda: defaultdict(deque))
    pressed: list[dict[str, str]] = field(default_factory=list)  # answers to presses
    offered: list[list[dict[str, Any]]] = field(default_factory=list)  # inline results
    commands: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    said: dict[int, dict[int, dict[str, Any]]] = field(default_factory=lambda: defaultdict(dict))
    files: dict[str, bytes] = field(default_factory=dict)
    last_sent: dict[int, float] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    gate: threading.Lock = field(default_factory=threading.Lock)
    lock: threading.Condition = field(default_factory=threading.Condition)
    last_id: int = 0  # of messages
    last_update: int = 0
    port: int = 0
    crawl: float = 0.0  # seconds a message takes, one after another; told ten times that later
    webhook: tuple[str, str] | None = None  # address, secret
    deliveries: list[tuple[int, int]] = field(default_factory=list)  # update, status; 0: none
    _server: ThreadingHTTPServer | None = None

    def start(self) -> None:
        """Listens on loopback; on the same port as before after a stop."""
        handler = type("Handler", (_Handler,), {"telegram": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Stops listening: callers are refused."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def fail(self, method: str, *kinds: str) -> None:
        """Lets the next calls of `method` fail: "502", "429", "409", "400", or "drop"."""
        self.faults[method].extend(kinds)

    def say(self, text: str | None, chat: int = 1, user: int | None = None, **more: Any) -> int:
        """A message from a person, one a chat; its number. `more` overrides keys of it."""
        kind = "private" if chat > 0 else "group"
        with self.lock:
            self.last_id += 1
            number = self.last_id
        message = {
            "message_id": number,
            "date": int(time.time()),
            "chat": {"id": chat, "type": kind, "title": "G", "first_name": "Test"},
            "from": {
                "id": int(f"987654321{abs(chat)}") if user is None else user,
                "is_bot": False,
                "first_name": "Test",
                "language_code": "fr",
            },
        } | more
        if text is not None:
            message["text"] = text
            entities = []
            if text.startswith("/"):
                length = len(text.split()[0])
                entities.append({"type": "bot_command", "offset": 0, "length": length})
            if (place := text.find("@mali_bot")) >= 0 and not text.startswith("/"):
                entities.append({"type": "mention", "offset": place, "length": 9})
            if entities:
                message["entities"] = entities
        self.said[chat][number] = message
        self.push({"message": message})
        return number

    def press(self, data: str, on: Sent, user: int = 987654321) -> None:
        """A button under `on` is pressed."""
        message = {
            "message_id": on.number,
            "date": int(time.time()),
            "chat": {"id": on.chat, "type": "private" if on.chat > 0 else "group", "title": "G"},
            "from": {"id": 5, "is_bot": True, "first_name": "Mali"},
            "text": _plain(on.text),
        }
        if on.replies_to is not None and on.replies_to in self.said[on.chat]:
            message["reply_to_message"] = self.said[on.chat][on.replies_to]
        person = {"id": user, "is_bot": False, "first_name": "T", "language_code": "fr"}
        self.push(
            {
                "callback_query": {
                    "id": str(len(self.pressed)),
                    "from": person,
                    "chat_instance": "1",
                    "message": message,
                    "data": data,
                }
            }
        )

    def type_inline(self, query: str) -> None:
        """Someone types `@mali_bot query` in another chat."""
        person = {"id": 77, "is_bot": False, "first_name": "T", "language_code": "fr"}
        self.push({"inline_query": {"id": "1", "from": person, "query": query, "offset": ""}})

    def wait_until(self, done: Callable[[], bool], seconds: float = 30) -> None:
        """Waits for what the bot is to do; fails after `seconds`."""
        deadline = time.monotonic() + seconds
        with self.lock:
            while not done():
                left = deadline - time.monotonic()
                assert left > 0, f"waited in vain; calls: {self.calls[-10:]}"
                self.lock.wait(min(left, 0.1))

    def push(self, update: dict[str, Any]) -> None:
        """Hands out `update`, whatever it holds, at the next fetch."""
        with self.lock:
            self.last_update += 1
            update = {"update_id": self.last_update} | update
            self.updates.append(update)
            self.lock.notify_all()
        if self.webhook is not None:
            threading.Thread(
                target=self._deliver, args=[update, *self.webhook], daemon=True
            ).start()

    def _deliver(self, update: dict[str, Any], url: str, secret: str) -> None:
        headers = {
            "Content-Type": "application/json",
            "X-Telegram-Bot-Api-Secret-Token": secret,
        }
        body = json.dumps(update).encode()
        while self._server is not None:
            request = urllib.request.Request(url, body, headers)  # noqa: S310 - loopback
            try:
                with urllib.request.urlopen(request, timeout=60) as reply:  # noqa: S310
                    status = reply.status
            except urllib.error.HTTPError as error:
                status = error.code
                error.close()
            except OSError:
                status = 0
            with self.lock:
                self.deliveries.append((update["update_id"], status))
                if status == 200:
                    self.updates.remove(update)
                self.lock.notify_all()
            if status == 200:
                return
            time.sleep(REDELIVERY)

    def wait_for(self, count: int, chat: int = 1, seconds: float = 30) -> list[Sent]:
        """The messages of `chat` once there are `count`; fails after `seconds`."""
        deadline = time.monotonic() + seconds
        with self.lock:
            while len(found := [one for one in self.sent if one.chat == chat]) < count:
                left = deadline - time.monotonic()
                assert left > 0, f"{len(found)} of {count} messages; calls: {self.calls[-10:]}"
                self.lock.wait(left)
        return found


class _Refused(Exception):
    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.answer = {"ok": False, "error_code": code, "description": description}
        if parameters:
            self.answer["parameters"] = parameters
        self.code = code


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    telegram: FakeTelegram

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        _, token, method = self.path.rsplit("/", 2)
        if self.telegram.faults[method]:
            fault = self.telegram.faults[method].popleft()
            if fault == "drop":
                self.close_connection = True
                self.connection.close()
                return
            if fault == "502":
                self._send(502, b"<html>Bad Gateway</html>")
                return
            kind = {
                "429": _Refused(429, "Too Many Requests: retry after 1", retry_after=1),
                "400": _Refused(400, "Bad Request: bad webhook: An HTTPS URL must be provided"),
                "409": _Refused(409, "Conflict: terminated by other getUpdates request"),
            }[fault]
            self._send(kind.code, json.dumps(kind.answer).encode())
            return
        try:
            if token != f"bot{TOKEN}":
                raise _Refused(401, "Unauthorized")
            values = {key: found[-1] for key, found in parse_qs(body.decode(), True).items()}
            result = self._answer(method, values)
            self._send(200, json.dumps({"ok": True, "result": result}).encode())
        except _Refused as refused:
            self.telegram.refused.append(f"{method}: {refused}")
            self._send(refused.code, json.dumps(refused.answer).encode())

    def _send(self, code: int, body: bytes) -> None:
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):  # a caller that left
            self.wfile.write(body)

    def _answer(self, method: str, values: dict[str, str]) -> Any:
        self.telegram.calls.append(method)
        match method:
            case "getMe":
                return {"id": 5, "is_bot": True, "first_name": "Mali", "username": "mali_bot"}
            case "getUpdates":
                return self._updates(values)
            case "sendMessage":
                with self.telegram.gate:
                    time.sleep(self.telegram.crawl)
                sent = self._message(values)
                time.sleep(10 * self.telegram.crawl)
                return sent
            case "setWebhook":
                self.telegram.webhook = (values["url"], values["secret_token"])
                return True
            case "deleteWebhook" | "sendChatAction":
                return True
            case "setMyCommands":
                listed = json.loads(values["commands"])
                if not all(re.fullmatch(r"[a-z0-9_]{1,32}", one["command"]) for one in listed):
                    raise _Refused(400, "Bad Request: BOT_COMMAND_INVALID")
                self.telegram.commands[values.get("language_code", "")] = listed
                return True
            case "answerCallbackQuery":
                if len(values.get("text", "")) > 200:
                    raise _Refused(400, "Bad Request: MESSAGE_TOO_LONG")
                with self.telegram.lock:
                    self.telegram.pressed.append(values)
                    self.telegram.lock.notify_all()
                return True
            case "answerInlineQuery":
                results = json.loads(values["results"])
                for one in results:
                    if len(one["id"].encode()) > 64:
                        raise _Refused(400, "Bad Request: RESULT_ID_INVALID")
                    _checked(one["input_message_content"]["message_text"])
                with self.telegram.lock:
                    self.telegram.offered.append(results)
                    self.telegram.lock.notify_all()
                return True
            case "getFile":
                name = values["file_id"]
                return {"file_id": name, "file_unique_id": name, "file_path": f"documents/{name}"}
        raise _Refused(404, "Not Found")

    def _updates(self, values: dict[str, str]) -> list[dict[str, Any]]:
        telegram, offset = self.telegram, int(values.get("offset", 0))
        allowed = set(json.loads(values.get("allowed_updates", "[]")))
        with telegram.lock:
            telegram.updates = [one for one in telegram.updates if one["update_id"] >= offset]
            if not telegram.updates:
                telegram.lock.wait(min(float(values.get("timeout", 0)), 2))
            return [one for one in telegram.updates if not allowed or allowed & set(one)]

    def _message(self, values: dict[str, str]) -> dict[str, Any]:
        telegram = self.telegram
        text, html = values.get("text", ""), values.get("parse_mode") == "HTML"
        plain = _checked(text) if html else text
        options = json.loads(values.get("link_preview_options", "{}"))
        chat = int(values["chat_id"])
        keyboard = json.loads(values.get("reply_markup", "{}")).get("inline_keyboard", [])
        found = [(one["text"], one["callback_data"]) for row in keyboard for one in row]
        if any(not 1 <= len(data.encode()) <= 64 for _, data in found):
            raise _Refused(400, "Bad Request: BUTTON_DATA_INVALID")
        reply = json.loads(values.get("reply_parameters", "{}"))
        to = reply.get("message_id")
        if to is not None and to not in telegram.said[chat]:
            if not reply.get("allow_sending_without_reply"):
                raise _Refused(400, "Bad Request: message to be replied not found")
            to = None
        with telegram.lock:
            now = time.monotonic()
            # Half a tenth of grace: this clock and the bot's are two.
            if now - telegram.last_sent.get(chat, 0) < 0.95:
                raise _Refused(429, "Too Many Requests: retry after 1", retry_after=1)
            telegram.last_sent[chat] = now
            telegram.last_id += 1
            off = options.get("is_disabled") is True
            sent = Sent(chat, text, html, off, telegram.last_id, tuple(found), to, now)
            telegram.sent.append(sent)
            telegram.lock.notify_all()
        kind = "private" if chat > 0 else "group"
        reply = {"chat": {"id": chat, "type": kind, "title": "G"}, "text": plain}
        return {"message_id": sent.number, "date": 1} | reply

    def do_GET(self) -> None:
        name = self.path.rsplit("/", 1)[-1]
        self._send(200, self.telegram.files[name])


def _checked(html: str) -> str:
    """The text of a message as people see it; refused as Telegram refuses it."""
    plain = _plain(html)
    if not plain.strip():
        raise _Refused(400, "Bad Request: message text is empty")
    if len(plain.encode("utf-16-le")) // 2 > 4096:
        raise _Refused(400, "Bad Request: message is too long")
    return plain


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _TAGS:
            raise _Refused(400, f"Bad Request: can't parse entities: unsupported tag {tag}")
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise _Refused(400, f"Bad Request: can't parse entities: unexpected end tag {tag}")

    def handle_data(self, data: str) -> None:
        self.text += data


def _plain(text: str) -> str:
    parser = _Parser()
    parser.feed(text)
    parser.close()
    if parser.open:
        raise _Refused(400, f"Bad Request: can't parse entities: unclosed {parser.open[-1]}")
    return parser.text
