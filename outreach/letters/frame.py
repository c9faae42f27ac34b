"""What stands around a letter in the HTML part: one table of 600 pixels, for every program.

No colours of its own for text and background, so that dark mode works; buttons of equal
weight, so that none steers. The styles are inlined once per shape of frame.
"""

import re
from functools import lru_cache
from html import escape
from typing import NamedTuple

import css_inline

from outreach.letters import placeholders
from outreach.letters.placeholders import Placeholder

SANS = "'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
SERIF = "Georgia,'Times New Roman',serif"
#: Octets in one line of HTML; SMTP allows 998 (RFC 5321, 4.5.3.1.6).
LONGEST_LINE = 900

STYLES = f"""
html {{ color-scheme: light dark }}
body {{ margin: 0; padding: 0; color-scheme: light dark; -webkit-text-size-adjust: 100% }}
td, th {{ font-family: {SANS}; font-size: 16px; line-height: 24px; overflow-wrap: anywhere }}
h1, h2, h3 {{ font-family: {SERIF}; font-weight: normal; margin: 0 0 8px }}
h1 {{ font-size: 26px; line-height: 34px; margin: 0 0 16px }}
h2 {{ font-size: 20px; line-height: 28px }}
h3 {{ font-size: 18px; line-height: 26px }}
p {{ margin: 0 0 16px }}
ul, ol {{ margin: 0 0 16px; padding: 0 0 0 24px }}
li {{ margin: 0 0 8px }}
li p {{ margin: 0 0 8px }}
a {{ color: inherit; text-decoration: underline }}
blockquote {{ margin: 0 0 16px; border-left: 3px solid #8a8a8a; padding: 0 0 0 16px }}
.quote {{ margin: 0 }}
hr {{ border: 0; border-top: 1px solid #8a8a8a; margin: 0 0 16px }}
.around {{ padding: 24px 20px }}
.page {{ width: 100%; max-width: 600px; text-align: left }}
.head {{ font-family: {SERIF}; font-size: 19px; line-height: 28px; padding: 0 0 32px }}
.subtitle {{ font-family: {SANS}; font-size: 14px; line-height: 22px }}
.letter {{ padding: 0 0 16px }}
.salutation {{ font-family: {SERIF}; font-size: 20px; line-height: 28px }}
.closing {{ margin: 0 0 8px }}
.facts {{ padding: 0 0 32px }}
.section {{ border-top: 1px solid #8a8a8a; padding: 24px 0 }}
.foot {{ border-top: 1px solid #8a8a8a; padding: 24px 0 0; font-size: 14px; line-height: 22px }}
.wide {{ width: 100% }}
.boxes {{ width: 100%; border-collapse: separate }}
.box {{ border: 1px solid #4a7ab8; border-radius: 6px; padding: 0; mso-padding-alt: 12px 16px }}
.button {{ display: block; padding: 12px 16px; text-decoration: none; border-radius: 6px }}
.between {{ height: 8px; font-size: 8px; line-height: 8px }}
.after {{ height: 16px; font-size: 16px; line-height: 16px }}
.below {{ margin: 8px 0 0 }}
.card {{ width: 100%; border-collapse: collapse }}
.label {{ border-top: 1px solid #8a8a8a; padding: 8px 16px 8px 0; width: 120px;
  font-size: 14px; font-weight: normal; text-align: left }}
.value {{ border-top: 1px solid #8a8a8a; padding: 8px 0 }}
.last {{ margin: 0 }}
"""

GRIFFIE = "Voor de griffie"
WHAT_DID_YOU_DO = (
    "Wat deed u met de brief? Na uw keuze ziet u een pagina waar u met Verstuur bevestigt."
)
NONE_FITS = "Past er geen?"
ALL_ANSWERS = "Bekijk alle antwoorden"
FORWARD = "Tekst om door te sturen"
FORWARD_HINT = "U kunt dit zo overnemen. Er staat niets in dat naar u verwijst."
CARD = "Griffiekaart"
CARD_HINT = "Voor uw lijst ingekomen stukken, om te kopiëren."
OTHER_ADDRESS = "Gebruik voortaan een ander adres"
NO_MORE_MAIL = "Stuur ons geen post meer"
PRIVACY = "Wat wij van u bewaren"

