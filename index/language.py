"""Which of the three languages a text is written in.

`lingua` weighs letter patterns, which is right for articles and long questions but a coin toss for
"Wer ist Goita?", where a foreign name outweighs two German words. So the small words decide first
(the stop lists of `words.py`, "now" and its like of `now.py`) but for those that mean something
else next door, and `lingua` is asked where they do not.
"""

from functools import cache

from lingua import IsoCode639_1, LanguageDetector, LanguageDetectorBuilder

from index.now import ASKING_FOR_NOW
from index.words import LANGUAGES, STOP_WORDS, Language, lowered_words

#: Least share `lingua` must give a language where the small words do not decide (0 to 1); names
#: alone ("Goita", "EUTM Mali") stay under it, and so does "Was tat Goita?".
SURE = 0.65


#: Small words that other languages have as words for things: "Mali war", "the man", "a hat".
_ALIKE = frozenset("war man will hat am bin son".split())


@cache
def _detector() -> LanguageDetector:
    codes = [IsoCode639_1.from_str(language) for language in LANGUAGES]
    return LanguageDetectorBuilder.from_iso_codes_639_1(*codes).build()


def detect(text: str, default: Language = "de") -> Language:
    """The language of `text`, or `default` where nothing tells, as for a lone name.

    >>> detect("Wer ist Goita?"), detect("qui est Goita ?"), detect("Goita", default="en")
    ('de', 'fr', 'en')
    """
    words = [word for word in lowered_words(text[:2000]) if word not in _ALIKE]
    small = {
        lang: sum(word in STOP_WORDS[lang] or word in ASKING_FOR_NOW[lang] for word in words)
        for lang in LANGUAGES
    }
    ranked = sorted(LANGUAGES, key=lambda lang: small[lang], reverse=True)
    if small[ranked[0]] > small[ranked[1]]:
        return ranked[0]
    likely = [lang for lang in LANGUAGES if small[lang] == small[ranked[0]]]
    guesses = _detector().compute_language_confidence_values(text[:2000])
    shares = {guess.language.iso_code_639_1.name.lower(): guess.value for guess in guesses}
    best = max(likely, key=lambda lang: shares.get(lang, 0.0))
    if shares.get(best, 0.0) >= SURE:
        return best
    return best if small[best] and default not in likely else default
