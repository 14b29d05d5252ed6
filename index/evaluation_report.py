"""An evaluation as one HTML file that needs nothing else; needs the extra `report`."""

from collections.abc import Sequence
from dataclasses import fields
from html import escape
from pathlib import Path

from index.errors import SettingError
from index.evaluate import Outcome, Scores, changed_answers, scores
from index.manifest import Manifest
from index.plot import Figure, Trace, page

#: Bins of the reliability curve.
_BINS = 10
#: Failures shown with their passages.
_SHOWN = 100


def write_report(
    path: Path,
    manifest: Manifest,
    outcomes: Sequence[Outcome],
    earlier: Sequence[Outcome] | None,
) -> None:
    """Writes scores, plots and failures; raises `SettingError` if `path` cannot be written."""
    said = f"generation {manifest.number}, built {manifest.created:%Y-%m-%d %H:%M} UTC"
    counts = f"{manifest.articles} articles, {manifest.chunks} chunks, model {manifest.model}"
    parts = [
        f"<p>{escape(said)}: {escape(counts)}; {len(outcomes)} questions.</p>",
        _table(scores(outcomes)),
        _confidences(outcomes).html(),
        _reliability(outcomes).html(),
    ]
    if earlier is not None:
        lines = "".join(f"<li>{escape(line)}</li>" for line in changed_answers(earlier, outcomes))
        parts += ["<h2>Answers that changed</h2>", f"<ul>{lines or '<li>none</li>'}</ul>"]
    parts += ["<h2>Failures</h2>", *_failures(outcomes)]
    try:
        path.write_text(page("Evaluation", parts), "utf-8")
    except OSError as error:
        raise SettingError(f"{path}: cannot be written ({error.strerror})") from None


def _table(found: Sequence[Scores]) -> str:
    head = "".join(f"<th>{escape(one.group)}</th>" for one in found)
    rows = []
    for name in [field.name for field in fields(Scores)][1:]:
        values = [getattr(one, name) for one in found]
        cells = "".join(f"<td>{_shown(value)}</td>" for value in values)
        rows.append(f"<tr><th>{name.replace('_', ' ')}</th>{cells}</tr>")
    return f"<table><tr><th></th>{head}</tr>{''.join(rows)}</table>"


def _shown(value: float | int | None) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _confidences(outcomes: Sequence[Outcome]) -> Figure:
    """How sure the index was where an answer is there, and where none is."""
    groups = {
        "first hit right": [o.confidence for o in outcomes if o.rank == 1],
        "answerable, first hit wrong": [
            o.confidence for o in outcomes if o.question.evidence and o.rank != 1
        ],
        "not answerable": [o.confidence for o in outcomes if not o.question.evidence],
    }
    return Figure(
        "Confidence",
        "confidence",
        "questions",
        [Trace(name, values, [], "histogram") for name, values in groups.items()],
    )


def _reliability(outcomes: Sequence[Outcome]) -> Figure:
    """Of questions with about that confidence, how many had evidence in the first hit."""
    said, right, sizes = [], [], []
    for number in range(_BINS):
        low, high = number / _BINS, (number + 1) / _BINS
        some = [o for o in outcomes if low <= o.confidence < high or o.confidence == high == 1]
        if some:
            said.append(sum(o.confidence for o in some) / len(some))
            right.append(sum(o.rank == 1 for o in some) / len(some))
            sizes.append(f"{len(some)} questions")
    return Figure(
        "Reliability",
        "confidence",
        "share with evidence in the first hit",
        [
            Trace("as measured", said, right, "lines+markers", sizes),
            Trace("as it should be", [0.0, 1.0], [0.0, 1.0], "lines"),
        ],
    )


def _failures(outcomes: Sequence[Outcome]) -> list[str]:
    failed = [o for o in outcomes if (o.rank != 1) if o.question.evidence or o.answered]
    shown = []
    for one in failed[:_SHOWN]:
        question = one.question
        wanted = " … ".join(quote.quote for quote in question.evidence) or "nothing: no answer"
        got = f"{one.confidence:.2f}, {'answered' if one.answered else 'refused'}"
        first = one.hits[0] if one.hits else None
        passage = f"{first.article.id}: {first.text}" if first else "no hit"
        rank = f"evidence at {one.rank}" if one.rank else "evidence not among the hits"
        shown.append(
            f"<details><summary>{escape(question.id)} [{question.language}] "
            f"{escape(question.question)} <small>({escape(got)}; {escape(rank)})</small></summary>"
            f"<p><b>wanted:</b> {escape(wanted)}</p>"
            f"<p><b>first:</b> {escape(passage)}</p></details>"
        )
    if len(failed) > _SHOWN:
        shown.append(f"<p>and {len(failed) - _SHOWN} more</p>")
    return shown or ["<p>none</p>"]
