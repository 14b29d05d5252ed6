"""Logs that cannot give away the token or what people wrote: one JSON object a line on stderr.

httpx logs every address it calls, and the Bot API's addresses contain the token; exceptions may
quote a message. So libraries are logged from WARNING up only, an exception is logged as its kind
and place without its text, and the token is blotted out of whatever is left.
"""

import json
import logging
from types import TracebackType

from telegram.error import InvalidToken

log = logging.getLogger(__name__)

_BLOT = "<token>"


def set_up(token: str) -> None:
    """Logs to stderr, a line a record, with `token` blotted out."""
    handler = logging.StreamHandler()
    handler.setFormatter(_QuietFormatter(token))
    # The program ends with a message of its own for this one.
    handler.addFilter(lambda record: not _is_invalid_token(record))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("bot").setLevel(logging.INFO)


def place(error: BaseException | None) -> str:
    """The kind of an error and where it was raised, without its text."""
    trace: TracebackType | None = error.__traceback__ if error else None
    while trace and trace.tb_next:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "nowhere"
    return f"{type(error).__name__} at {where}"


def log_failure(what: str, error: BaseException) -> None:
    """Logs that something failed which the bot can do without."""
    log.warning("%s: %s", what, type(error).__name__)


class _QuietFormatter(logging.Formatter):
    def __init__(self, token: str) -> None:
        super().__init__()
        # The part behind the colon is the secret; addresses escape the colon.
        self._secrets = [token, token.partition(":")[2] or token]

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        if record.exc_info and record.exc_info[1]:
            line["error"] = place(record.exc_info[1])
        text = json.dumps(line, ensure_ascii=False)
        for secret in self._secrets:
            text = text.replace(secret, _BLOT)
        return text


def _is_invalid_token(record: logging.LogRecord) -> bool:
    return record.exc_info is not None and isinstance(record.exc_info[1], InvalidToken)
