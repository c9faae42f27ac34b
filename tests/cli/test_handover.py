import json

from tests.cli.conftest import Run


def test_what_is_taken_over_is_also_told_at_the_command_line(run: Run):
    run("users", "add", "noor@voorbeeld.example", "--role", "reader")

    told = json.loads(run("handover", "--json").stdout)

    assert told["accounts"] == [
        {"name": "noor@voorbeeld.example", "email": "noor@voorbeeld.example", "role": "reader"}
    ]
    assert told["letters"] == told["promised"] == told["called"] == told["meetings"] == []
    assert "noor@voorbeeld.example: reader\n" in run("handover").stdout
