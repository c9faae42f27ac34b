"""Mail that comes in: read without harm, and told apart. No tables, no mailbox, no Flask.

`parsing` makes text of octets, `telling` says what a mail is, with its reasons; what it asks
beyond the mail itself is handed to it. docs/incoming.md has every rule.
"""
