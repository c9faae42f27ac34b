"""The commands of `outreach`: thin shells that call the domain once and commit once."""

from outreach.cli import database, senders, serve, users
from outreach.cli.shell import main

main.add_command(database.database)
main.add_command(senders.senders)
main.add_command(users.users)
main.add_command(serve.serve)

__all__ = ["main"]
