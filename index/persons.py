"""Persons whom a question names, and which passages may tell of them.

Few surnames are shared by many people in Mali, so that passages about one Keïta are found for
another, or for one whom no article knows. A person is told by how the articles write: a given name
is a capitalised word that another capitalised word follows nearly always, a surname one that often
follows such a word. Only looks are judged, on a few dozen passages; titles, fixed names ("Burkina
Faso") and German genitives look alike and are left out.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal

import numpy as np
from rapidfuzz import fuzz

from index.concordance import (
    CAPITAL,
    LEAST,
    REMEMBERED,
    Concordance,
    Passage,
    level,
    own_stems,
    written,
)
from index.dense import Flags, Numbers
from index.lexical import ALIKE, QuestionWords, Term
from index.words import Language, Token, fold, lowered_words, tokens

#: How often a given name is followed by a capitalised word, and a surname preceded by one.
GIVEN, SURNAME = 0.8, 0.25
#: From this share of its places on, a word that stands nearly always between or behind the same
#: other is part of a fixed name: "Burkina Faso", "Radisson Blu".
FIXED = 0.9
#: People named instead, at most.
NAMESAKES = 3
#: How like a name must be to what it is read as, from 0 to 1.
_READ_AS = 0.85
#: Passages that hold the rarer of two names and are searched for the other; who is named in more
#: passages is known by all of his names.
_SEARCHED = 400
#: How often a given name follows a determiner at most, which "Kreis" in "im Kreis Mopti" does.
_DETERMINED = 0.1
_DETERMINER = re.compile(
    r"\b(?:der|die|das|dem|den|des|im|am|zum|zur|vom|beim|ein|eine[mnrs]?|the|"
    r"les?|la|une?|du|des|aux?)\s$|\b[lLdD]['’]$",
    re.IGNORECASE,
)
#: Words between two names of one person at most: "Ibrahim Boubacar Keïta" is Ibrahim Keïta.
_BETWEEN = 2
#: Stand within a name and are none.
_PARTICLES = frozenset("ag ould walet ben bin ibn el al".split())
#: What somebody is called before the name, and what looks like a given name for being capitalised
#: in German; folded.
_TITLE = re.compile(
    r"(?:\w*(?:minister|prasident|sprecher|chef|fuhrer|general|kommandeur|anwalt|richter|leutnant|"
    r"sekretar|botschafter|beauftragte|gouverneur)(?:in|s|r|n)?|\w*oberst|hauptmann|major|imam|"
    r"herrn?|frau|monsieur|madame|colonel|captain|capitaine|president|ministre|premier|"
    r"scheich|sheikh|cheikh|professor|doktor|dr|pater|journalist\w*)"
)
# Words of the same name, before it and after it.
_PART = rf"(?:[A-Z]\w*|{'|'.join(sorted(_PARTICLES))})"
_BEFORE = re.compile(rf"(?:\b{_PART}[\s'’-]+){{1,{_BETWEEN + 1}}}$")
_AFTER = re.compile(rf"(?:[\s'’-]+{_PART}\b){{1,{_BETWEEN + 1}}}")
_WORD = re.compile(r"\w+")
_ENDS_A_NAME = re.compile(r"[^\w\s'’]")


Whose = Literal["own", "others", "nobody's"]


@dataclass(frozen=True, slots=True)
class _Name:
    """Folded words that a text writes a name with, and the stems of the chunks that have them."""

    written: tuple[str, ...]
    stems: frozenset[str]

    @property
    def pattern(self) -> str:
        """Finds it in a text without accents."""
        return written(self.written)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody named in a question, `name` as typed; `articles` are those that write the name."""

    name: str
    articles: frozenset[int]
    given: _Name
    surname: _Name


@dataclass(frozen=True, slots=True)
class _Looks:
    given: bool
    surname: bool


