"""The outbox: what must be sent, what was sent, what is in doubt."""
