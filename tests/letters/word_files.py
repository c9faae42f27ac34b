"""Word files of our own making, as small as the format allows."""

import io
import zipfile
from collections.abc import Mapping
from xml.sax.saxutils import escape

_MAIN = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_TYPES = """<?xml version="1.0" encoding="UTF-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument\
.wordprocessingml.document.main+xml"/></Types>"""
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELS = f"""<?xml version="1.0" encoding="UTF-8"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="word/document.xml"/>
</Relationships>"""


def paragraph(text: str, *, bold: str = "", list_level: int | None = None) -> str:
    """One paragraph; the words of `bold` in it are bold, a level makes it an item of a list."""
    style = ""
    if list_level is not None:
        style = (
            f'<w:pPr><w:numPr><w:ilvl w:val="{list_level}"/><w:numId w:val="1"/></w:numPr></w:pPr>'
        )
    before, found, after = text.partition(bold) if bold else (text, "", "")
    runs = [_run(before), _run(found, "<w:rPr><w:b/></w:rPr>"), _run(after)]
    return f"<w:p>{style}{''.join(runs)}</w:p>"


def docx(*paragraphs: str, parts: Mapping[str, bytes] | None = None, prolog: str = "") -> bytes:
    """A .docx of these paragraphs; `parts` adds or replaces files in the package."""
    document = (
        f'<?xml version="1.0" encoding="UTF-8"?>{prolog}'
        f'<w:document xmlns:w="{_MAIN}"><w:body>{"".join(paragraphs)}</w:body></w:document>'
    )
    files = {
        "[Content_Types].xml": _TYPES.encode(),
        "_rels/.rels": _RELS.encode(),
        "word/document.xml": document.encode(),
    } | dict(parts or {})
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in files.items():
            package.writestr(name, content)
    return out.getvalue()


def _run(text: str, style: str = "") -> str:
    if not text:
        return ""
    return f'<w:r>{style}<w:t xml:space="preserve">{escape(text)}</w:t></w:r>'
