"""An answer as one line of JSON: a stable contract, documented in the README.

Keys are only ever added. `article`, `start` and `end` prove a citation against the article's file.
"""

import json
from typing import Any

from bot.answer import Answer, Citation
from bot.question import QuestionError
from bot.render.words import refusal
from index.language import detect


def line(answer: Answer, latency_ms: float) -> str:
    """The JSON object of `answer`, without a line end."""
    return _dump(
        {
            "question": answer.question.text,
            "language": answer.question.language,
            "answered": answer.answered,
            "answer": answer.text,
            "citations": [_citation(citation) for citation in answer.citations],
            "latency_ms": round(latency_ms, 2),
            "confidence": round(answer.confidence, 4),
            "reason": answer.reason,
            "message": None if answer.answered else refusal(answer),
            "generation": answer.generation,
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
            "reason": "bad_question",
            "message": error.message,
            "generation": None,
        }
    )


def _citation(citation: Citation) -> dict[str, Any]:
    return {
        "n": citation.n,
        "article": citation.article,
        "title": citation.title,
        "outlet": citation.outlet,
        "date": citation.date.isoformat() if citation.date else None,
        "url": citation.url,
        "text": citation.text,
        "start": citation.start,
        "end": citation.end,
        "evidence": list(citation.evidence),
        "score": round(citation.score, 4),
    }


def _dump(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False)
