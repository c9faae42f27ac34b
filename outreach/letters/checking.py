"""The check before sending: what a careful reader would have seen.

Errors refuse; warnings are shown and may be meant; hints are advice. A finding says what is
wrong, where, and what to do. What is looked at stands in `letters.checks`, a topic a module;
what only the whole campaign knows, in `campaigns.inspecting`.
"""

from outreach.letters.checks import (
    attachments,
    building,
    dates,
    form,
    links,
    publicity,
    purpose,
    reading,
)
from outreach.letters.checks.drafts import Draft
from outreach.letters.checks.findings import Finding, Severity

__all__ = ["Draft", "Finding", "Severity", "check", "errors"]

_TOPICS = (attachments, building, form, links, dates, purpose, publicity, reading)


def check(draft: Draft) -> list[Finding]:
    """Every finding, errors first."""
    found = [finding for topic in _TOPICS for finding in topic.check(draft)]
    order = list(Severity)
    return sorted(dict.fromkeys(found), key=lambda finding: order.index(finding.severity))


def errors(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.severity is Severity.ERROR]
