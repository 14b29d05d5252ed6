"""Follow-up questions: what "und wer führte sie?" asks, given the question before.

A follow-up is told by its form: it opens with "and", points back ("there", "sie"), or holds no word
of its own ("why?"). It is searched together with the question it follows; a new date replaces the
old one. Nothing here remembers anything: see `memory.py`.
"""

import re
from collections.abc import Sequence
from typing import Protocol

from bot.question import MAX_QUESTION, Question
from index.dates import named_days
from index.names import places
from index.words import Language, content_words, tokens

#: Characters of earlier questions that are searched along.
_KEPT = 300
#: Content words beside a pronoun from which a question is read as standing on its own.
_OWN_WORDS = 3

_OPENINGS: dict[Language, frozenset[str]] = {
    "de": frozenset("und aber oder sondern also".split()),
    "en": frozenset("and but or so".split()),
    "fr": frozenset("et mais ou alors".split()),
}
#: "There is" points nowhere.
_THERE_IS = re.compile(
    r"\b(?:is|are|was|were|be|been)\s+there\b|\bthere\s+(?:is|are|was|were|has|have)\b",
    re.IGNORECASE,
)
_POINTING: dict[Language, frozenset[str]] = {
    "de": frozenset(
        "dort damals davon dabei danach darüber daran dadurch dafür dagegen dazu dessen deren "
        "diese dieser dieses diesem diesen denen".split()
    ),
    "en": frozenset("there they them their theirs those these".split()),
    "fr": frozenset("là eux leur leurs celui celle ceux celles cela ça ceci".split()),
}
_PRONOUNS: dict[Language, frozenset[str]] = {
    "de": frozenset("er sie ihn ihm ihr ihnen das".split()),
    "en": frozenset("he she it him her his its that this".split()),
    "fr": frozenset("il elle ils elles lui y en".split()),
}


class _Span(Protocol):
    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...


def follow_up(question: Question, before: Question | None) -> Question:
    """`question` as it is to be searched after the question `before`: joined, or as it is."""
    if before is None or not refers_back(question):
        return question
    earlier = before.text
    elsewhere = {place.name for place in places(question.text)}
    if elsewhere and not elsewhere & {place.name for place in places(earlier)}:
        # "And in Indelimane?" asks the same of another place, and so of another day.
        earlier = _without(earlier, places(earlier))
        earlier = _without(earlier, named_days(earlier))
    elif named_days(question.text):
        earlier = _without(earlier, named_days(earlier))
    if len(earlier) > _KEPT:
        earlier = earlier[-_KEPT:].partition(" ")[2]
    text = f"{earlier} {question.text}"[:MAX_QUESTION]
    return Question(
        text=text,
        language=question.language,
        within=question.within or before.within,
        asked=question.asked,
        reader=question.reader,
    )


def refers_back(question: Question) -> bool:
    """Whether a question is understood only after another."""
    asked = _THERE_IS.sub(" ", question.asked)
    found = tokens(asked)
    words = [token.text for token in found]
    if not words:
        return False
    language = question.language
    if words[0] in _OPENINGS[language] or not _POINTING[language].isdisjoint(words):
        return True
    own = [word for word in content_words(asked, language) if word not in _PRONOUNS[language]]
    if not own:
        return True
    # "Sie" is how German addresses the one asked; "sie" points back.
    small = {asked[t.start : t.end] for t in found[1:]}
    return not _PRONOUNS[language].isdisjoint(small) and len(own) < _OWN_WORDS


def _without(text: str, spans: Sequence[_Span]) -> str:
    for span in reversed(spans):
        text = text[: span.start] + text[span.end :]
    return re.sub(r"\s+", " ", text).strip()
