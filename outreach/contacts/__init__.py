"""Gemeenten, offices, the people in them, their addresses, and who wants no mail."""
