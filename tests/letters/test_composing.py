"""Both parts of a mail: equal in what they say, safe with any value, fit for any program."""

import re
import time
from collections import Counter
from html.parser import HTMLParser

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from outreach.letters import composing, frame, placeholders
from outreach.letters.composing import Foot, Kind, Letterhead, Quoted
from outreach.letters.placeholders import MissingValue

LOOK = Letterhead(
    sender_name="Stichting De Open Deur",
    subtitle="Voor wie niemand ziet",
    postal_address="Voorbeeldkade 14\n3512 ZZ Utrecht",
    email="post@opendeur.example",
    phone="030 000 00 00",
)
ANSWER = "https://opendeur.example/antwoord/eyJjIjoxfQ.abc"
FOOT = Foot(
    why="U krijgt deze mail omdat griffie@zeist.example post aan de raad ontvangt.",
    answer_links=(
        ("Wij stuurden de brief door naar de raad", f"{ANSWER}?k=doorgestuurd"),
        ("Wij zetten de brief niet op de lijst", f"{ANSWER}?k=geweigerd"),
        ("Wij willen graag een gesprek", f"{ANSWER}?k=gesprek"),
    ),
    answer_words=("doorgestuurd", "nee", "gesprek"),
    answer_url=ANSWER,
    no_more_mail_url="https://opendeur.example/afmelden/xyz",
    other_address_url=f"{ANSWER}#adres",
    forward_text="Geachte raadsleden,\n\nLees de brief op https://opendeur.example/brief.",
    card=(("Titel", "Een plek voor iedereen"), ("Voorstel", "ter kennisname")),
)
MAIL = """{{aanhef}}

Bij deze mail zit onze brief aan de raad van **{{gemeente}}**. Meer staat op
[onze site](https://opendeur.example/?g={{gemeente}}&b=1). Vragen? Mail post@opendeur.example.

1. Lees de brief.
2. Bespreek hem:
   - in de commissie,
   - of in de raad.
3. Laat het ons weten.

> Een deur die openstaat,
> vraagt niets.

## Wat het kost

Niets, zie https://opendeur.example/kosten.

Met vriendelijke groet,

Joke Zandstra
voorzitter
"""
VALUES = {"aanhef": "Geachte griffier,", "gemeente": "Súdwest-Fryslân"}
QUOTED = Quoted("23 maart 2026", ("Geachte griffier,", "Lees https://opendeur.example/brief eens."))


