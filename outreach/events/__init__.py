"""Meetings, who comes to them, and who waits for a place."""
