"""The API is closed but for the callback, and nothing records the secret in the callback's path."""

from __future__ import annotations

import re
import string
from typing import Any

from batchdrop.api import PATHS
from batchdrop.aws.path_secret import _USABLE
from tests.template.loading import functions, load_template, resources

TEMPLATE = load_template()
((_, API),) = resources(TEMPLATE, "AWS::Serverless::Api").items()
PROPERTIES: dict[str, Any] = API["Properties"]
EVENTS = {
    (event["Properties"]["Method"], event["Properties"]["Path"]): (name, event["Properties"])
    for name, properties in functions(TEMPLATE).items()
    for event in properties.get("Events", {}).values()
}
DOOR = "/callback/{secret}/{service}/{ticket}"


def test_calls_are_signed_unless_they_ring() -> None:
    assert PROPERTIES["Auth"] == {"DefaultAuthorizer": "AWS_IAM", "InvokeRole": "NONE"}
    unsigned = {call: name for call, (name, event) in EVENTS.items() if "Auth" in event}
    assert unsigned == {("GET", DOOR): "callback", ("HEAD", DOOR): "callback"}
    assert all(event["RestApiId"] == {"Ref": "Api"} for _, event in EVENTS.values())


def test_every_call_of_the_table_reaches_the_jobs_api_and_so_does_every_other_method() -> None:
    """So that what a path is not called by is answered by us, with what is possible."""
    ours = {call for call, (name, _) in EVENTS.items() if name == "jobs_api"}
    methods = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
    paths = ("/jobs", "/jobs/{proxy+}", "/openapi")
    assert ours == {(method, path) for method in methods for path in paths}
    for path in PATHS:
        assert path in paths or path.startswith("/jobs/"), path


def test_files_arrive_byte_for_byte() -> None:
    assert PROPERTIES["BinaryMediaTypes"] == ["*/*"]


def test_what_does_not_exist_is_not_forbidden() -> None:
    assert PROPERTIES["GatewayResponses"]["MISSING_AUTHENTICATION_TOKEN"]["StatusCode"] == "404"


def test_ringing_and_dropping_have_throttles_of_their_own() -> None:
    settings = {(each["ResourcePath"], each["HttpMethod"]): each for each in PROPERTIES["MethodSettings"]}
    door = DOOR.replace("/", "~1")
    assert set(settings) == {("/*", "*"), (f"/{door}", "GET"), (f"/{door}", "HEAD"), ("/~1jobs", "POST")}
    everything = settings["/*", "*"]
    for each in settings.values():
        assert 1 <= each["ThrottlingRateLimit"] <= everything["ThrottlingRateLimit"]
        assert 1 <= each["ThrottlingBurstLimit"] <= everything["ThrottlingBurstLimit"]


def test_nothing_records_the_path() -> None:
    for each in PROPERTIES["MethodSettings"]:
        assert each["DataTraceEnabled"] is False
        assert each["LoggingLevel"] == "OFF"
    assert "TracingEnabled" not in PROPERTIES
    condition, logs, otherwise = PROPERTIES["AccessLogSetting"]["Fn::If"]
    assert TEMPLATE["Conditions"][condition] == {"Fn::Equals": [{"Ref": "ApiLogs"}, "true"]}
    assert otherwise == {"Ref": "AWS::NoValue"}
    shown = set(re.findall(r"\$context\.([A-Za-z.]+)", logs["Format"]))
    assert "resourcePath" in shown  # /callback/{secret}/…, with the braces
    assert not shown & {"path", "protocol", "identity.sourceIp"}


def test_the_secret_has_256_bits_and_fits_into_a_path() -> None:
    ((_, secret),) = resources(TEMPLATE, "AWS::SecretsManager::Secret").items()
    generated = secret["Properties"]["GenerateSecretString"]
    assert generated["PasswordLength"] * 5.95 >= 255  # log2 of 62 characters
    assert generated["ExcludePunctuation"] is True
    assert sorted(generated["ExcludeCharacters"]) == sorted(string.punctuation)
    assert _USABLE.fullmatch("a" * generated["PasswordLength"])
    assert "SecretString" not in secret["Properties"]


def test_services_are_told_the_address_that_the_api_has() -> None:
    told = functions(TEMPLATE)["advance"]["Environment"]["Variables"]["BATCHDROP_CALLBACK_URL"]
    assert told == TEMPLATE["Outputs"]["CallbackUrl"]["Value"]
    assert told["Fn::Sub"].endswith(f"/{PROPERTIES['StageName']}/callback")
    assert DOOR.startswith("/callback/")
