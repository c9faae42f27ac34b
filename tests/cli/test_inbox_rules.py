"""`outreach inbox rules`, as people type it."""

import json
from pathlib import Path

from tests.cli.conftest import Run
from tests.mailbox import mails

RULE = ("--from", "@vereniging.example", "--outcome", "niet-van-een-gemeente")


def test_a_rule_is_tried_made_used_and_removed(run: Run, tmp_path: Path) -> None:
    for name in ("een.eml", "twee.eml"):
        raw = mails.mail("Ons nieuws.", from_="nieuws@vereniging.example", subject="Nieuws")
        (tmp_path / name).write_bytes(raw)
    run("inbox", "read", str(tmp_path / "een.eml"))

    tried = json.loads(run("inbox", "rules", "add", *RULE, "--try", "--json").stdout)
    assert tried == {
        "fit": 1,
        "changes": [
            {
                "id": 1,
                "subject": "Nieuws",
                "now": "nog niet herkend, wacht",
                "then": "niet van een gemeente",
            }
        ],
    }
    assert json.loads(run("inbox", "rules", "list", "--json").stdout) == []

    made = run("inbox", "rules", "add", *RULE)
    assert made.stdout == "1  mail van @vereniging.example → niet van een gemeente\n"
    assert run("inbox", "rules", "add", *RULE).exit_code == 1
    assert "door uw regel" in run("inbox", "read", str(tmp_path / "twee.eml")).stdout

    assert run("inbox", "rules", "remove", "1").exit_code == 0
    gone = run("inbox", "rules", "remove", "1")
    assert (gone.exit_code, gone.stderr) == (1, "Error: Deze regel is er niet meer.\n")
