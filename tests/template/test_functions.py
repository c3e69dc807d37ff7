"""The template, the folders, the settings and the state machine speak of the same things."""

from __future__ import annotations

import re
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest

from batchdrop import wiring
from batchdrop.aws.clients import client
from batchdrop.errors import ConfigurationError
from batchdrop.services import DEFAULT_BASES, SERVICES
from batchdrop.settings import VARIABLES, Settings
from tests.template.loading import ROOT, functions, load_template, resources

if TYPE_CHECKING:
    from collections.abc import Iterator

TEMPLATE = load_template()
FUNCTIONS = functions(TEMPLATE)
GLOBALS = TEMPLATE["Globals"]["Function"]
OF_POWERTOOLS = {"POWERTOOLS_SERVICE_NAME": "batchdrop", "POWERTOOLS_METRICS_NAMESPACE": "batchdrop"}
# What the parameters and resources behind the variables might be.
EXAMPLES = {
    "BATCHDROP_EXTRA_SECRETS": "",
    "BATCHDROP_JOBS_AT_ONCE": "50",
    "BATCHDROP_INPUT_DAYS": "30",
    "BATCHDROP_PRIVATE_NAMES": "false",
    "BATCHDROP_SIMULATOR_ENDPOINTS": "",
    "BATCHDROP_BASE_URLS": "",
    "BATCHDROP_MACHINE_ARN": "arn:aws:states:us-east-1:123456789012:stateMachine:batchdrop-batch-job",
    "BATCHDROP_CALLBACK_URL": "https://a1b2c3.execute-api.us-east-1.amazonaws.com/v1/callback",
    "BATCHDROP_TOPIC_ARN": "arn:aws:sns:us-east-1:123456789012:batchdrop",
    "BATCHDROP_WEBHOOK_URL": "https://hooks.example.com/batchdrop",
}


def variables(function: str) -> dict[str, Any]:
    """The environment variables of a function."""
    return {
        **GLOBALS["Environment"]["Variables"],
        **FUNCTIONS[function].get("Environment", {}).get("Variables", {}),
    }


