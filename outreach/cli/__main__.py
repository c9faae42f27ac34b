"""`python -m outreach.cli`, and the console script: a command in a process of its own."""

import gc

from outreach.cli import main


def run() -> None:
    """The modules are not looked through for garbage again and again: a quarter of an import."""
    gc.freeze()
    main(prog_name="outreach")


if __name__ == "__main__":
    run()
