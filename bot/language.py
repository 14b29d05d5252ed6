"""The bot's own words in German, English and French.

Quotes are never translated here: a passage stays in its article's words. What is said around it is.
"""

import datetime as dt
from dataclasses import dataclass

from index.dates import Days
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
    namesakes: str
    not_reported: str
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
    unsure: str
    as_of: str
    looks_back: str
    newer_cited: str
    newer_found: str
    none_newer: str
    figure_by: str
    figure_unknown: str
    differing: str
    period: str
    outside_asked: str
    since: str
    until: str
    translated: str
    corrected: str
    withdrawn: str
    also_in: str
    also_more: str
    checked_against: str
    context: str
    more: str
    sources: str
    original: str
    generation: str
    stale: str
    gone: str
    thanks: str
    sources_title: str
    latest_title: str
    timeline_title: str
    timeline_usage: str
    timeline_reported: str
    language_set: str
    language_usage: str
    period_set: str
    period_all: str
    period_usage: str
    privacy: str
    feedback_on: str
    feedback_off: str
    forgotten: str
    too_fast: str
    group_usage: str
    not_admin: str
    inline_nothing: str
    commands: dict[str, str]
    examples: tuple[str, ...]


PHRASES: dict[Language, Phrases] = {
    "de": Phrases(
        nothing="Dazu finde ich in den Artikeln nichts.",
        outside_period=(
            "Dazu finde ich nichts: {year} liegt außerhalb der Zeit, über die die Artikel "
            "berichten."
        ),
        unknown_words="In keinem Artikel kommt vor: {words}.",
        namesakes="Gemeint vielleicht: {names}?",
        not_reported="Nicht berichtet heißt nicht: nicht geschehen.",
        reach_dated="Mein Bestand: {count} Artikel, {first} bis {last}.",
        reach_partly=(
            "Mein Bestand: {count} Artikel, {first} bis {last}, davon {undated} ohne Datum."
        ),
        reach_undated="Mein Bestand: {count} Artikel ohne Datumsangabe.",
        ask_about="Fragen kann man zum Beispiel nach:",
        date_unknown="Datum unbekannt",
        outlet_unknown="Quelle unbekannt",
        newest="Neuester zitierter Artikel: {date}.",
        newest_unknown="Das Datum der zitierten Artikel ist unbekannt.",
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
        unsure="Nicht sicher, ob das die Frage beantwortet; am ehesten passt:",
        as_of="Stand {date}.",
        looks_back="Die Stelle reicht nur bis {told}, der Artikel ist vom {date}.",
        newer_cited="Neuer ist [{n}]: {date}.",
        newer_found="Neuer, hier nicht zitiert: {title}, {date}.",
        none_newer="Einen neueren Artikel dazu habe ich nicht gefunden.",
        figure_by="Die Zahl nennt {source}.",
        figure_unknown="Von wem die Zahl stammt, ist nicht bekannt.",
        differing="Andere Zahlen in den Stellen darunter: {figures}.",
        period="Gesucht nur im Zeitraum: {period}.",
        outside_asked="Im gefragten Zeitraum ({period}) finde ich dazu nichts.",
        since="ab {date}",
        until="bis {date}",
        translated="Übersetzung",
        corrected="korrigiert am {date}",
        withdrawn="zurückgezogen am {date}, wird nicht mehr zitiert",
        also_in="Derselbe Text auch in: {sources}.",
        also_more="und noch {count}-mal",
        checked_against="Geprüft an:",
        context="Zusammenhang",
        more="Weitere Stellen",
        sources="Quellen",
        original="Original",
        generation="Bestand Nr. {generation}",
        stale="Der Bestand ist inzwischen erneuert worden. Bitte die Frage noch einmal stellen.",
        gone="Mit diesem Knopf kann ich nichts mehr anfangen.",
        thanks="Danke für die Rückmeldung.",
        sources_title="Woraus ich zitiere:",
        latest_title="Die neuesten Artikel:",
        timeline_title="Zeitleiste: {topic}",
        timeline_usage="Bitte ein Thema dazuschreiben, zum Beispiel: /timeline Sanktionen",
        timeline_reported="berichtet {date}",
        language_set="Ich spreche jetzt Deutsch. Die Zitate bleiben, wie sie sind.",
        language_usage="Bitte wählen: /lang de, /lang en, /lang fr oder /lang auto.",
        period_set="Ab jetzt suche ich nur im Zeitraum {period}. Mit /zeit alle gilt wieder alles.",
        period_all="Ich suche wieder in allen Artikeln.",
        period_usage="So geht es: /zeit 2019, /zeit 2019..2020, /zeit 2021-05.. oder /zeit alle.",
        privacy=(
            "Ich speichere keine Fragen, keine Namen und keine Kennungen. Damit Nachfragen gehen, "
            "merke ich mir die letzten Fragen eines Chats im Arbeitsspeicher, höchstens 30 "
            "Minuten; /forget löscht sie sofort. {feedback}"
        ),
        feedback_on=(
            "Auf diesem Bot ist Rückmeldung eingeschaltet: Bei 👍 oder 👎 werden Frage, Antwort "
            "und Wertung gespeichert, nicht, von wem sie kommen."
        ),
        feedback_off="👍 und 👎 werden hier nicht gespeichert.",
        forgotten="Vergessen: Fragen, Sprache und Zeitraum dieses Chats.",
        too_fast="Das geht mir zu schnell. Bitte in {seconds} Sekunden wieder fragen.",
        group_usage="Bitte eine Frage dazuschreiben, zum Beispiel: /ask {example}",
        not_admin="Das dürfen nur die Betreiber dieses Bots.",
        inline_nothing="Dazu steht nichts in den Artikeln.",
        commands={
            "start": "Was dieser Bot kann",
            "help": "Wie man fragt",
            "timeline": "Zeitleiste zu einem Thema",
            "zeit": "Nur in einem Zeitraum suchen, z. B. 2019..2020",
            "latest": "Die neuesten Artikel",
            "sources": "Woraus zitiert wird",
            "lang": "Sprache wählen: de, en, fr",
            "privacy": "Was gespeichert wird: nichts",
            "forget": "Diesen Chat vergessen",
        },
        examples=(
            "Wie viele Soldaten starben bei Indelimane?",
            "Warum verließ Mali die G5-Sahel?",
            "Wann hob die ECOWAS ihre Sanktionen auf?",
        ),
    ),
    "en": Phrases(
        nothing="I find nothing on this in the articles.",
        outside_period=(
            "I find nothing on this: {year} is outside the time that the articles report on."
        ),
        unknown_words="No article contains: {words}.",
        namesakes="Perhaps you mean: {names}?",
        not_reported="Not reported here does not mean it did not happen.",
        reach_dated="What I hold: {count} articles, {first} to {last}.",
        reach_partly="What I hold: {count} articles, {first} to {last}, {undated} of them undated.",
        reach_undated="What I hold: {count} articles without a date.",
        ask_about="You could ask about:",
        date_unknown="date unknown",
        outlet_unknown="source unknown",
        newest="Newest article quoted: {date}.",
        newest_unknown="The date of the articles quoted is unknown.",
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
        unsure="Not sure this answers the question; the closest I found:",
        as_of="As of {date}.",
        looks_back="The passage goes no further than {told}, the article is of {date}.",
        newer_cited="Newer is [{n}]: {date}.",
        newer_found="Newer, not quoted here: {title}, {date}.",
        none_newer="I found no newer article on this.",
        figure_by="The figure is given by {source}.",
        figure_unknown="Who gives the figure is not known.",
        differing="Other figures in the passages below: {figures}.",
        period="Searched only within: {period}.",
        outside_asked="I find nothing on this in the period asked for ({period}).",
        since="from {date}",
        until="until {date}",
        translated="translation",
        corrected="corrected on {date}",
        withdrawn="withdrawn on {date}, no longer cited",
        also_in="The same text also in: {sources}.",
        also_more="and {count} more",
        checked_against="Checked against:",
        context="Context",
        more="More passages",
        sources="Sources",
        original="Original",
        generation="index no. {generation}",
        stale="The articles have been updated since. Please ask your question again.",
        gone="I can no longer make sense of this button.",
        thanks="Thank you for telling me.",
        sources_title="What I quote from:",
        latest_title="The newest articles:",
        timeline_title="Timeline: {topic}",
        timeline_usage="Please add a topic, for example: /timeline sanctions",
        timeline_reported="reported {date}",
        language_set="I now speak English. Quotes stay as they are.",
        language_usage="Please choose: /lang de, /lang en, /lang fr or /lang auto.",
        period_set="From now on I search only within {period}. /zeit all searches everything.",
        period_all="I search all articles again.",
        period_usage="Like this: /zeit 2019, /zeit 2019..2020, /zeit 2021-05.. or /zeit all.",
        privacy=(
            "I store no questions, no names and no ids. So that you can ask follow-up questions, I "
            "keep the last questions of a chat in memory for at most 30 minutes; /forget deletes "
            "them at once. {feedback}"
        ),
        feedback_on=(
            "Feedback is switched on for this bot: with 👍 or 👎, the question, the answer and the "
            "vote are stored, not whose they are."
        ),
        feedback_off="👍 and 👎 are not stored here.",
        forgotten="Forgotten: this chat's questions, language and period.",
        too_fast="That is too fast for me. Please ask again in {seconds} seconds.",
        group_usage="Please add a question, for example: /ask {example}",
        not_admin="Only those who run this bot may do that.",
        inline_nothing="The articles say nothing on this.",
        commands={
            "start": "What this bot does",
            "help": "How to ask",
            "timeline": "Timeline of a topic",
            "zeit": "Search one period only, e.g. 2019..2020",
            "latest": "The newest articles",
            "sources": "What is quoted from",
            "lang": "Choose a language: de, en, fr",
            "privacy": "What is stored: nothing",
            "forget": "Forget this chat",
        },
        examples=(
            "How many soldiers died at Indelimane?",
            "Why did Mali leave the G5 Sahel?",
            "When did ECOWAS lift its sanctions?",
        ),
    ),
    "fr": Phrases(
        nothing="Je ne trouve rien à ce sujet dans les articles.",
        outside_period=(
            "Je ne trouve rien à ce sujet : {year} est hors de la période dont parlent "
            "les articles."
        ),
        unknown_words="Aucun article ne contient : {words}.",
        namesakes="Peut-être : {names} ?",
        not_reported="Ne pas en parler ici ne veut pas dire que cela n'a pas eu lieu.",
        reach_dated="Mon fonds : {count} articles, du {first} au {last}.",
        reach_partly=(
            "Mon fonds : {count} articles, du {first} au {last}, dont {undated} sans date."
        ),
        reach_undated="Mon fonds : {count} articles sans date.",
        ask_about="On peut par exemple demander :",
        date_unknown="date inconnue",
        outlet_unknown="source inconnue",
        newest="Article cité le plus récent : {date}.",
        newest_unknown="La date des articles cités est inconnue.",
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
        unsure="Pas sûr que cela réponde à la question ; le plus proche que j'aie trouvé :",
        as_of="Situation au {date}.",
        looks_back="Le passage s'arrête au {told}, l'article est du {date}.",
        newer_cited="Plus récent : [{n}], {date}.",
        newer_found="Plus récent, non cité ici : {title}, {date}.",
        none_newer="Je n'ai pas trouvé d'article plus récent à ce sujet.",
        figure_by="Ce chiffre est donné par {source}.",
        figure_unknown="On ne sait pas qui donne ce chiffre.",
        differing="Autres chiffres dans les passages ci-dessous : {figures}.",
        period="Recherche limitée à : {period}.",
        outside_asked="Je ne trouve rien à ce sujet pour la période demandée ({period}).",
        since="à partir du {date}",
        until="jusqu'au {date}",
        translated="traduction",
        corrected="corrigé le {date}",
        withdrawn="retiré le {date}, n'est plus cité",
        also_in="Le même texte aussi dans : {sources}.",
        also_more="et {count} de plus",
        checked_against="Vérifié auprès de :",
        context="Contexte",
        more="Autres passages",
        sources="Sources",
        original="Original",
        generation="fonds n° {generation}",
        stale="Le fonds a été renouvelé entre-temps. Merci de reposer la question.",
        gone="Ce bouton ne me dit plus rien.",
        thanks="Merci pour votre retour.",
        sources_title="Ce que je cite :",
        latest_title="Les articles les plus récents :",
        timeline_title="Chronologie : {topic}",
        timeline_usage="Merci d'ajouter un sujet, par exemple : /timeline sanctions",
        timeline_reported="rapporté le {date}",
        language_set="Je parle maintenant français. Les citations restent telles quelles.",
        language_usage="Merci de choisir : /lang de, /lang en, /lang fr ou /lang auto.",
        period_set="Je ne cherche plus que dans la période {period}. /zeit tout : à nouveau tout.",
        period_all="Je cherche à nouveau dans tous les articles.",
        period_usage="Ainsi : /zeit 2019, /zeit 2019..2020, /zeit 2021-05.. ou /zeit tout.",
        privacy=(
            "Je ne conserve ni questions, ni noms, ni identifiants. Pour les questions qui "
            "s'enchaînent, je garde en mémoire les dernières questions d'une conversation, 30 "
            "minutes au plus ; /forget les efface aussitôt. {feedback}"
        ),
        feedback_on=(
            "Les retours sont activés sur ce bot : avec 👍 ou 👎, la question, la réponse et la "
            "note sont conservées, pas leur auteur."
        ),
        feedback_off="👍 et 👎 ne sont pas conservés ici.",
        forgotten="Oublié : les questions, la langue et la période de cette conversation.",
        too_fast="C'est trop rapide pour moi. Merci de redemander dans {seconds} secondes.",
        group_usage="Merci d'ajouter une question, par exemple : /ask {example}",
        not_admin="Seuls les responsables de ce bot peuvent faire cela.",
        inline_nothing="Les articles ne disent rien à ce sujet.",
        commands={
            "start": "Ce que fait ce bot",
            "help": "Comment demander",
            "timeline": "Chronologie d'un sujet",
            "zeit": "Chercher dans une seule période, p. ex. 2019..2020",
            "latest": "Les articles les plus récents",
            "sources": "Ce qui est cité",
            "lang": "Choisir la langue : de, en, fr",
            "privacy": "Ce qui est conservé : rien",
            "forget": "Oublier cette conversation",
        },
        examples=(
            "Combien de soldats sont morts à Indelimane ?",
            "Pourquoi le Mali a-t-il quitté le G5 Sahel ?",
            "Quand la CEDEAO a-t-elle levé ses sanctions ?",
        ),
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


def period(days: Days, language: Language) -> str:
    """A period as one writes it; open at either end where it has no bound.

    >>> period(Days.of_year(2019), "de"), period(Days(dt.date(2021, 5, 1), dt.date.max), "en")
    ('2019', 'from 1 May 2021')
    """
    phrases = PHRASES[language]
    if days.first == dt.date.min and days.last == dt.date.max:
        return "…"
    if days.first == dt.date.min:
        return phrases.until.format(date=written(days.last, language))
    if days.last == dt.date.max:
        return phrases.since.format(date=written(days.first, language))
    whole_years = (days.first.month, days.first.day, days.last.month, days.last.day)
    if whole_years == (1, 1, 12, 31):
        first, last = days.first.year, days.last.year
        return str(first) if first == last else f"{first}–{last}"
    if days.first == days.last:
        return written(days.first, language)
    return f"{written(days.first, language)} – {written(days.last, language)}"
