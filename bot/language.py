"""The bot's own words in German, English and French.

Quotes are never translated here: a passage stays in its article's words. What is said around it is.
"""

import datetime as dt
from dataclasses import dataclass

from index.words import Language

_MONTHS: dict[Language, str] = {
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "en": "January February March April May June July August September October November December",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
}


@dataclass(frozen=True, slots=True)
class Phrases:
    """What the bot says in one language; `{…}` are filled in by `render`."""

    nothing: str
    outside_period: str
    unknown_words: str
    reach_dated: str
    reach_undated: str
    reach_partly: str
    ask_about: str
    date_unknown: str
    outlet_unknown: str
    newest: str
    newest_unknown: str
    too_long: str
    no_words: str
    trouble: str
    start: str
    help: str
    chat: str
    quoted_in: dict[Language, str]


PHRASES: dict[Language, Phrases] = {
    "de": Phrases(
        nothing="Dazu finde ich in den Artikeln nichts.",
        outside_period=(
            "Dazu finde ich nichts: {year} liegt außerhalb der Zeit, über die die Artikel "
            "berichten."
        ),
        unknown_words="In keinem Artikel kommt vor: {words}.",
        reach_dated="Mein Bestand: {count} Artikel, {first} bis {last}.",
        reach_partly=(
            "Mein Bestand: {count} Artikel, {first} bis {last}, davon {undated} ohne Datum."
        ),
        reach_undated="Mein Bestand: {count} Artikel ohne Datumsangabe.",
        ask_about="Fragen kann man zum Beispiel nach:",
        date_unknown="Datum unbekannt",
        outlet_unknown="Quelle unbekannt",
        newest="Neuester Artikel dazu: {date}.",
        newest_unknown="Das Datum der Artikel dazu ist unbekannt.",
        too_long="Die Frage ist zu lang: {found} Zeichen, höchstens {most}. Bitte kürzer fragen.",
        no_words="Darin steht kein Wort, nach dem ich suchen kann. Bitte als Frage schreiben.",
        trouble=(
            "Das hat nicht geklappt, der Fehler liegt bei mir. Bitte gleich noch einmal fragen."
        ),
        start=(
            "Ich suche in Artikeln über den Konflikt in Mali und die Militärregierung und antworte "
            "mit wörtlichen Zitaten, mit Quelle und Datum. Steht nichts darin, sage ich das."
        ),
        help=(
            "Einfach eine Frage schreiben, auf Deutsch, Englisch oder Französisch. Die Antwort ist "
            "ein wörtliches Zitat; [1] ist die Stelle, aus der es stammt. Fragen werden nicht "
            "gespeichert."
        ),
        chat="Frage eingeben; leere Zeile oder Strg-D beendet.",
        quoted_in={"de": "", "en": "Zitat auf Englisch.", "fr": "Zitat auf Französisch."},
    ),
    "en": Phrases(
        nothing="I find nothing on this in the articles.",
        outside_period=(
            "I find nothing on this: {year} is outside the time that the articles report on."
        ),
        unknown_words="No article contains: {words}.",
        reach_dated="What I hold: {count} articles, {first} to {last}.",
        reach_partly="What I hold: {count} articles, {first} to {last}, {undated} of them undated.",
        reach_undated="What I hold: {count} articles without a date.",
        ask_about="You could ask about:",
        date_unknown="date unknown",
        outlet_unknown="source unknown",
        newest="Newest article on this: {date}.",
        newest_unknown="The date of the articles on this is unknown.",
        too_long=(
            "The question is too long: {found} characters, at most {most}. "
            "Please ask a shorter one."
        ),
        no_words="There is no word in this that I can search for. Please write a question.",
        trouble="That did not work, and the fault is mine. Please ask again in a moment.",
        start=(
            "I search articles on Mali's conflict and its military government and answer with "
            "verbatim quotes, their source and date. If there is nothing, I say so."
        ),
        help=(
            "Just write a question, in German, English or French. The answer is a verbatim quote, "
            "in the language of the article; [1] is the passage it stands in. Questions are not "
            "stored."
        ),
        chat="Type a question; an empty line or Ctrl-D ends.",
        quoted_in={"de": "Quoted from German.", "en": "", "fr": "Quoted from French."},
    ),
    "fr": Phrases(
        nothing="Je ne trouve rien à ce sujet dans les articles.",
        outside_period=(
            "Je ne trouve rien à ce sujet : {year} est hors de la période dont parlent "
            "les articles."
        ),
        unknown_words="Aucun article ne contient : {words}.",
        reach_dated="Mon fonds : {count} articles, du {first} au {last}.",
        reach_partly=(
            "Mon fonds : {count} articles, du {first} au {last}, dont {undated} sans date."
        ),
        reach_undated="Mon fonds : {count} articles sans date.",
        ask_about="On peut par exemple demander :",
        date_unknown="date inconnue",
        outlet_unknown="source inconnue",
        newest="Article le plus récent à ce sujet : {date}.",
        newest_unknown="La date des articles à ce sujet est inconnue.",
        too_long=(
            "La question est trop longue : {found} caractères, {most} au plus. "
            "Merci de la raccourcir."
        ),
        no_words="Il n'y a là aucun mot que je puisse chercher. Merci d'écrire une question.",
        trouble=(
            "Cela n'a pas marché, la faute est de mon côté. Merci de redemander dans un instant."
        ),
        start=(
            "Je cherche dans des articles sur le conflit au Mali et le gouvernement militaire et "
            "je réponds par des citations exactes, avec source et date. S'il n'y a rien, je le dis."
        ),
        help=(
            "Écrivez simplement une question, en allemand, en anglais ou en français. La réponse "
            "est une citation exacte, dans la langue de l'article ; [1] est le passage dont elle "
            "vient. Les questions ne sont pas conservées."
        ),
        chat="Posez une question ; une ligne vide ou Ctrl-D termine.",
        quoted_in={"de": "Cité de l'allemand.", "en": "Cité de l'anglais.", "fr": ""},
    ),
}


def written(date: dt.date | None, language: Language) -> str:
    """A date as one writes it, or that it is unknown.

    >>> written(dt.date(2022, 5, 18), "de"), written(dt.date(2022, 5, 1), "fr")
    ('18. Mai 2022', '1er mai 2022')
    """
    if date is None:
        return PHRASES[language].date_unknown
    month = _MONTHS[language].split()[date.month - 1]
    day = {"de": f"{date.day}.", "en": f"{date.day}", "fr": "1er" if date.day == 1 else ""}
    return f"{day[language] or date.day} {month} {date.year}"
