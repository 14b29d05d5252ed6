"""How likely it is that the best passage answers the question, from 0 to 1.

A logistic function of what is known of the question and of the best hit, see `features`. Among many
passages the best that does not answer looks better too, and a question of many words finds more
that is like it; so both count. The numbers in `confidence.json`, and the point from which the bot
answers, are written by `python -m tests.bench.calibration`: fitted on the development questions,
they hold for the shipped model, and another model wants its own `MALI_SURE` and `MALI_LIKELY`. From
`LIKELY` on, an answer was likelier right than not there.
"""

import math
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from index.answer_type import holds
from index.dates import Days, named_days

if TYPE_CHECKING:
    from index.retrieve import Found, Hit

#: How much a feature adds to the log-odds, by its name in `features`.
FILE = Path(__file__).with_name("confidence.json")


class Again(BaseModel):
    """What log-odds become by what the cross-encoder says of the best passage."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    constant: float
    before: float
    checked: float


class Fitted(BaseModel):
    """What `confidence.json` holds.

    The cross-encoder is asked where the log-odds are within `doubt`. `sure` is the confidence from
    which the bot answers, `likely` that from which it does so without saying that it may not be
    what was asked.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    constant: float
    weights: dict[str, float]
    again: Again
    doubt: tuple[float, float]
    sure: float
    likely: float


@cache
def fitted() -> Fitted:
    """The numbers in use."""
    return Fitted.model_validate_json(FILE.read_bytes())


def features(found: "Found") -> dict[str, float]:
    """What confidence is made of; something must have been found.

    `typed`: a number or a time is asked for. `lacking`: and the best passage has none. `misdated`:
    the question names days, and the best passage is of others. `read`: what the reader says of it,
    0 where there is none for the model.
    """
    best = found.hits[0]
    return {
        "dense": best.dense,
        "likeness": best.likeness,
        "lead": best.lead,
        "read": best.read,
        "log_words": math.log1p(len(found.words.terms)),
        "log_passages": math.log1p(found.searched),
        "typed": float(bool(found.kinds)),
        "lacking": float(bool(found.kinds) and not holds(found.kinds, best.text)),
        "misdated": float(bool(found.named) and not any(_of(best, days) for days in found.named)),
    }


def _of(hit: "Hit", days: Days) -> bool:
    """Whether a passage, its title or the date of its article is of `days`."""
    if hit.article.date and hit.article.date in days:
        return True
    named = (*named_days(hit.text), *named_days(hit.article.title))
    return any(one.days.meets(days) for one in named)


def log_odds(found: "Found") -> float:
    """The logarithm of the odds that the best hit answers, by its features alone."""
    model = fitted()
    return model.constant + sum(
        model.weights[name] * value for name, value in features(found).items()
    )


def doubtful(found: "Found") -> bool:
    """Whether the best hit is to be read once more, by the cross-encoder."""
    least, most = fitted().doubt
    return not _is_refused(found) and not found.newest and least <= log_odds(found) <= most


def confidence(found: "Found") -> float:
    """From 0 to 1; 0 if nothing was found, every word is strange, or what is found is of others.

    1 for the newest, which need not be searched.
    """
    if _is_refused(found):
        return 0.0
    if found.newest:
        return 1.0
    odds, checked = log_odds(found), found.hits[0].checked
    if checked is not None:
        again = fitted().again
        odds = again.constant + again.before * odds + again.checked * checked
    return 1 / (1 + math.exp(-odds))


def _is_refused(found: "Found") -> bool:
    return bool(not found.hits or found.strange or found.unheard or found.beside)


#: Confidence from which the bot answers, and from which it does so without reserve.
SURE, LIKELY = fitted().sure, fitted().likely
