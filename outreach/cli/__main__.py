"""`python -m outreach.cli` is the console script `outreach`."""

from outreach.cli import main

main()
