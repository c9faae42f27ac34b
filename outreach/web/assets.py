"""Stylesheets, scripts and pictures: served by WhiteNoise, named by what is in them.

Bootstrap comes from the wheel of Bootstrap-Flask and htmx from that of js-lib-htmx;
nothing of theirs is copied into this repository. A name holds a hash of the content,
so a browser may keep a file for ever, and a page of before an upgrade still finds its own.
"""

import gzip
import hashlib
import os
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from wsgiref.headers import Headers

from flask import Flask
from whitenoise import WhiteNoise

from config import Settings

OWN = Path(__file__).with_name("static")
BOOTSTRAP = Path(str(files("flask_bootstrap"))) / "static" / "bootstrap5" / "css"
HTMX = Path(str(files("js_lib_htmx"))) / "static" / "htmx"
FOREIGN = (BOOTSTRAP / "bootstrap.min.css", HTMX / "htmx.min.js")


@dataclass(frozen=True)
class Asset:
    """One file as it is served."""

    name: str  #: with the hash: "look.3f2a91c0.css"
    content: bytes
    packed: bytes  #: gzipped


def init_app(app: Flask, settings: Settings) -> None:
    """Serve the files under /static/ and teach templates their names."""
    folder = settings.instance / "static"
    folder.mkdir(parents=True, exist_ok=True)
    for asset in assets().values():
        _write_once(folder / asset.name, asset.content)
        _write_once(folder / f"{asset.name}.gz", asset.packed)
    app.jinja_env.globals["static"] = url
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=folder,
        prefix="/static/",
        max_age=None,
        allow_all_origins=False,
        immutable_file_test=lambda _path, _url: True,
        add_headers_function=_guard,
    )


@cache
def assets() -> dict[str, Asset]:
    """Every file that pages may ask for, by its plain name: "look.css"."""
    own = [path for path in OWN.iterdir() if path.is_file()]
    return {path.name.replace(".min.", "."): _asset(path) for path in (*FOREIGN, *own)}


def url(name: str) -> str:
    """The address of a file, for templates: `{{ static("look.css") }}`."""
    return f"/static/{assets()[name].name}"


def _asset(path: Path) -> Asset:
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:8]
    name = f"{path.stem.removesuffix('.min')}.{digest}{path.suffix}"
    return Asset(name, content, gzip.compress(content, mtime=0))


def _guard(headers: Headers, _path: str, _url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"


def _write_once(path: Path, content: bytes) -> None:
    if path.exists():
        return
    # Beside the folder: WhiteNoise of another process may be reading it.
    fresh = path.parent.with_name(f"{path.name}.{os.getpid()}.part")
    fresh.write_bytes(content)
    fresh.replace(path)
