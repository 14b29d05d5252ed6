"""Logging that cannot give away the token or what people wrote.

httpx logs every address it calls, and the Bot API's addresses contain the token; exceptions may
quote a message. So libraries are logged from WARNING up only, an exception is logged as its kind
and place without its text, and the token is blotted out of whatever is left.
"""

import logging
from types import TracebackType

from telegram.error import InvalidToken

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


class _QuietFormatter(logging.Formatter):
    def __init__(self, token: str) -> None:
        super().__init__()
        self._token = token

    def format(self, record: logging.LogRecord) -> str:
        line = f"{self.formatTime(record)} {record.levelname} {record.name}: {record.getMessage()}"
        if record.exc_info and record.exc_info[1]:
            line += f" ({place(record.exc_info[1])})"
        return " ".join(line.replace(self._token, _BLOT).split())


def _is_invalid_token(record: logging.LogRecord) -> bool:
    return record.exc_info is not None and isinstance(record.exc_info[1], InvalidToken)
