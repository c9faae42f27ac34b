"""`python -m outreach.cli`: the same as the console script."""

from outreach.cli import main

main(prog_name="outreach")
