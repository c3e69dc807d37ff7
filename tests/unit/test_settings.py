from __future__ import annotations

import json

import pytest

from batchdrop.errors import ConfigurationError
from batchdrop.settings import VARIABLES, Settings

FULL = {
    "BATCHDROP_TABLE": "table",
    "BATCHDROP_INBOX_BUCKET": "inbox",
    "BATCHDROP_RESULTS_BUCKET": "results",
    "BATCHDROP_MACHINE_ARN": "arn:machine",
    "BATCHDROP_TOPIC_ARN": "arn:topic",
    "BATCHDROP_BUS_NAME": "bus",
    "BATCHDROP_SECRET_GEOAPIFY": "arn:secret:geoapify",
    "BATCHDROP_SECRET_HERE_BATCH_V7": "",
    "BATCHDROP_SECRET_HERE_GEOCODER_V6": "",
    "BATCHDROP_SECRET_HERE_TRACKING_V4": "",
    "BATCHDROP_EXTRA_SECRETS": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:acme/maps-AbC123",
    "BATCHDROP_SIMULATOR_ENDPOINTS": '{"geoapify": "http://127.0.0.1:8001/"}',
    "BATCHDROP_BASE_URLS": '{"here_geocoder_v6": "https://batch.geocoder.cit.api.here.com/6.2/"}',
    "BATCHDROP_JOBS_AT_ONCE": "50",
    "BATCHDROP_INPUT_DAYS": "30",
    "BATCHDROP_CALLBACK_URL": "https://a1b2c3.execute-api.eu-central-1.amazonaws.com/v1/callback",
    "BATCHDROP_CALLBACK_SECRET": "arn:secret:callback",
    "BATCHDROP_PRIVATE_NAMES": "true",
    "BATCHDROP_WEBHOOK_QUEUE": "https://sqs.eu-central-1.amazonaws.com/123456789012/webhook",
    "BATCHDROP_WEBHOOK_URL": "https://hooks.example.com:8443/batchdrop/~me",
    "BATCHDROP_WEBHOOK_SECRET": "arn:secret:webhook",
    "BATCHDROP_STACK": "stack",
}
NEEDED = {
    "table": "BATCHDROP_TABLE",
    "inbox_bucket": "BATCHDROP_INBOX_BUCKET",
    "results_bucket": "BATCHDROP_RESULTS_BUCKET",
    "machine_arn": "BATCHDROP_MACHINE_ARN",
    "topic_arn": "BATCHDROP_TOPIC_ARN",
    "bus_name": "BATCHDROP_BUS_NAME",
    "stack": "BATCHDROP_STACK",
    "slots": "BATCHDROP_JOBS_AT_ONCE",
    "callback_secret": "BATCHDROP_CALLBACK_SECRET",
    "private_names": "BATCHDROP_PRIVATE_NAMES",
    "webhook_url": "BATCHDROP_WEBHOOK_URL",
    "webhook_secret": "BATCHDROP_WEBHOOK_SECRET",
}
ENDPOINTS = "BATCHDROP_SIMULATOR_ENDPOINTS"


def test_every_variable_is_read_into_its_place() -> None:
    settings = Settings.from_environment({**FULL, "OTHER": "x"})
    assert set(FULL) == set(VARIABLES)
    assert "OTHER" not in settings.values
    assert {name: getattr(settings, name) for name in NEEDED} == {
        "table": "table",
        "inbox_bucket": "inbox",
        "results_bucket": "results",
        "machine_arn": "arn:machine",
        "topic_arn": "arn:topic",
        "bus_name": "bus",
        "stack": "stack",
        "slots": 50,
        "callback_secret": "arn:secret:callback",
        "private_names": True,
        "webhook_url": FULL["BATCHDROP_WEBHOOK_URL"],
        "webhook_secret": "arn:secret:webhook",
    }
    assert settings.webhook_queue == FULL["BATCHDROP_WEBHOOK_QUEUE"]
    assert settings.callback_url == FULL["BATCHDROP_CALLBACK_URL"]
    assert settings.secret_arns == {"geoapify": "arn:secret:geoapify"}
    assert settings.extra_secret_arns == {"acme/maps": FULL["BATCHDROP_EXTRA_SECRETS"]}
    assert settings.simulator_endpoints == {"geoapify": "http://127.0.0.1:8001"}
    assert settings.base_urls == {"here_geocoder_v6": "https://batch.geocoder.cit.api.here.com/6.2"}


