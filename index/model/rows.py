"""Files of training text that was written for this project: one JSON object a line."""

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from index.model.questions import unwritten


class Row(BaseModel):
    """What a line, or a part of one, is checked against."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Kind = TypeVar("Kind", bound=Row)


def read_rows(kind: type[Kind], *paths: Path) -> tuple[Kind, ...]:
    """The lines of files, one file after another; raises `TrainingDataError`."""
    found: list[Kind] = []
    for path in paths:
        try:
            lines = path.read_text("utf-8").splitlines()
            found += [kind.model_validate_json(line) for line in lines]
        except (OSError, UnicodeDecodeError, ValidationError) as error:
            raise unwritten(path, error) from None
    return tuple(found)
