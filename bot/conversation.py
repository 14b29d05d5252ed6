"""Follow-up questions: what "und wer führte sie?" asks, given the question before.

A follow-up is told by its form: it opens with "and", points back ("there", "sie"), or holds no word
of its own ("why?"), or nothing but a date. A question that names what its "their" or "there" stands
for is none. A follow-up is searched together with the question it follows; a new date replaces the
old one and the old period. Nothing here remembers anything: see `memory.py`.
"""

import re

from bot.question import MAX_QUESTION, Question
from index.dates import named_days
from index.names import places
from index.words import Language, content_words, lowered_words, tokens, without

#: Characters of earlier questions that are searched along.
_KEPT = 300
#: Content words beside a pronoun from which a question is read as standing on its own.
_OWN_WORDS = 3

_OPENINGS: dict[Language, frozenset[str]] = {
    "de": frozenset("und aber oder sondern also".split()),
    "en": frozenset("and but or so".split()),
    "fr": frozenset("et mais alors".split()),
}
#: "There is" points nowhere, nor does "que s'est-il passé" or "this year"; "l'ONU a-t-elle", "Goïta
#: est-il" and "dafür, dass" hold what they point to.
_POINTING_NOWHERE = re.compile(
    r"\b(?:is|are|was|were|be|been)\s+there\b|\bthere\s+(?:is|are|was|were|has|have)\b|"
    r"\bda(?:für|gegen|von|bei|zu|ran|rüber|durch)\s*,\s*(?:dass|ob|wie|wer|was)\b|"
    r"\bil\s+y\s+a|\by\s+a(?:vait)?-t-il\b|\bs['’]est-il\s+(?:passé|produit)|\bse\s+passe-t-il|"
    r"(?:\bl['’]|\b(?:la|le|les|ces?|cette)\s+)[\w’'-]+\s+[\w’'-]+-(?:ils?|elles?)\b|"
    r"(?<![\w’'-])(?!(?:qui|que|quoi|quand|où|pourquoi|comment|combien|et|mais)\b)"
    r"(?-i:[A-ZÀÂÇÉÈÎÔ])[\w’'-]*\s+(?:s['’])?[\w’']+-(?:t-)?(?:ils?|elles?)\b|"
    r"\bth(?:is|ese)\s+(?:year|month|week|days?)\b|"
    r"\bdiese[mnrs]?\s+(?:Jahr|Monat|Woche|Tage?)\w*|\bcette\s+(?:année|semaine)\b",
    re.IGNORECASE,
)
#: Point to a place.
_THERE: dict[Language, frozenset[str]] = {
    "de": frozenset(["dort"]),
    "en": frozenset(["there"]),
    "fr": frozenset(["là"]),
}
#: Point to anything.
_POINTING: dict[Language, frozenset[str]] = {
    "de": frozenset(
        "damals davon dabei danach darüber daran dadurch dafür dagegen dazu dessen deren "
        "diese dieser dieses diesem diesen denen".split()
    ),
    "en": frozenset("they them their theirs those these".split()),
    "fr": frozenset("eux leur leurs celui celle ceux celles cela ça ceci ensuite".split()),
}
_PRONOUNS: dict[Language, frozenset[str]] = {
    "de": frozenset("er sie ihn ihm ihr ihnen".split()),
    "en": frozenset("he she it him her his its this".split()),
    "fr": frozenset("il elle ils elles lui".split()),
}
#: Words that are pronouns in some places only: "wer hat das getan?", but not "das Abkommen".
_PRONOUN_THERE: dict[Language, re.Pattern[str]] = {
    "de": re.compile(
        r"\bdas\W*\Z|\b(?:ha(?:t|ben|tten?)|k(?:ann|önnen|onnten?)|wollten?|sollten?)\b"
        r".*\bdas\s+(?-i:[a-zäöü])\w+\W*\Z",
        re.IGNORECASE,
    ),
    "en": re.compile(r"\bthat\W*\Z", re.IGNORECASE),
    "fr": re.compile(
        r"\ben\s+(?:est|sont|étai(?:t|ent)|a|ont|avai(?:t|ent))\b|"
        r"\by\s+(?:est|sont|étai(?:t|ent)|ont|a\s+été)\b",
        re.IGNORECASE,
    ),
}
#: A name, told by its form: capitals of an organization, or one that does not begin the sentence.
#: German nouns have one as well.
_NAME: dict[Language, re.Pattern[str]] = {
    "de": re.compile(r"\b[A-ZÄÖÜ]{2,}"),
    "en": re.compile(r"\b[A-Z]{2,}|(?<=\w\s)[A-Z]\w+"),
    "fr": re.compile(r"\b[A-Z]{2,}|(?<=\w[\s'’])[A-ZÉÈÀÎÔÂ]\w+"),
}
#: Words beside a date in a question that holds nothing else.
_BESIDE_DATE = frozenset("in im am en on le the jahr year année".split())


def follow_up(question: Question, before: Question | None) -> Question:
    """`question` as it is to be searched after the question `before`: joined, or as it is."""
    if before is None or not refers_back(question):
        return question
    earlier = before.text
    elsewhere = {place.name for place in places(question.text, where=True)}
    if elsewhere and not elsewhere & {place.name for place in places(earlier)}:
        # "And in Indelimane?" asks the same of another place, and so of another day; "the reaction
        # from France" does not.
        earlier = without(earlier, places(earlier))
        earlier = without(earlier, named_days(earlier))
    elif named_days(question.text):
        earlier = without(earlier, named_days(earlier))
    if len(earlier) > _KEPT:
        earlier = earlier[-_KEPT:].partition(" ")[2]
    text = f"{earlier} {question.text}"[:MAX_QUESTION]
    inherited = None if named_days(question.text) else before.within
    return Question(
        text=text,
        language=question.language,
        within=question.within or inherited,
        asked=question.asked,
        reader=question.reader,
    )


def refers_back(question: Question) -> bool:
    """Whether a question is understood only after another."""
    asked, language = _POINTING_NOWHERE.sub(" ", question.asked), question.language
    found = tokens(asked)
    words = {token.text for token in found}
    if not words:
        return False
    dates = named_days(asked)
    beside = set(lowered_words(without(asked, dates)))
    if found[0].text in _OPENINGS[language] or (dates and beside <= _BESIDE_DATE):
        return True
    pointing = _POINTING[language] | _THERE[language]
    stand_ins = pointing | _PRONOUNS[language]
    own = [word for word in content_words(asked, language) if word not in stand_ins]
    if not own:
        return True
    if len(own) < _OWN_WORDS:
        # "Sie" is how German addresses the one asked; "sie" points back.
        small = {asked[t.start : t.end] for t in found[1:]} & _PRONOUNS[language]
        pronoun = small or _PRONOUN_THERE[language].search(asked)
        return bool(pronoun) or not pointing.isdisjoint(words)
    if not places(asked):
        if not _THERE[language].isdisjoint(words):
            return True
        if not dates and not _NAME[language].search(asked):
            return not _POINTING[language].isdisjoint(words)
    # "Did they leave Kidal?" points back, "Did the rebels leave their camp at Ber?" does not.
    telling = (
        token.text for token in found if token.text in _POINTING[language] or token.text in own
    )
    return next(telling) in _POINTING[language]
