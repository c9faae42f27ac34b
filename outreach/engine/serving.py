"""Serve the pages until someone stops the process."""

import signal
import threading
from collections.abc import Callable
from types import FrameType

from flask import Flask
from waitress import create_server

from config import Settings


def serve(
    app: Flask, settings: Settings, *, host: str, port: int, say: Callable[[str], None]
) -> None:
    """Answer requests on `host:port` until SIGTERM or Ctrl-C; then end in good order."""
    server = create_server(app, host=host, port=port, threads=settings.threads, ident=None)
    _end_on_signals()
    say(f"Outreach: {settings.base_url}")
    server.run()  # ends at SystemExit


def _end_on_signals() -> None:
    def end(_signal: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
