"""The parts point one way, and the code says nothing about the machine it was written on."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PLAIN = re.compile(r"[\w./-]*")
#: Home folders and scratch folders of whoever writes; a test's own tmp_path is not in the code.
MACHINE = re.compile(rb"(?<![\w./])/(?:home|root|work|Users|tmp|venv)/\w")


def test_packages_point_one_way():
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]

    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stdout


def test_every_file_has_a_plain_name():
    """One with signs of an address in it was left by a program that ran beside the code."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert [name for name in listed.stdout.split("\0") if not PLAIN.fullmatch(name)] == []


def test_nothing_names_a_folder_of_the_machine_it_was_written_on():
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    files = [ROOT / name for name in listed.stdout.split("\0") if name]

    found = [
        f"{path.relative_to(ROOT)}: {match[0].decode()}"
        for path in files
        if path.is_file() and (match := MACHINE.search(path.read_bytes()))
    ]

    assert found == []