_TABLE = '<table role="presentation" cellpadding="0" cellspacing="0" border="0" width="100%"'
#: A line may end before a piece that begins with a space: an attribute or a word, as a whole.
_PIECE = re.compile(r'<!--.*?-->|\s+[\w:-]+="[^"]*"|\s+[^\s<]*|[^\s<]+|<')
_QUOTE = '<blockquote class="quote">{}</blockquote>'
_MSO = "<!--[if mso]>{}<![endif]-->"


class Shape(NamedTuple):
    """What a frame has; what stands in it is filled per mail."""

    title: bool
    subtitle: bool
    case_number: bool
    buttons: int = 0
    forward: bool = False
    card_rows: int = 0
    quoted: bool = False
    foot: bool = False
    other_address: bool = False
    privacy: bool = False
    facts: int = 0
    sections: tuple[int, ...] = ()  #: how many buttons each has
    why: bool = False
    language: str = "nl"


@lru_cache(maxsize=128)
def pieces(shape: Shape) -> tuple[str | Placeholder, ...]:
    """The frame as pieces of HTML and the names of what stands between them."""
    inliner = css_inline.CSSInliner(load_remote_stylesheets=False)
    return tuple(placeholders.split(_tidy(inliner.inline(_document(shape)))))


def styled(html: str) -> str:
    """A letter's own HTML with the styles inlined."""
    inliner = css_inline.CSSInliner(load_remote_stylesheets=False)
    return _tidy(inliner.inline_fragment(html, STYLES))


def link(url: str, words: str) -> str:
    """A link as the frame's own look."""
    return (
        f'<a href="{escape(url)}" style="color:inherit;text-decoration:underline">'
        f"{escape(words)}</a>"
    )


def fold(html: str) -> str:
    """The same HTML in lines of at most `LONGEST_LINE` octets, as far as words allow.

    A line ends at a space of the text, or within a tag, where a space means nothing.
    """
    if _fits(html):
        return html
    return "\n".join([line if _fits(line) else _folded(line) for line in html.split("\n")])


def _fits(text: str) -> bool:
    # A character is four octets at most: a short text need not be encoded to know.
    length = len(text)
    if 4 * length <= LONGEST_LINE:
        return True
    return length <= LONGEST_LINE and (text.isascii() or len(text.encode()) <= LONGEST_LINE)


def _folded(line: str) -> str:
    lines = [""]
    for piece in _PIECE.findall(line):
        if piece[0].isspace() and len(f"{lines[-1]}{piece}".encode()) > LONGEST_LINE:
            lines.append(piece.lstrip())
        else:
            lines[-1] += piece
    return "\n".join(lines)


def _tidy(html: str) -> str:
    html = re.sub(r' class="[^"]*"', "", html)
    return re.sub(
        r' style="([^"]*)"',
        lambda m: ' style="{}"'.format(re.sub(r"\s*([:;,])\s*", r"\1", m[1]).strip(";")),
        html,
    )


def _document(shape: Shape) -> str:
    rows = [
        _row("head", _head(shape)),
        _row("letter", _letter(shape)),
        *_about_the_meeting(shape),
        *_for_the_griffie(shape),
        _row("foot", _foot(shape)),
    ]
    return f"""<!doctype html>
<html lang="{shape.language}" dir="ltr" xmlns="http://www.w3.org/1999/xhtml"
 xmlns:o="urn:schemas-microsoft-com:office:office">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="format-detection" content="telephone=no, date=no, address=no, email=no">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>{{{{subject}}}}</title>
<style>{STYLES}</style>
{
        _MSO.format(
            "<xml><o:OfficeDocumentSettings><o:PixelsPerInch>96</o:PixelsPerInch>"
            "</o:OfficeDocumentSettings></xml>"
        )
    }
</head>
<body>
<main>
{_TABLE} class="wide"><tr><td align="center" class="around">
{_MSO.format('<table role="presentation" width="600"><tr><td>')}
{_TABLE} class="page">
{"".join(rows)}</table>
{_MSO.format("</td></tr></table>")}
</td></tr></table>
</main>
</body>
</html>
"""


