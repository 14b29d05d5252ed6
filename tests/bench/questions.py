"""Question sets with known answers, and how answers are scored against them.

A line of a set is a JSON object: `id`, `question`, `language`, `kind`, `answerable`, `article` (a
file name) and `evidence`, spans of the article's text (characters, end exclusive), each of which
answers. A citation finds the evidence if it overlaps one of them.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from bot.answer import Answer, Citation
from bot.engine import Engine
from index.words import LANGUAGES, Language

SETS = Path(__file__).parents[1] / "eval"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the places that answer it; none if nothing does."""

    question: str
    language: Language
    kind: str
    article: str | None
    evidence: tuple[tuple[int, int], ...]

    @property
    def answerable(self) -> bool:
        """Whether the articles hold an answer."""
        return bool(self.evidence)

    def rank(self, answer: Answer) -> int | None:
        """The place, from 0, of the first citation that holds evidence."""
        ranks = (i for i, one in enumerate(answer.citations) if self._in(one, 0, len(one.text)))
        return next(ranks, None)

    def highlighted(self, answer: Answer) -> bool:
        """Whether what the first citation is said to tell holds evidence."""
        return bool(answer.citations) and self._in(answer.citations[0], *answer.citations[0].told)

    def _in(self, citation: Citation, start: int, end: int) -> bool:
        begin, finish = citation.start + start, citation.start + end
        same = citation.article == self.article
        return same and any(a < finish and begin < b for a, b in self.evidence)


@dataclass(frozen=True, slots=True)
class Scores:
    """Shares (0 to 1) over a question set; refusals are not counted as finding nothing."""

    language: str
    answerable: int
    unanswerable: int
    first: float
    first_three: float
    highlighted: float
    refused_rightly: float
    refused_wrongly: float
    unsure: float  # of those with an answer, given with reserve
    misled: float  # of those without, answered without reserve


def read_set(name: str) -> list[Asked]:
    """The question set `tests/eval/NAME.jsonl`."""
    lines = (SETS / f"{name}.jsonl").read_text("utf-8").splitlines()
    return [_asked(json.loads(line)) for line in lines]


def score(engine: Engine, questions: list[Asked]) -> list[Scores]:
    """Scores over all questions, then by language."""
    answers = [(asked, engine.ask(asked.question)) for asked in questions]
    found = []
    for language in ("all", *sorted({asked.language for asked in questions})):
        chosen = [pair for pair in answers if language in ("all", pair[0].language)]
        yes = [(q, a) for q, a in chosen if q.answerable]
        no = [a for q, a in chosen if not q.answerable]
        ranks = [q.rank(a) for q, a in yes]
        found.append(
            Scores(
                language,
                len(yes),
                len(no),
                first=sum(rank == 0 for rank in ranks) / len(yes),
                first_three=sum(rank is not None for rank in ranks) / len(yes),
                highlighted=sum(q.highlighted(a) for q, a in yes) / len(yes),
                refused_rightly=sum(not a.answered for a in no) / len(no),
                refused_wrongly=sum(not a.answered for _, a in yes) / len(yes),
                unsure=sum(a.unsure for _, a in yes) / len(yes),
                misled=sum(a.answered and not a.unsure for a in no) / len(no),
            )
        )
    return found


def _asked(line: dict[str, object]) -> Asked:
    evidence = line["evidence"]
    if not isinstance(evidence, list):
        raise TypeError(f"evidence of {line['id']}: not a list")
    return Asked(
        str(line["question"]),
        LANGUAGES[LANGUAGES.index(line["language"])],
        str(line["kind"]),
        str(line["article"]) if line["article"] else None,
        tuple((int(start), int(end)) for start, end in evidence),
    )
