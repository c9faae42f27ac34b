"""A text as a QR code, for a page or a file."""

import io

import segno


def svg(text: str, *, size: int = 4) -> str:
    """The code as SVG to stand in a page: no style, no script; dark on light in any theme.

    :param size: pixels of one dot
    """
    code = segno.make(text, error="m", micro=False)
    out = io.BytesIO()
    code.save(
        out, kind="svg", scale=size, border=4, dark="#000", light="#fff", xmldecl=False,
        svgns=True, omitsize=False, svgclass=None, lineclass=None, nl=False,
    )  # fmt: skip
    return out.getvalue().decode().replace("<svg ", '<svg aria-hidden="true" ', 1)