@pytest.mark.parametrize(("attribute", "variable"), NEEDED.items())
@pytest.mark.parametrize("environ", [{}, dict.fromkeys(VARIABLES, " ")], ids=["missing", "blank"])
def test_a_missing_variable_is_named_when_it_is_needed(
    attribute: str, variable: str, environ: dict[str, str]
) -> None:
    settings = Settings.from_environment(environ)
    with pytest.raises(ConfigurationError, match=variable):
        getattr(settings, attribute)


@pytest.mark.parametrize(
    "text",
    [
        "acme/maps",
        "arn:aws:secretsmanager:eu-central-1:123456789012:secret:maps",
        "{one},{one}",
        "{one};{one}",
    ],
)
def test_further_secrets_are_full_arns_with_names_of_their_own(text: str) -> None:
    value = text.replace("{one}", FULL["BATCHDROP_EXTRA_SECRETS"])
    with pytest.raises(ConfigurationError, match="BATCHDROP_EXTRA_SECRETS"):
        _ = Settings({"BATCHDROP_EXTRA_SECRETS": value}).extra_secret_arns


def test_several_further_secrets_are_parted_by_commas() -> None:
    arns = [
        f"arn:aws:secretsmanager:eu-central-1:123456789012:secret:{name}-AbC123" for name in ("a-b", "c/d")
    ]
    settings = Settings({"BATCHDROP_EXTRA_SECRETS": " , ".join(arns)})
    assert settings.extra_secret_arns == {"a-b": arns[0], "c/d": arns[1]}


def test_secrets_and_simulators_may_be_left_out() -> None:
    for environ in ({}, dict.fromkeys(VARIABLES, "")):
        settings = Settings.from_environment(environ)
        assert (settings.secret_arns, settings.simulator_endpoints) == ({}, {})
        assert settings.callback_url == settings.webhook_queue == ""
        assert settings.extra_secret_arns == {}


@pytest.mark.parametrize(
    "url",
    [
        "http://a1b2c3.execute-api.eu-central-1.amazonaws.com/v1/callback",
        "http://127.0.0.1:4566/callback",
        "https://example.com",
        "https://example.com/callback/",
        "https://user@example.com/callback",
        "https://example.com:8443/callback",
        "https://example.com/callback?x=1",
        "callback",
    ],
)
def test_services_are_told_of_an_https_address_only(url: str) -> None:
    settings = Settings.from_environment({"BATCHDROP_CALLBACK_URL": url})
    with pytest.raises(ConfigurationError, match="BATCHDROP_CALLBACK_URL"):
        _ = settings.callback_url


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/x",
        "http://127.0.0.1:8001/events",
        "https://user@hooks.example.com/x",
        "https://hooks.example.com/x?token=1",
        "https://hooks.example.com/x#y",
        "https://hooks.example.com/a b",
        "https://hooks.example.com:99999999/",
        "hooks.example.com",
    ],
)
def test_events_are_delivered_to_an_https_address_only(url: str) -> None:
    settings = Settings.from_environment({"BATCHDROP_WEBHOOK_URL": url})
    with pytest.raises(ConfigurationError, match="BATCHDROP_WEBHOOK_URL"):
        _ = settings.webhook_url


def test_a_simulator_on_this_machine_may_stand_for_the_users_url() -> None:
    environ = {**FULL, ENDPOINTS: '{"webhook": "http://127.0.0.1:8001/events"}'}
    assert Settings.from_environment(environ).webhook_url == "http://127.0.0.1:8001/events"
    with pytest.raises(ConfigurationError, match=ENDPOINTS):
        _ = Settings.from_environment({**FULL, ENDPOINTS: '{"webhook": "http://10.0.0.1:8001"}'}).webhook_url
    with pytest.raises(ConfigurationError, match="BATCHDROP_WEBHOOK_URL"):
        _ = Settings.from_environment({ENDPOINTS: environ[ENDPOINTS]}).webhook_url


