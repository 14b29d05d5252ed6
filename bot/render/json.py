"""An answer as one line of JSON: a stable contract, documented in the README.

Keys are only ever added. `article`, `start` and `end` prove a citation against the article's file.
"""

import datetime as dt
import json
from dataclasses import asdict
from typing import Any

from bot.answer import Answer, Citation, Source
from bot.question import QuestionError
from bot.render.words import cautions, refusal
from index.dates import Days
from index.language import detect


def line(answer: Answer, latency_ms: float) -> str:
    """The JSON object of `answer`, without a line end."""
    return _dump(
        {
            "question": answer.question.asked,
            "language": answer.question.language,
            "answered": answer.answered,
            "answer": answer.text,
            "citations": [_citation(citation) for citation in answer.citations],
            "latency_ms": round(latency_ms, 2),
            "confidence": round(answer.confidence, 4),
            "unsure": answer.unsure,
            "reason": answer.reason,
            "message": None if answer.answered else refusal(answer),
            "generation": answer.generation,
            "period": _period(answer.question.within),
            "newest": _day(answer.newest) if answer.answered else None,
            "notes": cautions(answer) if answer.answered else [],
            "differing": [asdict(one) for one in answer.differing],
            "newer": _source(answer.newer) if answer.answered and answer.newer else None,
        }
    )


def error_line(error: QuestionError, latency_ms: float) -> str:
    """The JSON object for a question that cannot be searched; `message` says why."""
    return _dump(
        {
            "question": error.question,
            "language": detect(error.question),
            "answered": False,
            "answer": None,
            "citations": [],
            "latency_ms": round(latency_ms, 2),
            "confidence": 0.0,
            "unsure": False,
            "reason": "bad_question",
            "message": error.message,
            "generation": None,
            "period": None,
            "newest": None,
            "notes": [],
            "differing": [],
            "newer": None,
        }
    )


def _citation(citation: Citation) -> dict[str, Any]:
    return {
        "n": citation.n,
        "article": citation.article,
        "title": citation.title,
        "outlet": citation.outlet,
        "date": _day(citation.date),
        "url": citation.url,
        "text": citation.text,
        "start": citation.start,
        "end": citation.end,
        "evidence": list(citation.evidence),
        "score": round(citation.score, 4),
        "chunk": citation.chunk,
        "translated": citation.translated,
        "corrected": _day(citation.corrected),
        "reprints": [_source(one) for one in citation.reprints],
        "told": list(citation.told),
    }


def _source(one: Source) -> dict[str, Any]:
    return asdict(one) | {"date": _day(one.date)}


def _day(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None


def _period(days: Days | None) -> list[str | None] | None:
    """First and last day, both included; None for an end without a bound."""
    if days is None:
        return None
    return [
        _day(days.first) if days.first > dt.date.min else None,
        _day(days.last) if days.last < dt.date.max else None,
    ]


def _dump(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False)
