"""Figures, and which of them differ."""

import pytest

from bot.figures import differing, figures


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Am 18. November 2019 fielen 24 Soldaten.", [("soldiers", 24)]),
        ("Es gab elf Vermisste und zwei Tote.", [("dead", 2)]),
        ("En 2019, 43 soldats ont été tués.", [("dead soldiers", 43)]),
        ("The army said 17 of the fighters died.", [("dead fighters", 17)]),
        ("Im Jahr 2019 war Ruhe.", []),
        ("24 gefallene und 29 verletzte Soldaten", [("dead", 24), ("soldiers wounded", 29)]),
        ("die Zahl der getöteten Soldaten stieg auf 43", [("dead soldiers", 43)]),
        ("die Zahl der getöteten Soldaten auf 43 stieg", [("dead soldiers", 43)]),
        ("2,000 soldiers and 1.500 Soldaten", [("soldiers", 2000), ("soldiers", 1500)]),
        ("2,5 Millionen Flüchtlinge", [("displaced", 2_500_000)]),
        ("1.5 million displaced, deux mille réfugiés", [("displaced", 1.5e6), ("displaced", 2000)]),
        (
            "il restait 4 300 soldats, 12\u202f500 réfugiés",
            [("soldiers", 4300), ("displaced", 12500)],
        ),
        ("97,5 Prozent, 0.125 percent", [("votes", 97.5), ("votes", 0.125)]),
        ("1.234.567 Flüchtlinge, 1,234.5 percent", [("displaced", 1234567), ("votes", 1234.5)]),
        ("En mai 2019, 300 soldats", [("soldiers", 300)]),
    ],
)
def test_what_is_counted(text: str, found: list[tuple[str, int]]) -> None:
    assert [(" ".join(sorted(one.things)), one.number) for one in figures(text)] == found


def test_only_the_same_thing_at_the_same_place_differs() -> None:
    quote = "In Tabankort starben 24 Soldaten."
    others = [
        "Später hieß es, in Tabankort seien 43 Soldaten gefallen.",
        "In Tabankort starben 24 Soldaten.",
        "In Lere starben 7 Soldaten.",
        "In Tabankort wurden 29 Menschen verletzt.",
    ]
    [(position, figure)] = differing(quote, others, "de")
    assert position == 0
    assert others[0][figure.start : figure.end] == "43 Soldaten gefallen"


def test_a_number_is_shown_from_its_first_digit() -> None:
    others = ["À Lere, 4 300 soldats sont restés.", "À Lere, 2 100 soldats sont restés."]
    [(_, figure)] = differing("À Lere, 2.100 soldats sont restés.", others, "fr")
    assert others[0][figure.start : figure.end] == "4 300 soldats"


def test_a_later_count_in_the_same_text_differs() -> None:
    text = "Erst hieß es ruhig. Dann stieg die Zahl in Tabankort auf 43 Soldaten."
    [(_, figure)] = differing("Bei Tabankort fielen 24 Soldaten.", [text], "de")
    assert text[figure.start : figure.end] == "43 Soldaten"


def test_figures_of_different_days_do_not_differ() -> None:
    quote = "Am 1. Mai 2019 starben in Lere 24 Soldaten."
    assert not differing(quote, ["Am 2. Mai 2019 starben in Lere 7 Soldaten."], "de")
    assert differing(quote, ["Am 1. Mai 2019 starben in Lere 7 Soldaten."], "de")
    later = "Am 4. Mai 2019 stieg die Zahl der in Lere gefallenen Soldaten auf 31."
    assert differing(quote, [later], "de")
