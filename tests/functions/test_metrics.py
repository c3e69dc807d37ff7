"""What sweep prints is what the alarms listen to: CloudWatch takes a metric with other dimensions for another metric."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.functions.conftest import load_event
from tests.permissions.roles import deployed

if TYPE_CHECKING:
    from tests.functions.conftest import Functions

Metric = tuple[str, str, frozenset[tuple[str, str]]]


def printed(lines: str) -> set[Metric]:
    """Return the metrics that CloudWatch reads out of log lines (embedded metric format): namespace, name, dimensions."""
    found: set[Metric] = set()
    for line in map(json.loads, lines.splitlines()):
        for directive in line.get("_aws", {}).get("CloudWatchMetrics", ()):
            for names in directive["Dimensions"]:
                dimensions = frozenset((name, line[name]) for name in names)
                found |= {(directive["Namespace"], each["Name"], dimensions) for each in directive["Metrics"]}
    return found


def own_alarms() -> dict[str, Metric]:
    """Return what each alarm on a metric of the product's own listens to."""
    found = {}
    for name, each in deployed().template["Resources"].items():
        given: dict[str, Any] = deployed().value(each["Properties"]) if "Alarm" in name else {}
        if given.get("Namespace") == "batchdrop":
            dimensions = frozenset((one["Name"], one["Value"]) for one in given["Dimensions"])
            found[name] = (given["Namespace"], given["MetricName"], dimensions)
    return found


@pytest.mark.parametrize("alarm", ["JobsWaitingAlarm", "ResultsExpiringAlarm"])
def test_an_alarm_listens_to_a_metric_that_sweep_prints(
    functions: Functions,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    alarm: str,
) -> None:
    monkeypatch.setenv("BATCHDROP_STACK", "team")
    functions("sweep", load_event("sweep", "schedule"))
    assert own_alarms()[alarm] in printed(capsys.readouterr().out)


def test_no_other_alarm_listens_to_a_metric_of_ours() -> None:
    assert set(own_alarms()) == {"JobsWaitingAlarm", "ResultsExpiringAlarm"}
