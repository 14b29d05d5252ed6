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
    """A question on an affair."""

    language: Language
    question: str


class Told(Question):
    """A question that only the report of that number answers."""

    passage: int


class Untold(Question):
    """A question that no report answers; where it is known, the number of the one that comes near.

    Such a question is the twin of one that report answers, in words as like it as can be: it takes
    for true what the report does not say, or asks for a detail that it gives of another.
    """

    passage: int | None = None


class Affair(Row):
    """Reports of one affair, questions that one of them answers, and others that none does."""

    passages: tuple[Report, ...]
    told: tuple[Told, ...]
    untold: tuple[Untold, ...]

    @model_validator(mode="after")
    def _there(self) -> "Affair":
        named = [one.passage for one in self.told]
        named += [one.passage for one in self.untold if one.passage is not None]
        if not all(0 <= number < len(self.passages) for number in named):
            raise ValueError("a question names a passage that is not there")
        return self