class Reader(HTMLParser):
    """The words and links of an HTML part, as a person gets them."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.hidden = 0
        self.tags: list[tuple[str, ...]] = []

    def handle_starttag(self, tag, attrs):
        self.words.append("\n" if tag in ("p", "td", "li", "h1", "h2") else "")
        self.hidden += tag in ("title", "style")
        if tag == "a":
            self.links.append(dict(attrs)["href"])

        self.tags.append((tag, *sorted(name for name, _ in attrs)))

    def handle_endtag(self, tag):
        self.hidden -= tag in ("title", "style")

    def handle_data(self, data):
        if not self.hidden:
            self.words.append(data)


def read_html(html):
    reader = Reader()
    reader.feed(html)
    return words("".join(reader.words)), sorted(reader.links)


def read_text(text):
    links = re.findall(r"https?://\S+", text) + [
        f"mailto:{found}" for found in re.findall(r"(?<=[ \n])[\w.]+@opendeur\.example", text)
    ]
    return words(re.sub(r"^(> ?)*( *\d+\. )?", "", text, flags=re.MULTILINE)), sorted(links)


def words(text):
    """Every word, small: without addresses, which one part shows and the other follows."""
    return Counter(re.findall(r"\w+", re.sub(r"https?://\S+|\S+@\S+", " ", text).casefold()))


def tags(html):
    """Every element with the names of its attributes."""
    reader = Reader()
    reader.feed(html)
    return reader.tags


def make_content(mail=MAIL, *, subject="Brief aan de raad van {{gemeente}}", **options):
    options = {"look": LOOK, "foot": FOOT} | options
    values = options.pop("values", VALUES)
    kind = options.pop("kind", Kind.LETTER)
    return composing.prepare(subject, mail, kind=kind).fill(values, **options)


@pytest.mark.parametrize("quoted", [None, QUOTED])
@pytest.mark.parametrize("case_number", ["", "Z2026-01187"])
def test_both_parts_say_the_same(quoted, case_number):
    content = make_content(quoted=quoted, values=VALUES | {"zaaknummer": case_number})

    assert read_html(content.html) == read_text(content.text)


def test_both_parts_begin_with_the_same_salutation():
    content = make_content()

    assert "Geachte griffier,</p>" in content.html
    assert "\n\nGeachte griffier,\n\n" in content.text


def test_the_text_is_wrapped_and_its_lists_are_in_order():
    text = make_content().text

    assert [line for line in text.split("\n") if len(line) > 72 and "://" not in line] == []
    assert (
        "\n1. Lees de brief.\n2. Bespreek hem:\n   - in de commissie,\n   - of in de raad.\n3. "
        in text
    )


def test_a_link_in_the_text_part_ends_where_its_address_ends():
    text = make_content().text

    assert "https://opendeur.example/?g=S%C3%BAdwest-Frysl%C3%A2n&b=1\nVragen?" in text
    assert "zie https://opendeur.example/kosten\n" in text


def test_short_lines_stay_lines_and_wrapped_lines_flow():
    content = make_content()

    assert "Joke Zandstra<br>\nvoorzitter" in content.html
    assert "\nJoke Zandstra\nvoorzitter\n" in content.text
    assert "Meer staat op <a" in content.html


def test_every_button_has_equal_weight_and_doorgestuurd_bears_its_word():
    html = make_content().html

    buttons = re.findall(r'(<td[^>]*#4a7ab8[^>]*>)<a href="[^"]*\?k=[^"]*"( style="[^"]*")', html)
    assert len(buttons) == 3
    assert len(set(buttons)) == 1
    assert "Wij stuurden de brief door naar de raad (doorgestuurd)</a>" in html
    assert "met één woord: <strong>doorgestuurd</strong>, <strong>nee</strong> of" in html


def test_the_text_to_forward_is_a_text_within_ours():
    html = make_content().html

    assert 'line-height:28px">Geachte griffier,</p>' in html
    assert '<p style="margin:0 0 16px">Geachte raadsleden,</p>' in html


def test_without_a_foot_nothing_asks_for_an_answer():
    content = make_content(foot=None, kind=Kind.NOTICE)

    for part in (content.html, content.text):
        assert "griffie" not in part.casefold().replace("geachte griffier", "")
        assert "geen post meer" not in part
        assert "Voorbeeldkade 14, 3512 ZZ Utrecht" in part
    assert "<h1" not in content.html


def test_who_answers_for_nobody_gets_no_buttons_but_can_stop_the_post():
    foot = Foot(FOOT.why, (), "", FOOT.no_more_mail_url, "")

    content = make_content(foot=foot)

    assert read_html(content.html) == read_text(content.text)
    for part in (content.html, content.text):
        assert "Voor de griffie" not in part
        assert "ander adres" not in part
        assert "Stuur ons geen post meer" in part
    assert 'href=""' not in content.html


def test_the_original_below_a_reminder_has_no_answer_link():
    first = composing.prepare("Brief", MAIL)
    reminder = composing.prepare("Herinnering", "{{aanhef}}\n\nNogmaals.\n\nGroet,\nJoke")

    content = reminder.fill(
        VALUES, look=LOOK, foot=FOOT, quoted=Quoted("23 maart 2026", first.plain(VALUES))
    )

    assert "Op 23 maart 2026 schreven wij:" in content.text
    quoted = "\n".join(line for line in content.text.split("\n") if line.startswith(">"))
    assert "> Bij deze mail zit onze brief" in quoted
    assert "> 1. Lees de brief.\n> 2. Bespreek hem:" in quoted
    assert "antwoord" not in quoted
    html = content.html[content.html.index("schreven wij") : content.html.index("U krijgt")]
    assert "antwoord" not in html
    assert "onze site: <a href=" in html


def test_a_known_zaaknummer_is_quoted_once():
    values = VALUES | {"zaaknummer": "Z2026-01187"}

    unasked = make_content(values=values)
    asked = make_content("{{aanhef}}\n\nUw zaaknummer is {{zaaknummer}}.", values=values)

    assert "Uw zaaknummer: Z2026-01187" in unasked.text
    assert "Uw zaaknummer: Z2026-01187" in unasked.html
    assert asked.text.count("Z2026-01187") == 1


def test_a_value_is_shown_as_it_is_and_never_read():
    values = VALUES | {"gemeente": '<b onclick="x">\r\nBcc: a@b.example\n**{{aanhef}}** & </td>'}

    content = make_content(values=values, subject="Brief aan {{gemeente}}")

    shown = '<b onclick="x"> Bcc: a@b.example **{{aanhef}}** & </td>'
    assert content.subject == f"Brief aan {shown}"
    assert f"raad van {shown}." in content.text.replace("\n", " ")
    assert "&lt;b onclick=&quot;x&quot;&gt; Bcc: a@b.example **{{aanhef}}** &amp; &lt;/td&gt;" in (
        content.html.replace("\n", " ")
    )
    assert "<b onclick" not in content.html


def test_signs_that_turn_text_around_are_left_out_of_subject_and_values():
    turned = "Oproep \u202efdp.exe\u202c \u2066voor\u2069 Zeist"

    content = make_content(
        values=VALUES | {"gemeente": turned}, subject=f"{turned}: {{{{gemeente}}}}"
    )

    assert content.subject == "Oproep fdp.exe voor Zeist: Oproep fdp.exe voor Zeist"
    assert "raad van Oproep fdp.exe voor Zeist." in content.text.replace("\n", " ")
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", content.html + content.text)


def test_a_value_within_an_address_is_quoted_as_its_part():
    content = make_content(
        "{{aanhef}} [x](https://a.example/{{gemeente}}) [y]({{gemeente}})",
        values=VALUES | {"gemeente": 'a/../"><script>?x=1&y'},
    )

    assert 'href="https://a.example/a%2F..%2F%22%3E%3Cscript%3E%3Fx%3D1%26y"' in content.html
    assert "https://a.example/a%2F..%2F%22%3E%3Cscript%3E%3Fx%3D1%26y" in content.text
    assert "<script" not in content.html


def test_a_value_cannot_choose_the_scheme_of_a_link():
    content = make_content("[klik]({{gemeente}})", values={"gemeente": "javascript:alert(1)"})

    assert 'href="javascript:' not in content.html


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[klik](javascript:alert(1))",
        "![beeld](https://spoor.example/pixel.gif)",
        '<a href="https://x.example" onclick="x">x</a>',
        "[x]: javascript:alert(1)\n\n[x]",
        "<style>body{display:none}</style>",
    ],
)
def test_a_text_brings_no_markup_of_its_own(hostile):
    html = make_content(f"{{{{aanhef}}}}\n\n{hostile}").html

    assert not re.search(r"<(script|img|style|iframe)|<[^>]*\son\w+=", html, re.IGNORECASE)
    assert 'href="javascript:' not in html


def test_the_html_is_dutch_follows_dark_mode_and_sets_no_colours():
    html = make_content(quoted=QUOTED).html

    assert '<html lang="nl"' in html
    assert '<meta name="color-scheme" content="light dark">' in html
    assert "background" not in html
    assert set(re.findall(r"[;\"]color:([^;\"]+)", html)) == {"inherit"}
    assert " class=" not in html


def test_no_line_of_html_is_longer_than_smtp_takes():
    long = " ".join(["raadsvergadering"] * 400)
    content = make_content(
        f"{{{{aanhef}}}}\n\n{long}\n\n{{{{naam}}}}", values=VALUES | {"naam": long}
    )

    assert max(len(line.encode()) for line in content.html.split("\n")) <= frame.LONGEST_LINE
    assert read_html(content.html) == read_text(content.text)


def test_folding_changes_nothing_that_is_shown():
    html = f"<p style=\"font-family:'Segoe UI',Arial\">{'woord <b>vet</b> ' * 200}</p>"

    folded = frame.fold(html)

    assert folded.replace("\n", " ") == html
    assert "'Segoe UI'" in folded


def test_a_missing_value_is_refused():
    with pytest.raises(MissingValue, match="kenmerk"):
        make_content("{{aanhef}} {{kenmerk}}")


ALLOWED = set(
    re.findall(
        r"\S+",
        "html head body meta title main table tbody tr td th h1 h2 h3 p ul ol li strong em a br"
        " blockquote hr span lang dir xmlns xmlns:o style charset name content href start role"
        " cellpadding cellspacing border width height align valign scope",
    )
)
HOSTILE = st.text(
    alphabet=st.sampled_from("{}<>&\"'*_[]()#\\|%`~!-\n\t .:/axq0tu1é\u2028\x00"), max_size=60
)


@settings(max_examples=150, deadline=None)
@given(text=HOSTILE, value=HOSTILE)
def test_no_text_and_no_value_breaks_out(text, value):
    assume(not placeholders.names(text))
    mail = f"{text} {{{{naam|“hier”}}}} [x](https://a.example/{{{{naam|“b”}}}})"
    values = dict.fromkeys(placeholders.KNOWN, "woord")

    content = make_content(mail, values=values | {"naam": value})

    assert "\n" not in content.subject
    assert {name for tag in tags(content.html) for name in tag} <= ALLOWED
    assert tags(content.html) == tags(make_content(mail, values=values).html)


def test_filling_a_step_for_every_gemeente_is_cheap(capsys):
    template = composing.prepare("Brief aan {{gemeente}}", MAIL)
    began = time.perf_counter()

    for number in range(342):
        template.fill(VALUES | {"gemeente": f"Gemeente {number}"}, look=LOOK, foot=FOOT)

    with capsys.disabled():
        each = (time.perf_counter() - began) / 342 * 1000
        print(f"\nfilling a mail: {each:.2f} ms each, of 342")