class Persons:
    """What the articles of an index know of names; may be used from several threads."""

    def __init__(self, passages: Concordance) -> None:
        self.passages = passages
        self._looks = lru_cache(maxsize=REMEMBERED)(self._look)
        self._names = lru_cache(maxsize=REMEMBERED)(self._written)
        self._naming = lru_cache(maxsize=REMEMBERED)(self._written_near)

    def of(self, question: str, read: QuestionWords, language: Language) -> tuple[Person, ...]:
        """The persons in `question`, but for those of so many articles that all must know them.

        `read` are its words; a name that is misspelt is looked for as what it was read as.
        """
        terms = {term.word: term for term in read.terms}
        known = [found.words for found in self.passages.words.aliases.named(question, language)]
        persons = []
        for first, second in _side_by_side(question, tokens(question)):
            if any(first in words and second in words for words in known):
                continue
            one, other = terms.get(first.text), terms.get(second.text)
            if one is None or other is None or _TITLE.fullmatch(fold(one.word)):
                continue
            given, surname = self._name(one), self._name(other)
            if self._persons(given, surname):
                articles = self._naming(given, surname)
                if articles is not None:
                    name = question[first.start : second.end]
                    persons.append(Person(name, articles, given, surname))
        return tuple(persons)

    def namesakes(self, person: Person) -> tuple[str, ...]:
        """People whom the articles name who have a part of the name, `NAMESAKES` at most.

        Those who are named most come first.
        """
        found: Counter[str] = Counter()
        for name in (person.surname, person.given):
            for one in self.passages.sample(name.stems):
                for match in re.finditer(name.pattern, one.level, re.IGNORECASE):
                    found[self._full(one, match)] += 1
        del found[""]
        return tuple(named for named, _ in found.most_common(NAMESAKES))

    def may_tell_of(self, person: Person, chunks: Numbers) -> Flags:
        """Which of `chunks` may tell of `person`; shape `(len(chunks),)`.

        Not one that has the surname and only beside other given names; nor of an article that does
        not write the name, if it has the surname beside others or not at all.
        """
        held = self.passages.holding(person.surname.stems)
        articles: dict[int, bool] = dict.fromkeys(person.articles, True)

        def tells(chunk: int, has_surname: bool) -> bool:
            here = self._whose(person, np.array([chunk])) if has_surname else None
            if here in ("own", "others"):
                return here == "own"
            article = int(self.passages.articles[chunk])
            if article not in articles:
                own = held[self.passages.articles[held] == article]
                articles[article] = self._whose(person, own) == "nobody's"
            return articles[article]

        having = np.isin(chunks, held).tolist()
        found = [tells(*one) for one in zip(chunks.tolist(), having, strict=True)]
        return np.array(found, dtype=np.bool_)

    def _whose(self, person: Person, chunks: Numbers) -> Whose | None:
        """Whose given name stands beside the surname of `person` in `chunks`; None if none has it.

        Others' counts only where `person` is not named, too.
        """
        found: Whose | None = None
        for passage in self.passages.passages(chunks):
            text = passage.level
            for match in re.finditer(person.surname.pattern, text, re.IGNORECASE):
                near = _near(text, match)
                if any(fuzz.ratio(o, w) >= ALIKE for o in near for w in person.given.written):
                    return "own"
                before = _BEFORE.search(text[: match.start()])
                if before and self._begins_a_name(lowered_words(before.group())[-1]):
                    found = "others"
                found = found or "nobody's"
        return found

    def _name(self, term: Term) -> _Name:
        read_as = [one for one, like in term.stems.items() if like >= _READ_AS]
        return self._names(level(term.word), own_stems(read_as))

    def _written(self, word: str, stems: frozenset[str]) -> _Name:
        """As it is typed, if a passage has it so, or else as it was read."""
        typed = _Name((word,), stems)
        passages = self.passages.sample(stems) if stems else iter(())
        if any(re.search(typed.pattern, one.level, re.IGNORECASE) for one in passages):
            return typed
        return _Name(tuple(sorted(stems)), stems)

    def _persons(self, one: _Name, other: _Name) -> bool:
        if not (one.written and other.written and self._looks(one).given):
            return False
        looks = self._looks(other)
        return looks.surname or looks.given

    def _written_near(self, one: _Name, other: _Name) -> frozenset[int] | None:
        """The articles in which a word like either stands near the other, on whichever side.

        None where both stand in too many passages to look.
        """
        (rarer, held), (sought, _) = sorted(
            ((name, self.passages.holding(name.stems)) for name in (one, other)),
            key=lambda named: len(named[1]),
        )
        if len(held) > _SEARCHED:
            return None
        near = (
            any(
                fuzz.ratio(word, form) >= ALIKE
                for match in re.finditer(rarer.pattern, one.level, re.IGNORECASE)
                for word in _near(one.level, match)
                for form in sought.written
            )
            for one in self.passages.passages(held)
        )
        return frozenset(self.passages.articles[held[list(near)]].tolist())

    def _full(self, passage: Passage, name: re.Match[str]) -> str:
        """The name of several words that `name` is part of; "" if it stands alone."""
        folded = passage.level
        before = _BEFORE.search(folded[: name.start()])
        after = _AFTER.match(folded[name.end() :])
        end = name.end() + (after.end() if after else 0)
        parts = list(_WORD.finditer(folded, before.start() if before else name.start(), end))
        while parts and not self._begins_a_name(parts[0].group().lower()):
            parts = parts[1:]
        alone = len(parts) < 2 or parts[0].start() > name.start()
        return "" if alone else passage.text[parts[0].start() : end]

    def _begins_a_name(self, word: str) -> bool:
        genitive = word.endswith("s") and len(self.passages.holding(self.passages.stems(word[:-1])))
        if word in _PARTICLES or _TITLE.fullmatch(word) or genitive:  # "Malis", "Keïtas Sprecher"
            return False
        return self._looks(_Name((word,), self.passages.stems(word))).given

    def _look(self, name: _Name) -> _Looks:
        times = capital = determined = 0
        before: Counter[str] = Counter()
        after: Counter[str] = Counter()
        for passage in self.passages.sample(name.stems):
            text = passage.level
            for match in re.finditer(name.pattern, text, re.IGNORECASE):
                times += 1
                capital += match.group()[0].isupper()
                determined += bool(_DETERMINER.search(text[: match.start()]))
                before[_capitalised(text[: match.start()], -1)] += 1
                after[_capitalised(text[match.end() :], 0)] += 1
        if times < LEAST or capital < CAPITAL * times:
            return _Looks(given=False, surname=False)
        followed, preceded = times - after.pop("", 0), times - before.pop("", 0)
        given = followed >= GIVEN * times and determined <= _DETERMINED * times
        given = given and not self._fixed(name, after, times)
        return _Looks(given, surname=preceded >= SURNAME * times)

    def _fixed(self, name: _Name, after: Counter[str], times: int) -> bool:
        """Whether the word stands with always the same other, and that with it alone."""
        [(other, count)] = after.most_common(1)
        if count < FIXED * times:
            return False
        word = other.lower()
        beside = re.compile(rf"({name.pattern}\s+)?\b{re.escape(word)}\b", re.IGNORECASE)
        passages = self.passages.sample(self.passages.stems(word))
        found = [bool(match[1]) for one in passages for match in beside.finditer(one.level)]
        return sum(found) >= FIXED * len(found)


def _side_by_side(question: str, words: list[Token]) -> Iterator[tuple[Token, Token]]:
    """The words that nothing but a blank or a particle is between."""
    names = [word for word in words if word.text not in _PARTICLES]
    for first, second in pairwise(names):
        between = question[first.end : second.start]
        if not _ENDS_A_NAME.search(between) and _PARTICLES.issuperset(lowered_words(between)):
            yield first, second


def _near(text: str, name: re.Match[str]) -> list[str]:
    """The words of `text` before and after `name` that may be of the same name, lower-cased."""
    before = _BEFORE.search(text[: name.start()])
    after = _AFTER.match(text[name.end() :])
    return [word for found in (before, after) if found for word in lowered_words(found.group())]


def _capitalised(text: str, side: int) -> str:
    """The capitalised word that a text begins or ends with, a blank before or after; else ""."""
    pattern = r"[^\W\d_]\w* $" if side else r" [^\W\d_]\w*"
    found = re.search(pattern, text) if side else re.match(pattern, text)
    word = found.group().strip() if found else ""
    return word if word[:1].isupper() else ""
