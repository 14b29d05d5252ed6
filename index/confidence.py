"""How likely it is that the best passage answers the question, from 0 to 1.

A logistic function of the best hit's two scores and of how many passages it is the best of: among
many, the best that does not answer looks better too. The weights of the scores were fitted on the
XQuAD development questions (German on German, English on German, English on English), each asked
with its paragraph in the index and without. `SURE` is where a tenth of the answerable development
questions on the two news articles is refused, and `_PASSAGES` is what makes it so for every other
question on the shipped corpus (those with odd numbers) as well. `python -m tests.bench.calibration`
prints all five numbers anew; they hold for the shipped model, and another model wants its own
`MALI_SURE`.
"""

import math

from index.retrieve import Found

_DENSE, _LEXICAL, _CONSTANT = 8.91, 7.34, -5.84
#: How much less sure with every e-fold of the passages that the two news articles have.
_PASSAGES, _FEW = 0.53, 62
#: Confidence from which the bot answers.
SURE = 0.10


def confidence(found: Found) -> float:
    """From 0 to 1; 0 if nothing was found."""
    if not found.hits:
        return 0.0
    best = found.hits[0]
    weighed = _DENSE * best.dense + _LEXICAL * best.lexical + _CONSTANT
    weighed -= _PASSAGES * math.log(max(found.searched, _FEW) / _FEW)
    return 1 / (1 + math.exp(-weighed))
