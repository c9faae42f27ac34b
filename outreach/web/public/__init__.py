"""Pages for everyone: no account, no cookie, nothing that a GET does."""
