"""Words and their English from Wiktionary, as the Open DSL Dictionary Project keeps it.

A word pair trains what no sentence pair has: "prêt", "loan". The same pairs put German and French
words into English sentences, so that words are seen at work (after "CoSDA-ML", Qin et al. 2020).
"""

import gzip
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from index.errors import TrainingDataError
from index.model.pairs import Pair

#: Where the files lie under a clone of open-dsl-dict/wiktionary-dict.
_FROM_FRENCH = Path("src/fr-en-enwiktionary.txt")
_TO_GERMAN = Path("src/en-de-enwiktionary.txt")
_TO_FRENCH = Path("dsl/twoway/en-fr-enwiktionary.dsl.dz")
_LONGEST = 40  # characters of a word or phrase; longer ones are explanations
_MEANINGS = 2  # taken of an entry, first ones first

_ASIDE = re.compile(r"\{[^}]*\}|\([^)]*\)|\[[^\]]*\]|<[^>]*>")
_HEAD = re.compile(r"\t\[b\]\[c darkblue\](.*?)\[/c\]")
_MEANING = re.compile(r"\t\[m1\](.*)\[/m\]")
_WORD = re.compile(r"[A-Za-z]{3,}")


@dataclass(frozen=True, slots=True)
class Dictionary:
    """Pairs of a word or phrase and its English."""

    german: tuple[Pair, ...]
    french: tuple[Pair, ...]

    @classmethod
    def read(cls, folder: Path) -> "Dictionary":
        """Reads a clone of the dictionaries; raises `TrainingDataError` where it is none."""
        french = set(_entries(folder / _FROM_FRENCH))
        german = {Pair(word, english) for english, word in _pairs(folder / _TO_GERMAN)}
        french |= set(_dsl_entries(folder / _TO_FRENCH))
        if not german or not french:
            raise TrainingDataError(f"{folder}: no entries found; see CARD.md")
        return cls(tuple(sorted(german, key=_key)), tuple(sorted(french, key=_key)))

    def mixer(self) -> "Mixer":
        """What puts these words into English sentences."""
        return Mixer((_by_english(self.german), _by_english(self.french)))


@dataclass(frozen=True, slots=True)
class Mixer:
    """Puts German or French words in the place of English ones."""

    languages: tuple[Mapping[str, Sequence[str]], Mapping[str, Sequence[str]]]

    def mix(self, english: str, chance: random.Random) -> str:
        """`english` with a third to nine tenths of the words that have a translation replaced."""
        words = self.languages[chance.random() < 0.6]  # French, the weaker one, more often
        share = chance.uniform(0.33, 0.9)

        def replaced(match: re.Match[str]) -> str:
            found = words.get(match.group().lower())
            return chance.choice(found) if found and chance.random() < share else match.group()

        return _WORD.sub(replaced, english)


def _by_english(pairs: Sequence[Pair]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for pair in pairs:
        english = pair.english.lower().removeprefix("to ")
        if _WORD.fullmatch(english) and len(found[english]) < 4:
            found[english].append(pair.text)
    return dict(found)


def _entries(path: Path) -> Iterator[Pair]:
    for word, meaning in _pairs(path):
        yield Pair(word, meaning)


def _pairs(path: Path) -> Iterator[tuple[str, str]]:
    """Headword and each of its first meanings, from lines of `word {m} :: meaning, meaning`."""
    for line in _read(path).splitlines():
        head, separator, meanings = line.partition(" :: ")
        if not separator or re.search(r"\b(?:form|plural|participle) of\b", meanings):
            continue
        word = _bare(head)
        for meaning in re.split("[;,]", meanings)[:_MEANINGS]:
            if word and (bare := _bare(meaning)) and len(bare) < _LONGEST:
                yield word, bare


def _dsl_entries(path: Path) -> Iterator[Pair]:
    english = ""
    for line in _read(path).splitlines():
        if head := _HEAD.match(line):
            english = head[1]
        elif (meaning := _MEANING.match(line)) and english:
            plain = re.sub(r"\[p\].*?\[/p\]", "", meaning[1])
            for word in re.split("[;,]", plain)[: _MEANINGS + 1]:
                if (bare := _bare(word)) and len(bare) < _LONGEST:
                    yield Pair(bare, english)


def _bare(text: str) -> str:
    return re.sub(r"\s+", " ", _ASIDE.sub("", text)).strip(" ,;")


def _key(pair: Pair) -> tuple[str, str]:
    return pair.text, pair.english


def _read(path: Path) -> str:
    try:
        data = path.read_bytes()
        if path.suffix == ".dz":
            data = gzip.decompress(data)
        # DSL files are UTF-16 by tradition, with a byte order mark or without one.
        return data.decode("utf-16" if b"\0" in data[:200] else "utf-8").lstrip("\ufeff")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise TrainingDataError(f"{path}: cannot be read ({reason}); see CARD.md") from None
