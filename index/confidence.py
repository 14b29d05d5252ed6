"""How likely it is that the best passage answers the question, from 0 to 1.

A logistic function of the best hit's two scores. The weights were fitted on the XQuAD development
questions (German on German, English on German, English on English), each asked with its paragraph
in the index and without; `SURE` is where a tenth of the answerable development questions on the two
news articles is refused. `python -m tests.bench.calibration` prints all four numbers anew; they
hold for the shipped model, and another model wants its own `MALI_SURE`.
"""

import math

from index.retrieve import Found

_DENSE, _LEXICAL, _CONSTANT = 8.91, 7.34, -5.84
#: Confidence from which the bot answers.
SURE = 0.10


def confidence(found: Found) -> float:
    """From 0 to 1; 0 if nothing was found."""
    if not found.hits:
        return 0.0
    best = found.hits[0]
    weighed = _DENSE * best.dense + _LEXICAL * best.lexical + _CONSTANT
    return 1 / (1 + math.exp(-weighed))
