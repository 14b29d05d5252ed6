"""Updates that cannot be parsed, passed over.

The library parses a batch of updates at once and fetches the same batch again when that fails, for
ever. So each update is tried alone here before the library sees it, and one that cannot be parsed
is emptied down to its number, which confirms it.
"""

import logging
from typing import Any

from telegram import Update
from telegram.request import HTTPXRequest

log = logging.getLogger(__name__)


class PatientRequest(HTTPXRequest):
    """Fetches updates; what cannot be parsed comes without content."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The library's way to read a reply, with its updates made safe to parse."""
        reply: dict[str, Any] = HTTPXRequest.parse_json_payload(payload)
        result = reply.get("result")
        if isinstance(result, list):
            reply["result"] = [safe for one in result if (safe := parsable(one)) is not None]
        return reply


def parsable(update: object) -> dict[str, Any] | None:
    """`update` if it can be parsed, else its number alone; None if it has none."""
    number = update.get("update_id") if isinstance(update, dict) else None
    if not isinstance(number, int):
        log.warning("something that is no update was passed over")
        return None
    try:
        Update.de_json(update, None)  # type: ignore[arg-type]
    except Exception as error:  # noqa: BLE001 - whatever a malformed update makes the library raise
        log.warning("an update was passed over: %s", type(error).__name__)
        return {"update_id": number}
    return update  # type: ignore[return-value]