def _row(css: str, html: str) -> str:
    return f'<tr><td class="{css}">\n{html}\n</td></tr>\n'


def _head(shape: Shape) -> str:
    subtitle = '<br>\n<span class="subtitle">{{subtitle}}</span>' if shape.subtitle else ""
    return f"{{{{sender}}}}{subtitle}"


def _letter(shape: Shape) -> str:
    title = "<h1>{{subject}}</h1>\n" if shape.title else ""
    number = "<p>Uw zaaknummer: {{case_number}}</p>\n" if shape.case_number else ""
    return f"{title}{number}{{{{letter}}}}"


def _for_the_griffie(shape: Shape) -> list[str]:
    rows = []
    if shape.buttons:
        rows.append(_row("section", _answers(shape.buttons)))
    if shape.forward:
        hint = f"<h2>{FORWARD}</h2>\n<p>{FORWARD_HINT}</p>\n"
        rows.append(_row("section", f"{hint}{_QUOTE.format('{{forward}}')}"))
    if shape.card_rows:
        rows.append(_row("section", _card(shape.card_rows)))
    if shape.quoted:
        rows.append(_row("section", f"<p>{{{{quoted_head}}}}</p>\n{_QUOTE.format('{{quoted}}')}"))
    return rows


def _about_the_meeting(shape: Shape) -> list[str]:
    rows = [_row("facts", _table("fact", shape.facts))] if shape.facts else []
    for n, buttons in enumerate(shape.sections):
        parts = [f"<h2>{{{{section{n}}}}}</h2>", f"{{{{section{n}_text}}}}"]
        parts += [_button(f"section{n}_label{m}", f"section{n}_url{m}") for m in range(buttons)]
        rows.append(_row("section", "\n".join(parts)))
    return rows


def _answers(count: int) -> str:
    buttons = "\n".join(_button(f"label{n}", f"url{n}") for n in range(count))
    return (
        f"<h2>{GRIFFIE}</h2>\n<p>{WHAT_DID_YOU_DO}</p>\n{buttons}\n"
        f'<p class="below">{{{{one_word}}}}\n{NONE_FITS}'
        f' <a href="{{{{answer_url}}}}">{ALL_ANSWERS}</a></p>'
    )


def _button(label: str, url: str) -> str:
    return (
        f'{_TABLE} class="boxes"><tr><td align="left" class="box">'
        f'<a href="{{{{{url}}}}}" class="button">{{{{{label}}}}}</a></td></tr>'
        f'<tr><td height="8" class="between">&nbsp;</td></tr></table>'
    )


def _card(count: int) -> str:
    return f"<h2>{CARD}</h2>\n<p>{CARD_HINT}</p>\n{_table('card', count)}"


def _table(name: str, count: int) -> str:
    """Labels left, values right, a hairline above each row."""
    rows = "\n".join(
        f'<tr><th scope="row" align="left" valign="top" width="120" class="label">'
        f"{{{{{name}_label{n}}}}}</th>\n"
        f'<td valign="top" class="value">{{{{{name}_value{n}}}}}</td></tr>'
        for n in range(count)
    )
    table = '<table cellpadding="0" cellspacing="0" border="0" width="100%" class="card">'
    return f"{table}\n{rows}\n</table>"


def _foot(shape: Shape) -> str:
    if shape.why:
        return "<p>{{who}}</p>\n{{why}}"
    if not shape.foot:
        return '<p class="last">{{who}}</p>'
    other = f'<p><a href="{{{{other_address_url}}}}">{OTHER_ADDRESS}</a></p>\n'
    privacy = f'<p><a href="{{{{privacy_url}}}}">{PRIVACY}</a></p>\n'
    return (
        f"<p>{{{{who}}}}</p>\n<p>{{{{why}}}}</p>\n{privacy if shape.privacy else ''}"
        f"{other if shape.other_address else ''}"
        f'<p class="last"><a href="{{{{no_more_mail_url}}}}">{NO_MORE_MAIL}</a></p>'
    )
