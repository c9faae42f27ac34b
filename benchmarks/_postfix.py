"""A Postfix of its own: with a queue on disk, on a port of this machine, that throws mail away.

It runs beside one that may be installed, with its own configuration, queue and data. Debian's
package brings the programs; starting them needs root, as Postfix drops its rights itself.
"""

import grp
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

POSTFIX = shutil.which("postfix", path="/usr/sbin:/usr/bin")
MAIN = """compatibility_level = 3.6
myhostname = relay.example
inet_interfaces = loopback-only
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
mydestination =
alias_maps =
local_recipient_maps =
default_transport = discard
relay_transport = discard
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
"""
MASTER = """127.0.0.1:{port} inet n - n - - smtpd
postlog unix-dgram n - n - 1 postlogd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
anvil unix - - n - 1 anvil
discard unix - - n - - discard
error unix - - n - - error
"""


def missing() -> str:
    """Why it cannot run here; "" when it can."""
    if POSTFIX is None:
        return "not run: no Postfix"
    return "" if os.geteuid() == 0 else "not run: starting Postfix needs root"


@contextmanager
def postfix() -> Iterator[int]:
    """Its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="postfix-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "conf").mkdir()
        (folder / "conf" / "main.cf").write_text(MAIN.format(folder=folder))
        (folder / "conf" / "master.cf").write_text(MASTER.format(port=port))
        (folder / "queue").mkdir()
        (folder / "data").mkdir()
        owner, group = pwd.getpwnam("postfix"), grp.getgrnam("postfix")
        os.chown(folder / "data", owner.pw_uid, group.gr_gid)
        _tell(folder, "start")
        try:
            _wait_for(port)
            yield port
        finally:
            _tell(folder, "abort")


def _tell(folder: Path, what: str) -> None:
    assert POSTFIX is not None
    words = [POSTFIX, "-c", str(folder / "conf"), what]
    subprocess.run(words, check=True, capture_output=True, timeout=60)


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except ConnectionRefusedError:
            time.sleep(0.05)
