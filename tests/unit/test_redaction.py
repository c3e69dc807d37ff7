"""Redaction: the secret goes, the sense stays."""

import json
import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from batchdrop.redaction import HIDDEN, nameless, redact

secrets = st.text(string.ascii_letters + string.digits + "-_.~+/", min_size=8, max_size=64).filter(
    lambda text: any(char.isalnum() for char in text)
)
NAMES = (
    "apiKey", "apikey", "api_key", "X-Api-Key", "app_id", "app_code", "token", "access_token", "accessToken",
    "secret", "client_secret", "deviceSecret", "password", "Authorization", "oauth_signature", "taskToken",
)  # fmt: skip
SHAPES = (
    "https://api.geoapify.com/v1/batch?id=5&{name}={secret}",
    "HTTPSConnectionPool(host='h', port=443): url: /v1/batch?{name}={secret} (Caused by X)",
    '"GET /v7/batch/jobs?tag=1&{name}={secret} HTTP/1.1" 200 None',
    '{{"{name}": "{secret}"}}',
    "{{'{name}': '{secret}'}}",
    "{name}={secret}",
    "{name}: {secret}",
    "url%3Fa%3D1%26{name}%3D{secret}",
    'said {{\\"{name}\\": \\"{secret}\\"}}',
)


@given(secrets, st.sampled_from(NAMES), st.sampled_from(SHAPES))
def test_the_value_of_a_secrets_name_is_gone_from_every_shape(secret: str, name: str, shape: str) -> None:
    assume(secret not in shape.format(name=name, secret="_"))
    text = redact(shape.format(name=name, secret=secret))
    assert secret not in text
    assert HIDDEN in text


@given(secrets)
def test_bearer_tokens_user_info_and_webhook_paths_are_hidden(secret: str) -> None:
    for shape in (
        "Authorization: Bearer {}",
        "{{'Authorization': 'Bearer {}'}}",
        "https://user:{}@api.example.org/v1",
        "POST https://abc.execute-api.eu-central-1.amazonaws.com/live/callback/{} HTTP/1.1",
        "/hooks/{}",
    ):
        secret_there = secret.replace("/", "_")
        assume(secret_there not in shape.format("_"))
        assert secret_there not in redact(shape.format(secret_there))


@given(st.text())
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    assert redact(redact(text)) == redact(text)


@given(
    st.lists(st.sampled_from([*SHAPES, "Bearer {secret}", "?", "=", '"', "…", " ", "x"]), max_size=5), secrets
)
def test_redacting_twice_changes_nothing_more_with_secrets_inside(shapes: list[str], secret: str) -> None:
    text = "".join(shape.format(name="apiKey", secret=secret) for shape in shapes)
    assert redact(redact(text)) == redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "geoapify: POST api.geoapify.com/v1/batch: HTTP 429: too many requests",
        "3 batches, 2,520 records? Yes.",
        "JOB-3fa85f64-5717-4562-b3fc-2c963f66afa6 completed",
        "the secretary of 10 Token Road",
        "",
    ],
)
def test_text_without_secrets_stays_as_it_is(text: str) -> None:
    assert redact(text) == text


def test_a_value_with_escaped_quotes_is_hidden_whole() -> None:
    text = json.dumps({"secret": 'a"b-canary', "other": "kept"})
    assert "canary" not in redact(text)
    assert "kept" in redact(text)


def test_host_path_and_neighbours_stay_readable() -> None:
    text = redact('fetch("https://batch.search.hereapi.com/v7/batch/jobs?apiKey=K123") failed')
    assert text == 'fetch("https://batch.search.hereapi.com/v7/batch/jobs?…") failed'


def test_a_job_is_told_by_its_hash_without_the_name_of_its_file() -> None:
    line = '{"job":"anna_mueller-0123456789abcdef","key":"jobs/anna_mueller-0123456789abcdef/job.json"}'
    assert (
        nameless(line)
        == f'{{"job":"{HIDDEN}-0123456789abcdef","key":"jobs/{HIDDEN}-0123456789abcdef/job.json"}}'
    )
    assert nameless(nameless(line)) == nameless(line)


@pytest.mark.parametrize(
    "text", ["a-0123456789abcde", "a-0123456789abcdef0", "0123456789abcdef", "JOB-1", ""]
)
def test_what_is_no_jobs_id_keeps_its_name(text: str) -> None:
    assert nameless(text) == text
