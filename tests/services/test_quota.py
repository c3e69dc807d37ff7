"""Which words of an error answer mean that the plan is used up, and which only that the request came too early."""

from __future__ import annotations

import time

import pytest

from batchdrop.services.quota import classify, classify_here

USED_UP = [
    '{"message": "Daily quota limit exceeded"}',  # [client] Geoapify
    '{"statusCode":429,"error":"Too Many Requests","message":"Daily quota limit exceeded"}',
    '{"error": "daily_quota_limit_exceeded"}',
    '{"code": "QuotaExceeded"}',
    '{"reason":"quota_exceeded"}',
    "Quota exceeded",
    "You are over quota.",
    "The daily limit of 3000 requests has been reached",
    "limit of 3000 requests per day is reached",
    "You have reached your monthly limit",
    "Monthly requests rate limit exceeded",
    "Daily rate limit exceeded, try again tomorrow",
    "You have used up the credits of your plan",
    "Not enough credits",
    "insufficient balance",
    "out of credits",
    "Your account has exceeded the quota",  # [doc] HERE, Limits and Quotas
    '{"title":"Service usage limit was reached"}',  # [doc] HERE, Cost Management
    "250000 transactions limit exceeded",
    "Usage limit reached",
    "Your subscription has expired",
    "DAILY LIMIT EXCEEDED",
    "24h limit exceeded",
    "<html><body><h1>429</h1><p>Your daily credit limit is exhausted.</p></body></html>",
    "Free tier exhausted",
]
RATE_LIMITED = [
    "",
    '{"message": "Too many requests"}',  # [client] Geoapify
    '{"statusCode":429,"error":"Too Many Requests","message":"Rate limit exceeded"}',
    '{"error":"Too Many Requests","error_description":"Rate limit for this service has been reached"}',  # [client] HERE
    '{"title":"Too many concurrent jobs running","status":429,"code":"E6004291","cause":"limit reached","action":"wait"}',
    "Quota exceeded for quota metric 'requests' and limit 'requests per minute'",
    "You have exceeded 5 requests per second of your plan. Upgrade your plan for more.",
    "Rate limit exceeded (5 req/s)",
    "Throttled: request limit exceeded",
    "Slow down",
    "<html><head><title>429 Too Many Requests</title></head><body>nginx</body></html>",
    "The queue limit is reached",
    '{"statusCode":403,"error":"Forbidden","message":"Your plan does not include this API"}',
    '{"error":"Forbidden","error_description":"These credentials do not authorize access"}',
    "\x00\xff not text at all",
]
UPGRADE = (
    '{"error":"Forbidden","error_description":"These credentials do not authorise access. Please contact your customer'
    ' representative or email us to discuss upgrading your account."}'
)


@pytest.mark.parametrize("body", USED_UP)
@pytest.mark.parametrize("status", [403, 429, 503])
def test_words_of_a_plan_that_is_used_up_are_known(body: str, status: int) -> None:
    assert classify(status, body.encode()) == "QUOTA"
    assert classify_here(status, body.encode()) == "QUOTA"


@pytest.mark.parametrize("body", RATE_LIMITED)
@pytest.mark.parametrize("status", [403, 429, 503])
def test_words_of_a_rate_limit_are_not_taken_for_a_plan_that_is_used_up(body: str, status: int) -> None:
    assert classify(status, body.encode()) == ""
    assert classify_here(status, body.encode()) == ""


@pytest.mark.parametrize("status", [400, 401, 404, 413, 500, 502, 504])
def test_no_other_status_is_about_the_plan_whatever_it_says(status: int) -> None:
    assert classify(status, b"Daily quota limit exceeded") == ""


def test_402_is_about_the_plan_without_a_word() -> None:
    assert classify(402, b"") == "QUOTA"


def test_here_offers_an_upgrade_where_the_free_plan_is_used_up() -> None:
    assert classify_here(403, UPGRADE.encode()) == "QUOTA"
    assert classify_here(429, UPGRADE.encode()) == ""
    assert classify(403, UPGRADE.encode()) == ""


@pytest.mark.parametrize("piece", ["quota ", "limit", "a", "aB", " / ", "é", "\x00", "over quota limit per "])
def test_a_hostile_body_takes_no_time(piece: str) -> None:
    body = (piece * (1 << 20)).encode()[: 1 << 20]
    began = time.thread_time()  # not the wall's: other processes decide that one
    classify_here(403, body)
    assert time.thread_time() - began < 1.0
