"""Recognise an error answer that says the plan is used up, in the words of any service. Pure.

A refused request under a rate limit goes through a moment later; one over the plan's limit goes through tomorrow, or never. Both come
as 429 or 403, and only the body tells them apart.

| body | meaning | source |
|---|---|---|
| `{"message": "Daily quota limit exceeded"}` (Geoapify, 429) | used up | [client] four public clients of Geoapify |
| `{"message": "Too many requests"}` (Geoapify, 429) | rate limit | [client] the same |
| "a message that the account has exceeded the quota" (HERE, 429 or 503) | used up | [doc] HERE, Limits and Quotas |
| "Service usage limit was reached" (HERE, 402) | used up | [doc] HERE, Cost Management |
| `"Rate limit for this service has been reached"` (HERE, 429) | rate limit | [client] katydecorah/staticmapmaker#185 |
| "… to discuss upgrading your account" (HERE, 403) | used up | [client] an answer on Stack Overflow about the end of 250,000 free transactions |
"""

from __future__ import annotations

import re

QUOTA = "QUOTA"
"""The code of a refusal that is about the plan, not about the credentials or the moment."""

_READ = 1 << 14
"""Bytes of the body that are searched: an error object is far shorter, and a page of HTML says it at its beginning or not at all."""

_NOT_LETTERS = re.compile(r"[^a-z0-9/]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")

_SPENT = re.compile(
    r"exceed|reached|exhaust|deplet|used up|use up|consumed|ran out|run out|out of|insufficient|not enough"
    r"|no more|no remaining|none left|\b0 left|\blimit|\bover\b|expired"
)
_LONG_PERIOD = re.compile(
    r"\bdaily\b|\bper day\b|\ba day\b|\b24 ?h|\bmonth|\bweekly\b|\bper week\b|\byear|/ ?day\b|\bcalendar\b|\btoday\b|\btomorrow\b"
)
_PLAN = re.compile(
    r"\bquota|\bover ?quota|\bcredits?\b|\bplan\b|\bsubscription|\bpackage\b|\busage limit|\ballowance|\bbalance\b|\bfunds?\b"
    r"|\bfree tier|\bfreemium|\btransactions?\b|\bbilling\b"
)
_SHORT_PERIOD = re.compile(
    r"\brate limit|\bratelimit|\bthrottl|\bper second\b|\bper minute\b|\bper hour\b|\bper sec\b|\bper min\b|/ ?s\b|/ ?sec|/ ?min"
    r"|\brps\b|\bqps\b|\brpm\b|\bconcurrent|\bin parallel\b|\bat the same time\b|\btoo fast\b|\bslow down\b|\bburst"
)
_QUOTA_WORD = re.compile(r"quota")


def says_used_up(body: bytes) -> bool:
    """Return True if the text of an error answer says that a plan, a quota or a daily limit is used up."""
    text = _CAMEL.sub(" ", body[:_READ].decode("utf-8", "replace"))
    words = _NOT_LETTERS.sub(" ", text.lower())
    spent = bool(_SPENT.search(words))
    if spent and _LONG_PERIOD.search(words):
        return True
    if _SHORT_PERIOD.search(words):
        return False
    return bool(_QUOTA_WORD.search(words) or (spent and _PLAN.search(words)))


def classify(status: int, body: bytes) -> str:
    """Return QUOTA for a 402, or for a 403, 429 or 503 whose body says so; "" leaves it to the table of statuses."""
    if status == 402:
        return QUOTA
    return QUOTA if status in (403, 429, 503) and says_used_up(body) else ""


_UPGRADE = re.compile(r"discuss upgrading (?:your|the)")


def classify_here(status: int, body: bytes) -> str:
    """As `classify`, and HERE's 403 at the end of a free plan, which only offers to upgrade the account."""
    found = classify(status, body)
    if not found and status == 403 and _UPGRADE.search(body[:_READ].decode("utf-8", "replace").lower()):
        return QUOTA
    return found