@pytest.fixture
def only_these_variables(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """An environment without any of ours; clients made in it are forgotten with everything else."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for forget in (wiring.forget, client.cache_clear):
        forget()
    yield monkeypatch
    for forget in (wiring.forget, client.cache_clear):
        forget()


def test_every_folder_is_a_function_and_every_function_a_folder() -> None:
    assert set(FUNCTIONS) == {path.parent.name for path in ROOT.glob("functions/*/app.py")}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_folder_holds_a_handler_and_nothing_to_build(name: str) -> None:
    folder = ROOT / "functions" / name
    assert [path.name for path in folder.iterdir() if path.name != "__pycache__"] == ["app.py"]
    assert "def handler(" in (folder / "app.py").read_text()
    assert GLOBALS["Handler"] == "app.handler"
    logical = f"{name.title().replace('_', '')}Function"
    assert TEMPLATE["Resources"][logical]["Metadata"] == {"SkipBuild": True}


def test_the_variables_given_are_the_variables_read() -> None:
    given = {name for function in FUNCTIONS for name in variables(function)}
    assert given - set(OF_POWERTOOLS) == set(VARIABLES)
    assert GLOBALS["Environment"]["Variables"].items() >= OF_POWERTOOLS.items()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_finds_every_variable_that_its_use_case_needs(
    name: str, only_these_variables: pytest.MonkeyPatch
) -> None:
    for variable in variables(name):
        only_these_variables.setenv(variable, EXAMPLES.get(variable, f"the-{variable.lower()}"))
    assert callable(getattr(wiring, name)())
    if name == "advance":
        assert all(wiring.service(service) for service in SERVICES)


def test_a_missing_variable_would_be_found(only_these_variables: pytest.MonkeyPatch) -> None:
    for variable in variables("announce"):
        if variable != "BATCHDROP_TOPIC_ARN":
            only_these_variables.setenv(variable, EXAMPLES.get(variable, "given"))
    with pytest.raises(ConfigurationError, match="BATCHDROP_TOPIC_ARN"):
        wiring.announce()


def test_every_service_has_a_secret_parameter_and_its_variable() -> None:
    named = {name.removesuffix("SecretArn") for name in TEMPLATE["Parameters"] if name.endswith("SecretArn")}
    named.remove("Webhook")  # no service
    assert {re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for name in named} == set(SERVICES)
    for service in SERVICES:
        parameter = "".join(word.title() for word in service.split("_")) + "SecretArn"
        assert variables("advance")[f"BATCHDROP_SECRET_{service.upper()}"] == {"Ref": parameter}


def test_substitutions_given_are_substitutions_used() -> None:
    (machine,) = resources(TEMPLATE, "AWS::Serverless::StateMachine").values()
    definition = ROOT / machine["Properties"]["DefinitionUri"]
    given = machine["Properties"]["DefinitionSubstitutions"]
    assert set(re.findall(r"\$\{(\w+)\}", definition.read_text())) == set(given)
    assert given.pop("Table") == {"Ref": "Table"}
    assert given.pop("Partition") == {"Ref": "AWS::Partition"}
    assert all(value == {"Fn::GetAtt": f"{name}.Arn"} for name, value in given.items())


@pytest.mark.parametrize("name", ["plan", "collect"])
def test_steps_that_walk_whole_files_have_a_processor_and_a_disk(name: str) -> None:
    assert FUNCTIONS[name]["MemorySize"] >= 1769  # Lambda gives one whole processor at this size
    assert FUNCTIONS[name]["EphemeralStorage"]["Size"] == 10240
    assert FUNCTIONS[name]["Timeout"] == 900


@pytest.mark.parametrize("name", TEMPLATE["Parameters"])
def test_a_parameter_is_described_and_constrained(name: str) -> None:
    parameter = TEMPLATE["Parameters"][name]
    assert len(parameter["Description"]) > 20
    assert {"AllowedValues", "AllowedPattern", "MinValue"} & set(parameter)
    assert "Default" in parameter  # the template deploys with no parameter at all
    if "AllowedPattern" in parameter:
        assert re.search(parameter["AllowedPattern"], str(parameter["Default"]))


@pytest.mark.parametrize("name", [each for each in TEMPLATE["Parameters"] if each.endswith("SecretArn")])
@pytest.mark.parametrize(
    ("arn", "taken"),
    [
        ("", True),
        ("arn:aws:secretsmanager:eu-central-1:123456789012:secret:batchdrop/here-AbC123", True),
        ("arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:batchdrop/here-AbC123", True),
        ("arn:aws:secretsmanager:eu-central-1:123456789012:secret:batchdrop/here", False),
        ("batchdrop/here", False),
    ],
)
def test_a_secret_is_named_by_its_full_arn(name: str, arn: str, taken: bool) -> None:
    """Secrets Manager finds a secret by a part of its ARN too, but a policy with that part allows nothing."""
    assert bool(re.search(TEMPLATE["Parameters"][name]["AllowedPattern"], arn)) is taken


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("", True),
        ("{}", True),
        ('{"geoapify": "http://127.0.0.1:8001", "here_batch_v7": "http://127.0.0.1:8002"}', True),
        ('{"geoapify": "http://10.0.0.1:80"}', False),
        ('{"geoapify": "https://127.0.0.1:80"}', False),
        ('{"geoapify": "http://127.0.0.1.example.com:80"}', False),
        ("http://127.0.0.1:80", False),
    ],
)
def test_simulators_can_only_be_on_this_machine(text: str, taken: bool) -> None:
    assert bool(re.search(TEMPLATE["Parameters"]["SimulatorEndpoints"]["AllowedPattern"], text)) is taken


def test_a_service_is_asked_where_the_deployment_says(only_these_variables: pytest.MonkeyPatch) -> None:
    bases = '{"here_geocoder_v6": "https://batch.geocoder.cit.api.here.com/6.2"}'
    for name in variables("advance"):
        only_these_variables.setenv(name, EXAMPLES.get(name, "given"))
    only_these_variables.setenv("BATCHDROP_BASE_URLS", bases)
    asked = {name: getattr(wiring.service(name), "_transport").base.url for name in SERVICES}  # noqa: B009  # what only the service knows
    assert asked == {**DEFAULT_BASES, "here_geocoder_v6": "https://batch.geocoder.cit.api.here.com/6.2"}


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("", True),
        ("{}", True),
        ('{"here_geocoder_v6": "https://batch.geocoder.cit.api.here.com/6.2"}', True),
        (
            '{"geoapify": "https://api-eu.geoapify.com", "here_batch_v7": "https://x.example.com:8443/v7/"}',
            True,
        ),
        ('{"here_geocoder_v6": "http://batch.geocoder.cit.api.here.com/6.2"}', False),
        ('{"geoapify": "https://a.example.com/?x=1"}', False),
        ('{"geoapify": "https://user@a.example.com"}', False),
        ('{"geoapify": "https://10.0.0.1"}', False),
        ('{"geoapify": "https://localhost/x"}', False),
        ("https://a.example.com", False),
    ],
)
def test_a_service_is_asked_at_another_host_over_https_only(text: str, taken: bool) -> None:
    parameter = TEMPLATE["Parameters"]["BaseUrls"]
    assert bool(re.search(parameter["AllowedPattern"], text)) is taken
    assert "http is not taken" in parameter["ConstraintDescription"]
    if text.startswith("{") or not text:
        settings = Settings.from_environment({"BATCHDROP_BASE_URLS": text})
        with nullcontext() if taken else pytest.raises(ConfigurationError, match="could read the key"):
            assert all(url.startswith("https://") for url in settings.base_urls.values())


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("", True),
        ("https://hooks.example.com", True),
        ("https://hooks.example.com:8443/a/b;c=%20d/", True),
        ("https://webhook.invalid/events", True),
        ("http://hooks.example.com/", False),
        ("http://127.0.0.1:8001/events", False),
        ("https://me@hooks.example.com/", False),
        ("https://hooks.example.com/?key=1", False),
        ("https://hooks.example.com/#a", False),
    ],
)
def test_events_can_only_be_delivered_over_https(text: str, taken: bool) -> None:
    pattern = TEMPLATE["Parameters"]["WebhookUrl"]["AllowedPattern"]
    assert bool(re.search(pattern, text)) is taken
    if text and taken:
        assert Settings.from_environment({"BATCHDROP_WEBHOOK_URL": text}).webhook_url == text


def test_a_url_without_a_secret_is_refused_before_anything_is_deployed() -> None:
    (rule,) = TEMPLATE["Rules"].values()
    given = {"Fn::Not": [{"Fn::Equals": [{"Ref": "WebhookUrl"}, ""]}]}
    (assertion,) = rule["Assertions"]
    assert rule["RuleCondition"] == given == TEMPLATE["Conditions"]["HasWebhook"]
    assert assertion["Assert"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "WebhookSecretArn"}, ""]}]}


def test_without_a_url_nothing_of_the_webhook_is_there() -> None:
    def named(entry: Any) -> bool:
        return "Webhook" in entry or "Deliver" in entry

    for name, entry in {**TEMPLATE["Resources"], **TEMPLATE["Outputs"]}.items():
        assert (entry.get("Condition") == "HasWebhook") is named(name), name
    queue = FUNCTIONS["announce"]["Environment"]["Variables"]["BATCHDROP_WEBHOOK_QUEUE"]
    assert queue == {"Fn::If": ["HasWebhook", {"Ref": "WebhookQueue"}, ""]}


def test_outputs_have_the_names_that_the_command_looks_for() -> None:
    outputs = TEMPLATE["Outputs"]
    assert set(outputs) == {
        *(
            "InboxBucketName",
            "InboxOwner",
            "DropperPolicyArn",
            "ReaderPolicyArn",
            "OperatorPolicyArn",
            "ResultsBucketName",
            "TableName",
            "StateMachineArn",
            "TopicArn",
            "BusName",
            "InboxQueueUrl",
            "ApiUrl",
            "CallbackUrl",
            "CallbackSecretArn",
            "WebhookDeadLettersUrl",
        ),
    }
    assert all(len(output["Description"]) > 20 for output in outputs.values())


def test_the_runtime_is_one_that_aws_supports() -> None:
    assert GLOBALS["Runtime"] == "python3.13"
    (layer,) = resources(TEMPLATE, "AWS::Serverless::LayerVersion").values()
    assert layer["Properties"]["CompatibleRuntimes"] == [GLOBALS["Runtime"]]
    assert layer["Metadata"]["BuildMethod"] == "makefile"
