"""Outreach: a ledger of who was asked, who answered and who comes."""
