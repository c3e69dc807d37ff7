"""What a stack costs while nothing is dropped, in docs/deploy.md: `python -m tests.docs.costs`.

Counted in the template, with a price list of one region and one day. Free tiers are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.template.loading import functions, load_template, resources

PAGE = Path(__file__).parents[2] / "docs/deploy.md"
_BEGIN, _END = "<!-- idle cost: made by `make docs` -->\n", "<!-- end of idle cost -->\n"

REGION, DATE = "us-east-1", "2026-11"
DAYS = 30

# [doc] AWS pricing pages of CloudWatch, Secrets Manager, SQS, Lambda (arm64), DynamoDB (on demand); dollars.
ALARM, METRIC, SECRET = 0.10, 0.30, 0.40  # a month each
SQS_REQUEST = 0.40 / 1e6
LAMBDA_CALL, LAMBDA_GB_SECOND = 0.20 / 1e6, 0.0000133334
READ_UNIT = 0.125 / 1e6

POLLERS, POLL_SECONDS = 5, 20
"""[doc] Lambda polls a quiet queue with five connections, each waiting up to 20 s."""

METRICS = ("JobsWaiting", "BatchesParked", "ResultsExpiring", "JobsDrivenAgain")
"""What a sweep writes when it finds nothing."""

SWEEPS = 12 * 24 * DAYS
SWEEP_SECONDS, SWEEP_READS = 1.0, 20


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the bill."""

    what: str
    count: str
    dollars: float


def items() -> list[Item]:
    """Return what is paid for a month without a single file: one service in use, no WebhookUrl."""
    template = load_template()
    alarms = [
        each for each in resources(template, "AWS::CloudWatch::Alarm").values() if "Condition" not in each
    ]
    mappings = resources(template, "AWS::Lambda::EventSourceMapping").values()
    queues = [each for each in mappings if "ScalingConfig" in each["Properties"] and "Condition" not in each]
    polls = POLLERS * DAYS * 86_400 // POLL_SECONDS
    memory = (
        functions(template)["sweep"].get("MemorySize", template["Globals"]["Function"]["MemorySize"]) / 1024
    )
    secrets = 1 + len(resources(template, "AWS::SecretsManager::Secret"))
    return [
        Item("alarms", f"{len(alarms)}", len(alarms) * ALARM),
        Item("metrics of `sweep`", f"{len(METRICS)}", len(METRICS) * METRIC),
        Item("secrets: the callback's, and one service's", f"{secrets}", secrets * SECRET),
        Item(
            "polling of queues by Lambda",
            f"{len(queues)} × {polls:,} requests",
            len(queues) * polls * SQS_REQUEST,
        ),
        Item(
            "`sweep`",
            f"{SWEEPS:,} calls, {SWEEP_READS} reads each",
            SWEEPS * (LAMBDA_CALL + SWEEP_SECONDS * memory * LAMBDA_GB_SECOND + SWEEP_READS * READ_UNIT),
        ),
    ]


def section() -> str:
    """Return the table and what is added to it."""
    lines = ["| a month, idle | how many | $ |", "|---|---|---|"]
    lines += [f"| {each.what} | {each.count} | {each.dollars:.2f} |" for each in items()]
    lines.append(f"| all | | {sum(each.dollars for each in items()):.2f} |")
    more = f"Each further service's secret is ${SECRET:.2f} more, `WebhookUrl` one secret, one queue and one alarm."
    return "\n".join(
        [
            f"Prices of {REGION}, {DATE}, without free tiers.",
            "",
            *lines,
            "",
            more,
            "",
        ]
    )


def made(text: str) -> str:
    """Return the page with its table as it is."""
    head, _, rest = text.partition(_BEGIN)
    return head + _BEGIN + section() + _END + rest.partition(_END)[2]


if __name__ == "__main__":
    PAGE.write_text(made(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
