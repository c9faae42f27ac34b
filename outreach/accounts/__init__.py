"""Coordinators, their roles, the organisations they write for, and the audit trail."""
