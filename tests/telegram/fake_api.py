"""A small, strict stand-in for Telegram's Bot API, over real HTTP on loopback.

It refuses what Telegram refuses: unknown methods, a wrong token, empty or too long messages, HTML
that is not Telegram's or not closed, more than a message a second in one chat when told to watch
that. Updates are handed out until an offset confirms them. Faults can be ordered: see `fail`.
"""

import contextlib
import json
import threading
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

TOKEN = "123456:TEST-token-that-must-not-leak"
_TAGS = {"b", "i", "u", "s", "code", "pre", "a", "blockquote"}


@dataclass(frozen=True)
class Sent:
    """A message that Telegram would have shown."""

    chat: int
    text: str  # as sent, with tags
    html: bool
    preview_off: bool


@dataclass
class FakeTelegram:
    """The server's state; `updates` wait to be fetched, `sent` were accepted."""

    sent: list[Sent] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    updates: list[dict[str, Any]] = field(default_factory=list)
    faults: dict[str, deque[str]] = field(default_factory=lambda: defaultdict(deque))
    lock: threading.Condition = field(default_factory=threading.Condition)
    last_id: int = 0
    port: int = 0
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

    def fail(self, method: str, *kinds: str) -> None:
        """Lets the next calls of `method` fail: "502", "429", "409", or "drop"."""
        self.faults[method].extend(kinds)

    def say(self, text: str | None, chat: int = 1, **more: Any) -> None:
        """A message from a person; `more` overrides keys of the message."""
        kind = "private" if chat > 0 else "group"
        message = {
            "message_id": self.last_id + 1,
            "date": int(time.time()),
            "chat": {"id": chat, "type": kind, "title": "G", "first_name": "Test"},
            "from": {"id": 987654321, "is_bot": False, "first_name": "Test", "language_code": "fr"},
        } | more
        if text is not None:
            message["text"] = text
            if text.startswith("/"):
                length = len(text.split()[0])
                message["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
        self.push({"message": message})

    def push(self, update: dict[str, Any]) -> None:
        """Hands out `update`, whatever it holds, at the next fetch."""
        with self.lock:
            self.last_id += 1
            self.updates.append({"update_id": self.last_id} | update)
            self.lock.notify_all()

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
        if method in ("getMe", "sendMessage", "getUpdates") and self.telegram.faults[method]:
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
                "409": _Refused(409, "Conflict: terminated by other getUpdates request"),
            }[fault]
            self._send(kind.code, json.dumps(kind.answer).encode())
            return
        try:
            if token != f"bot{TOKEN}":
                raise _Refused(401, "Unauthorized")
            values = {key: found[-1] for key, found in parse_qs(body.decode()).items()}
            result = self._answer(method, values)
            self._send(200, json.dumps({"ok": True, "result": result}).encode())
        except _Refused as refused:
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
                return self._message(values)
            case "deleteWebhook" | "sendChatAction":
                return True
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
        text, html = values.get("text", ""), values.get("parse_mode") == "HTML"
        plain = _plain(text) if html else text
        if not plain.strip():
            raise _Refused(400, "Bad Request: message text is empty")
        if len(plain.encode("utf-16-le")) // 2 > 4096:
            raise _Refused(400, "Bad Request: message is too long")
        options = json.loads(values.get("link_preview_options", "{}"))
        chat = int(values["chat_id"])
        with self.telegram.lock:
            off = options.get("is_disabled") is True
            self.telegram.sent.append(Sent(chat, text, html, off))
            self.telegram.lock.notify_all()
        return {"message_id": 1, "date": 1, "chat": {"id": chat, "type": "private"}, "text": plain}


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
