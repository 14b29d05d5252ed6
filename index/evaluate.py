"""How well a generation answers a set of questions whose answers are known.

A line of a question file is a JSON object: `id`, `question`, `language` (de, en, fr), `kind`, and
`evidence`, a list of `{"article": id, "quote": words of it}`, empty where the articles hold no
answer. A hit finds a piece of evidence if its passage overlaps the quote, or, in a translation, the
paragraph of the quote. Rank measures are those of `ir-measures`, over pieces of evidence: the first
hit that finds one counts, later ones on the same piece count neither for nor against.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import ir_measures
from ir_measures import RR, Success, nDCG
from pydantic import BaseModel, ConfigDict, ValidationError

from index.confidence import confidence
from index.errors import QuestionsError
from index.generation import Generation
from index.retrieve import Hit, Query, Retriever
from index.words import LANGUAGES, Language

#: Hits looked at for a question.
DEPTH = 10
_AT_ONCE = 32  # questions embedded together


class Quote(BaseModel):
    """Where an answer stands: words of an article, exactly as they stand there."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    article: str
    quote: str


class Question(BaseModel):
    """A line of a question file."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str
    question: str
    language: Language
    kind: str
    evidence: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one question: which of its pieces of evidence each hit found, best hit first.

    `found` names a piece by its place in the question, or None; `confidence` is from 0 to 1.
    """

    question: Question
    found: tuple[int | None, ...]
    confidence: float
    answered: bool
    hits: tuple[Hit, ...]

    @property
    def rank(self) -> int | None:
        """The place, from 1, of the first hit with evidence."""
        return next((place for place, one in enumerate(self.found, 1) if one is not None), None)


@dataclass(frozen=True, slots=True)
class Scores:
    """Measures over some of the questions, from 0 to 1; None where there is nothing to measure.

    Precision of citations is the share of the first three hits of answered questions that hold
    evidence. Refusals: `refusal_precision` is the share of refused questions that have no answer,
    `refusal_recall` the share of questions without answer that are refused, `refused_wrongly` the
    share of those with one that are. `brier` is the mean squared error of the confidence that the
    first hit holds evidence; lower is better.
    """

    group: str
    answerable: int
    unanswerable: int
    recall_at_1: float | None
    recall_at_3: float | None
    recall_at_10: float | None
    mrr: float | None
    ndcg_at_10: float | None
    citation_precision: float | None
    refusal_precision: float | None
    refusal_recall: float | None
    refused_wrongly: float | None
    brier: float | None


#: Measures that a gate looks at; of each, less is worse.
GATED = ("recall_at_1", "recall_at_3", "mrr", "ndcg_at_10", "citation_precision", "refusal_recall")


