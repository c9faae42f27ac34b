"""Starts senders quickly: a process that has imported everything, and forks.

Each sender is a process of its own, with its own memory, files and locks, that can be killed
and stopped; only the second that its imports take is spent once. Nobody forks from the
test's own process, which has threads and open connections.
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from outreach.cli import shell as command
from tests.faults import unguarded, worker

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 60.0  #: seconds before a test that waits for a process fails


@dataclass
class Sender:
    """A sending process, as the test sees it."""

    pid: int
    output: Path
    code: int | None = None  #: how it ended; -9 when it was killed
    _ended: threading.Event = field(default_factory=threading.Event)

    @property
    def runs(self) -> bool:
        return not self._ended.is_set()

    @property
    def said(self) -> str:
        return self.output.read_text()

    def kill(self, sign: signal.Signals = signal.SIGKILL) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, sign)

    def wait(self) -> int:
        assert self._ended.wait(PATIENCE), f"it did not end; it said: {self.said}"
        assert self.code is not None
        return self.code

    def ended(self, code: int) -> None:
        self.code = code
        self._ended.set()


class Zygote:
    """The test's side of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._senders: dict[int, Sender] = {}
        self._born: Sender | None = None
        self._birth = threading.Condition()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.zygote"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def start(self, *arguments: str) -> Sender:
        """A sender with these arguments; see tests/faults/worker.py."""
        return self._start("worker", {}, *arguments)

    def command(self, environment: dict[str, str], *words: str) -> Sender:
        """`outreach …` as a process, with these variables in its environment.

        `KILL_AT` among them is a place (see tests/faults/worker.py) at which it is killed,
        `KILL_CALL` at which of its calls, `WITHOUT` a guard of reading to leave out.
        """
        return self._start("outreach", environment, *words)

    def _start(self, what: str, environment: dict[str, str], *arguments: str) -> Sender:
        output = self._folder / f"{time.monotonic_ns()}.txt"
        assert self._process.stdin is not None
        with self._birth:
            self._born = None
            order = [str(output), what, environment, *arguments]
            print(json.dumps(order), file=self._process.stdin, flush=True)
            assert self._birth.wait_for(lambda: self._born, PATIENCE)
            assert self._born is not None
            self._born.output = output
            return self._born

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._reader.join()
        self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            pid, code = json.loads(line)
            with self._birth:
                if code is None:
                    self._born = self._senders[pid] = Sender(pid, Path())
                    self._birth.notify_all()
                else:
                    self._senders.pop(pid).ended(code)


def main() -> None:
    """Fork a sender for each line of arguments; say who was born and how each ended."""
    signal.signal(signal.SIGCHLD, lambda *_: None)
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(woken, False)
    signal.set_wakeup_fd(wake)
    children: set[int] = set()
    while True:
        ready, _, _ = select.select([sys.stdin, woken], [], [])
        if woken in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(woken, 4096)
            _bury(children)
        if sys.stdin in ready:
            line = sys.stdin.readline()
            if not line:
                break
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                _be_a_sender(json.loads(line))
            children.add(pid)
            print(json.dumps([pid, None]), flush=True)
    for pid in children:
        os.kill(pid, signal.SIGKILL)


def _bury(children: set[int]) -> None:
    while children:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        children.remove(pid)
        print(json.dumps([pid, os.waitstatus_to_exitcode(status)]), flush=True)


def _be_a_sender(given: list[Any]) -> None:
    output, what, environment, *arguments = given
    file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(0)
    code = 1
    try:
        os.environ.update(environment)
        if place := environment.get("KILL_AT"):
            worker.trip(place, 1, signal.SIGKILL)
        if calls := environment.get("KILL_CALL"):
            worker.trip_at_call(int(calls))
        unguarded.read_without(environment.get("WITHOUT", ""))
        if what == "outreach":
            command.main(arguments, standalone_mode=False)
        else:
            worker.main(arguments)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
