"""How a process that sends is told to end."""

import signal
import threading

from outreach.delivery.workers import on_signal


class Interrupted(threading.Event):
    """An event during whose setting the next signal comes."""

    def set(self) -> None:
        with self._cond:
            end(signal.SIGTERM, None)
        super().set()


stopping = Interrupted()
end = on_signal(stopping)


def test_a_signal_while_another_is_handled_does_not_hang() -> None:
    handling = threading.Thread(target=end, args=(signal.SIGTERM, None), daemon=True)
    handling.start()
    handling.join(timeout=10)

    assert not handling.is_alive()
    assert stopping.is_set()
