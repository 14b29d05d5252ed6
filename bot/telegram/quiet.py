"""Logging that cannot give away the token or what people wrote.

httpx logs every address it calls, and the Bot API's addresses contain the token; so do some
exception texts. Libraries are therefore logged from WARNING up only, and whatever is logged passes
a filter that blots out the token.
"""

import logging

_BLOT = "<token>"


def set_up(token: str) -> None:
    """Logs to stderr, with `token` blotted out of every line, tracebacks included."""
    handler = logging.StreamHandler()
    handler.setFormatter(_BlottingFormatter(token))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("bot").setLevel(logging.INFO)


class _BlottingFormatter(logging.Formatter):
    def __init__(self, token: str) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._token = token

    def format(self, record: logging.LogRecord) -> str:
        return super().format(record).replace(self._token, _BLOT)
