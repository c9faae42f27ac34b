"""Meetings as files for people's calendars: single, as a feed, as an invitation; no tables."""
