"""Reports written to train on: several of one affair, and questions that one of them answers.

The affairs, with all their names and figures, are invented, so nothing about the world can be
learned from them; and what makes a report the wrong one is not its topic but what it tells.
"""

from pydantic import model_validator

from index.model.rows import Row
from index.words import Language


class Report(Row):
    """A passage of a report."""

    language: Language
    text: str


class Question(Row):
    """A question that no report of an affair answers."""

    language: Language
    question: str


class Told(Question):
    """A question that only the report of that number answers."""

    passage: int


class Affair(Row):
    """Reports of one affair, questions that one of them answers, and others that none does."""

    passages: tuple[Report, ...]
    told: tuple[Told, ...]
    untold: tuple[Question, ...]

    @model_validator(mode="after")
    def _there(self) -> "Affair":
        if not all(0 <= told.passage < len(self.passages) for told in self.told):
            raise ValueError("a question names a passage that is not there")
        return self