def test_the_environment_of_the_process_is_what_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATCHDROP_TABLE", "mine")
    settings = Settings.from_environment()
    monkeypatch.setenv("BATCHDROP_TABLE", "changed later")
    assert settings.table == "mine"


@pytest.mark.parametrize("word", ["True", "yes", "1", "0"])
def test_private_names_is_true_or_false_and_nothing_else(word: str) -> None:
    assert not Settings.from_environment({"BATCHDROP_PRIVATE_NAMES": "false"}).private_names
    with pytest.raises(ConfigurationError, match="BATCHDROP_PRIVATE_NAMES"):
        _ = Settings.from_environment({"BATCHDROP_PRIVATE_NAMES": word}).private_names


@pytest.mark.parametrize(
    "url",
    [
        "https://api.geoapify.com",
        "http://localhost:8001",
        "http://127.0.0.1",
        "http://127.0.0.1:0",
        "http://127.0.0.1:65536",
        "http://127.0.0.1:80@evil.example",
        "http://127.0.0.1:80/a/b",
        "http://127.0.0.1:80/..",
        "http://127.0.0.1:80?x",
        "http://127.0.0.1:80\n",
        "http://127.0.0.2:80",
        "http://[::1]:80",
        "",
    ],
)
def test_a_simulator_is_on_this_machine_only(url: str) -> None:
    text = json.dumps({"geoapify": url})
    with pytest.raises(ConfigurationError, match=ENDPOINTS):
        _ = Settings.from_environment({ENDPOINTS: text}).simulator_endpoints


@pytest.mark.parametrize("text", ["{", "[]", '"http://127.0.0.1:80"', '{"geoapify": 80}', "null"])
def test_simulator_endpoints_are_an_object_of_urls(text: str) -> None:
    with pytest.raises(ConfigurationError, match=ENDPOINTS):
        _ = Settings.from_environment({ENDPOINTS: text}).simulator_endpoints


@pytest.mark.parametrize(
    "url",
    [
        "http://batch.geocoder.cit.api.here.com/6.2",
        "https://a.example.com?key=1",
        "https://a.example.com#x",
        "https://user:secret@a.example.com",
        "https://",
        "https://a.example.com/a//b",
        "https://10.0.0.1/x",
        "https://[::1]",
        "https://localhost",
        "https://a.example.com\n",
        "ftp://a.example.com",
        "",
    ],
)
def test_a_base_url_is_https_and_the_error_says_why_http_is_not_taken(url: str) -> None:
    settings = Settings.from_environment({"BATCHDROP_BASE_URLS": json.dumps({"geoapify": url})})
    with pytest.raises(
        ConfigurationError, match=r"BATCHDROP_BASE_URLS.*geoapify.*could read the key"
    ) as caught:
        _ = settings.base_urls
    assert "secret" not in str(caught.value)


def test_a_base_url_may_end_in_one_word() -> None:
    settings = Settings.from_environment({ENDPOINTS: '{"here_batch_v7": "http://127.0.0.1:65535/v7"}'})
    assert settings.simulator_endpoints == {"here_batch_v7": "http://127.0.0.1:65535/v7"}


def test_the_values_do_not_show_when_settings_are_printed() -> None:
    assert "arn:machine" not in repr(Settings.from_environment(FULL))


@pytest.mark.parametrize("word", ["0", "1000", "-1", "many", "1.5"])
def test_a_number_of_jobs_that_makes_no_sense_is_refused(word: str) -> None:
    with pytest.raises(ConfigurationError, match="BATCHDROP_JOBS_AT_ONCE"):
        _ = Settings.from_environment({"BATCHDROP_JOBS_AT_ONCE": word}).slots