def read_questions(path: Path) -> list[Question]:
    """The questions of a file; raises `QuestionsError` with the line of the first that is none."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise QuestionsError(f"{path}: cannot be read ({error})") from None
    questions: list[Question] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            questions.append(Question.model_validate_json(line))
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(map(str, first["loc"])) or "line"
            raise QuestionsError(
                f"{path}:{number}: {key}: {first['msg']}; "
                "expected id, question, language, kind and evidence"
            ) from None
    if not questions:
        raise QuestionsError(f"{path}: no questions; expected one JSON object a line")
    return questions


def missing(questions: Iterable[Question], generation: Generation) -> list[str]:
    """A line for every quote that is not, or no longer, in its article."""
    numbers = {one.id: one.number for one in generation.store.contents()}
    found = []
    for question in questions:
        for quote in question.evidence:
            number = numbers.get(quote.article)
            if number is None or quote.quote not in generation.store.article(number).text:
                found.append(f"{question.id}: {quote.article} does not say {quote.quote!r}")
    return found


def evaluate(questions: Sequence[Question], retriever: Retriever, sure: float) -> list[Outcome]:
    """Asks every question; it is answered from the confidence `sure` on."""
    places = _Places(retriever.generation)
    outcomes = []
    for begin in range(0, len(questions), _AT_ONCE):
        some = questions[begin : begin + _AT_ONCE]
        queries = [Query.of(one.question, one.language, check=True) for one in some]
        for question, found in zip(some, retriever.search_many(queries, DEPTH), strict=True):
            score = confidence(found)
            held = tuple(places.evidence_in(hit, question) for hit in found.hits)
            outcomes.append(Outcome(question, held, score, score >= sure, found.hits))
    return outcomes


def scores(outcomes: Sequence[Outcome]) -> list[Scores]:
    """Scores over all questions, then by language, then by kind."""
    kinds = sorted({one.question.kind for one in outcomes})
    groups: list[tuple[str, list[Outcome]]] = [("all", list(outcomes))]
    groups += [(lang, [o for o in outcomes if o.question.language == lang]) for lang in LANGUAGES]
    groups += [(kind, [o for o in outcomes if o.question.kind == kind]) for kind in kinds]
    return [_scores(name, some) for name, some in groups if some]


def changed_answers(before: Sequence[Outcome], after: Sequence[Outcome]) -> Iterator[str]:
    """A line for every question whose first passage or refusal is not as it was."""
    for old, new in zip(before, after, strict=True):
        said = [_said(one) for one in (old, new)]
        if said[0] != said[1]:
            judged = f" ({_judged(old)} → {_judged(new)})"
            yield f"{new.question.id}{judged}: {said[0]} → {said[1]}"


def falls(before: Scores, after: Scores, margin: float) -> list[str]:
    """A line for every measure of `GATED` that fell by more than `margin`."""
    old, new = asdict(before), asdict(after)
    return [
        f"{name} {old[name]:.3f} → {new[name]:.3f}"
        for name in GATED
        if old[name] is not None and new[name] is not None and old[name] - new[name] > margin
    ]


class _Places:
    """Finds out which piece of evidence a hit holds."""

    def __init__(self, generation: Generation) -> None:
        self._store = generation.store
        self._numbers = {one.id: one.number for one in generation.store.contents()}

    def evidence_in(self, hit: Hit, question: Question) -> int | None:
        for place, quote in enumerate(question.evidence):
            if self._holds(hit, quote):
                return place
        return None

    def _holds(self, hit: Hit, quote: Quote) -> bool:
        number = self._numbers.get(quote.article)
        if number is None or number not in (hit.article.number, hit.article.original):
            return False
        article = self._store.article(number)
        begin = article.text.find(quote.quote)
        if begin < 0:
            return False
        end = begin + len(quote.quote)
        if hit.article.number == number:
            return hit.chunk.start < end and begin < hit.chunk.end
        paragraphs = {
            one.paragraph
            for one in self._store.paragraphs(number, 0, len(article.text))
            if one.start < end and begin < one.end
        }
        return any(one.span.paragraph in paragraphs for one in hit.sentences)


def _scores(name: str, outcomes: Sequence[Outcome]) -> Scores:
    yes = [one for one in outcomes if one.question.evidence]
    no = [one for one in outcomes if not one.question.evidence]
    measures = [Success @ 1, Success @ 3, Success @ 10, RR, nDCG @ 10]
    ranked = ir_measures.calc_aggregate(measures, _relevant(yes), _run(yes)) if yes else {}
    cited = [piece for one in yes if one.answered for piece in one.found[:3]]
    refused = [one for one in outcomes if not one.answered]
    errors = [(one.confidence - (one.rank == 1)) ** 2 for one in outcomes]
    return Scores(
        name,
        len(yes),
        len(no),
        recall_at_1=ranked.get(Success @ 1),
        recall_at_3=ranked.get(Success @ 3),
        recall_at_10=ranked.get(Success @ 10),
        mrr=ranked.get(RR),
        ndcg_at_10=ranked.get(nDCG @ 10),
        citation_precision=_share(piece is not None for piece in cited),
        refusal_precision=_share(not one.question.evidence for one in refused),
        refusal_recall=_share(not one.answered for one in no),
        refused_wrongly=_share(not one.answered for one in yes),
        brier=sum(errors) / len(errors),
    )


def _relevant(outcomes: Sequence[Outcome]) -> dict[str, dict[str, int]]:
    return {
        one.question.id: {f"evidence {place}": 1 for place in range(len(one.question.evidence))}
        for one in outcomes
    }


def _run(outcomes: Sequence[Outcome]) -> dict[str, dict[str, float]]:
    """What was found, once a piece, in its order."""
    run: dict[str, dict[str, float]] = {}
    for one in outcomes:
        names = [
            f"hit {place}" if piece is None else f"evidence {piece}"
            for place, piece in enumerate(one.found)
        ]
        run[one.question.id] = {
            name: float(-place) for place, name in enumerate(dict.fromkeys(names))
        }
    return run


def _share(flags: Iterable[bool]) -> float | None:
    values = list(flags)
    return sum(values) / len(values) if values else None


def _said(outcome: Outcome) -> str:
    if not outcome.answered or not outcome.hits:
        return "refused"
    chunk = outcome.hits[0].chunk
    return f"{outcome.hits[0].article.id}:{chunk.start}-{chunk.end}"


def _judged(outcome: Outcome) -> str:
    if not outcome.question.evidence:
        return "wrongly answered" if outcome.answered else "rightly refused"
    if not outcome.answered:
        return "wrongly refused"
    return "right" if outcome.rank == 1 else f"right at {outcome.rank}" if outcome.rank else "wrong"
