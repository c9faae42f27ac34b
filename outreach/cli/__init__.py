"""The commands of `outreach`: thin shells that call the domain once and commit once."""

from outreach.cli import (
    answers,
    backups,
    calls,
    campaigns,
    contacts,
    database,
    deliver,
    doctor,
    documents,
    door,
    gdpr,
    handover,
    inbox,
    mail,
    recesses,
    regions,
    register,
    search,
    selections,
    senders,
    serve,
    users,
)
from outreach.cli.shell import main

for group in (
    answers.answers,
    backups.backup,
    backups.restore,
    backups.restore_drill,
    calls.calls,
    campaigns.campaigns,
    contacts.contacts,
    database.database,
    deliver.deliver,
    doctor.doctor,
    documents.documents,
    door.events,
    gdpr.gdpr,
    gdpr.retention_,
    handover.handover,
    inbox.inbox,
    mail.mail,
    recesses.recesses,
    regions.regions,
    register.register,
    search.search,
    selections.selections_,
    senders.senders,
    serve.demo,
    serve.serve,
    users.users,
):
    main.add_command(group)

__all__ = ["main"]
