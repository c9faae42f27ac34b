"""Where letters go in a benchmark, and what ours is measured against."""

import getpass
import shutil
import smtplib
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks._ground import ROOT

SOURCE, SINK = (
    shutil.which(name, path="/usr/sbin:/usr/bin") for name in ("smtp-source", "smtp-sink")
)


@contextmanager
def sink() -> Iterator[int]:
    """Postfix's mail server that takes everything, or ours where there is no Postfix."""
    if SINK is None:
        with far_sink(0) as port:
            yield port
        return
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    user = ["-u", "nobody"] if getpass.getuser() == "root" else []
    process = subprocess.Popen([SINK, *user, f"127.0.0.1:{port}", "1000"])
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait()


@contextmanager
def far_sink(delay: float) -> Iterator[int]:
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks._sink", "--delay", str(delay)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.communicate()  # it ends with its standard input


def by_postfix(port: int, letter: bytes, count: int, connections: int) -> float:
    """Seconds that the yardstick takes."""
    assert SOURCE is not None
    with tempfile.NamedTemporaryFile(suffix=".eml") as file:
        file.write(letter.replace(b"\r\n", b"\n"))
        file.flush()
        words = ["-d", "-s", str(connections), "-m", str(count), "-F", file.name]
        began = time.perf_counter()
        subprocess.run([SOURCE, *words, f"127.0.0.1:{port}"], check=True)
        return time.perf_counter() - began


def by_smtplib(port: int, letter: bytes, count: int, connections: int) -> float:
    """Seconds that as many threads take, each with a connection that it keeps."""

    def send() -> None:
        with smtplib.SMTP("127.0.0.1", port) as host:
            for _ in range(count // connections):
                host.sendmail("post@ademruimte.example", ["griffie@zeist.example"], letter)

    threads = [threading.Thread(target=send) for _ in range(connections)]
    began = time.perf_counter()
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return time.perf_counter() - began


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except ConnectionRefusedError:
            time.sleep(0.02)
