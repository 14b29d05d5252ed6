"""Names that are written in several ways: JNIM and GSIM, Barkhane and Barchane.

`aliases.yaml` in a corpus folder lists them. A text in which any form of a name stands holds,
beside its stems, the key of that name; so does a question, and the two meet whatever form either
has. Forms are compared by stems: "der malischen Armee" is found under "malische Armee".
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from index.errors import ArticleError
from index.words import (
    LANGUAGES,
    STOP_WORDS,
    Language,
    Token,
    fold,
    lowered_words,
    stem,
    stems,
    tokens,
)

FILE = "aliases.yaml"
#: Marks a key among stems; no stem begins with it, for no word does.
MARK = "@"

Form = Annotated[str, Field(min_length=2, max_length=100)]


class Alias(BaseModel):
    """A name, and how else it is written: in one language, or in any of them (`also`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: Form
    de: tuple[Form, ...] = ()
    en: tuple[Form, ...] = ()
    fr: tuple[Form, ...] = ()
    also: tuple[Form, ...] = ()

    @property
    def forms(self) -> tuple[str, ...]:
        """Every way to write it."""
        return (self.name, *self.de, *self.en, *self.fr, *self.also)

    def forms_in(self, language: Language) -> dict[str, str | None]:
        """Every way to write it, those of `language` first, and what it is better known as there.

        That is the name for what is in `also` and for abbreviations of other languages, else None.
        """
        own: tuple[Form, ...] = getattr(self, language)
        others = (form for form in self.forms if form not in (self.name, *own))
        return dict.fromkeys((self.name, *own)) | {
            form: self.name if form in self.also or form.isupper() else None for form in others
        }

    @property
    def key(self) -> str:
        """What stands for it among stems."""
        return MARK + "-".join(lowered_words(fold(self.name)))


@dataclass(frozen=True, slots=True)
class Named:
    """A form of a name in a text: the name's key and the words of the form.

    `usual` is the name itself for a misspelling, a nickname or another language's abbreviation,
    None for a form that the text's language has.
    """

    key: str
    words: tuple[Token, ...]
    usual: str | None = None


@dataclass(frozen=True, slots=True)
class _Form:
    stems: tuple[str, ...]
    key: str
    usual: str | None


@dataclass(frozen=True, eq=False)
class Aliases:
    """The names of a corpus, ready to be found in texts; two are told apart by identity."""

    entries: tuple[Alias, ...] = ()
    #: By language and first stem, longest first.
    _forms: dict[Language, dict[str, list[_Form]]] = field(
        init=False, repr=False, default_factory=dict
    )
    #: Forms of one word, for those who misspell them: folded word to key.
    words: dict[str, str] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        for language in LANGUAGES:
            forms = self._forms.setdefault(language, {})
            for entry in self.entries:
                for form, usual in entry.forms_in(language).items():
                    written = lowered_words(form)
                    if STOP_WORDS[language].issuperset(written):
                        continue  # "UN" would stand in every French sentence
                    read = tuple(stem(word, language) for word in written)
                    known = forms.setdefault(read[0], [])
                    if not any(one.stems == read and one.key == entry.key for one in known):
                        known.append(_Form(read, entry.key, usual))
            for known in forms.values():
                known.sort(key=lambda one: -len(one.stems))
        for entry in self.entries:
            for form in entry.forms:
                found = tokens(fold(form))
                if len(found) == 1:
                    self.words[found[0].text] = entry.key

    @classmethod
    def read(cls, folders: Iterable[Path]) -> "Aliases":
        """The names that the `aliases.yaml` of these folders list, where they have one.

        Raises `ArticleError` for a file that cannot be used, or a form that two names share.
        """
        entries: list[Alias] = []
        owners: dict[str, str] = {}
        for path in (folder / FILE for folder in folders):
            for entry in _entries(path):
                for form in entry.forms:
                    folded = " ".join(lowered_words(fold(form)))
                    owner = owners.setdefault(folded, entry.name)
                    if not folded or owner != entry.name:
                        said = f"{form!r} is a form of {owner} and of {entry.name}"
                        said = said if folded else f"{form!r} of {entry.name} holds no word"
                        raise ArticleError(path, said, "every form with words, and in one entry")
                entries.append(entry)
        return cls(tuple(entries))

    def named(self, text: str, language: Language) -> Iterator[Named]:
        """The names in `text`, written in `language`, in order; the longest form where several fit.

        >>> barkhane = Aliases((Alias(name="Barkhane", also=("Barchane",)),))
        >>> [found.key for found in barkhane.named("die Operation Barchane", "de")]
        ['@barkhane']
        """
        forms = self._forms[language]
        words = tokens(text) if self.entries else []
        read = [stem(word.text, language) for word in words]
        begin = 0
        while begin < len(words):
            for form in forms.get(read[begin], ()):
                end = begin + len(form.stems)
                if tuple(read[begin:end]) == form.stems:
                    yield Named(form.key, tuple(words[begin:end]), form.usual)
                    begin = end
                    break
            else:
                begin += 1

    def usual(self, text: str, language: Language) -> str:
        """`text` with the names that are better known otherwise as they are known.

        >>> keita = Aliases((Alias(name="Ibrahim Boubacar Keïta", also=("IBK",)),))
        >>> keita.usual("Wann trat IBK zurück?", "de")
        'Wann trat Ibrahim Boubacar Keïta zurück?'
        """
        for found in reversed(tuple(self.named(text, language))):
            if found.usual:
                text = text[: found.words[0].start] + found.usual + text[found.words[-1].end :]
        return text

    def stems(self, text: str, language: Language) -> list[str]:
        """The stems of `text` (see `words.stems`), then the key of every name in it."""
        return stems(text, language) + [found.key for found in self.named(text, language)]


#: Where no names are listed.
NO_ALIASES = Aliases()


def _entries(path: Path) -> list[Alias]:
    try:
        content = yaml.safe_load(path.read_bytes().decode("utf-8"))
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else None
        raise ArticleError(path, type(error).__name__, "UTF-8 and YAML", line=line) from None
    try:
        return TypeAdapter(list[Alias]).validate_python(content or [])
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        said = f"entry {place}: {first['msg']}" if place else first["msg"]
        raise ArticleError(path, said, "name, and lists de, en, fr or also") from None
