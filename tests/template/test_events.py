"""No event is lost silently: every hop is retried, has a place for what failed, and an alarm on that place."""

from __future__ import annotations

from typing import Any

import pytest

from tests.template.loading import load_template, resources

TEMPLATE = load_template()
RULES = resources(TEMPLATE, "AWS::Events::Rule")
QUEUES = resources(TEMPLATE, "AWS::SQS::Queue")
ALARMS = [alarm["Properties"] for alarm in resources(TEMPLATE, "AWS::CloudWatch::Alarm").values()]
(INBOX,) = (
    mapping["Properties"] for mapping in resources(TEMPLATE, "AWS::Lambda::EventSourceMapping").values()
)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_states_its_retries_and_its_dead_letters(name: str) -> None:
    (target,) = RULES[name]["Properties"]["Targets"]
    assert set(target["RetryPolicy"]) == {"MaximumEventAgeInSeconds", "MaximumRetryAttempts"}
    assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": "UndeliveredQueue.Arn"}}


@pytest.mark.parametrize("name", ["UploadRule", "FailedExecutionRule"])
def test_what_must_not_be_lost_is_tried_for_a_day(name: str) -> None:
    (target,) = RULES[name]["Properties"]["Targets"]
    assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185}


@pytest.mark.parametrize("name", RULES)
def test_a_rule_may_use_its_dead_letter_queue(name: str) -> None:
    (policy,) = (
        each["Properties"]["PolicyDocument"]
        for each in resources(TEMPLATE, "AWS::SQS::QueuePolicy").values()
        if each["Properties"]["Queues"] == [{"Ref": "UndeliveredQueue"}]
    )
    (allow,) = (each for each in policy["Statement"] if each["Effect"] == "Allow")
    assert {"Fn::GetAtt": f"{name}.Arn"} in allow["Condition"]["ArnEquals"]["aws:SourceArn"]


@pytest.mark.parametrize(
    "name", [name for name, rule in RULES.items() if "sweep" in str(rule["Properties"]["Targets"])]
)
def test_a_rule_may_call_sweep(name: str) -> None:
    permissions = [each["Properties"] for each in resources(TEMPLATE, "AWS::Lambda::Permission").values()]
    (permission,) = (each for each in permissions if each["SourceArn"] == {"Fn::GetAtt": f"{name}.Arn"})
    assert permission["FunctionName"] == {"Ref": "SweepFunction"}
    assert permission["Principal"] == "events.amazonaws.com"


def test_only_uploads_below_incoming_become_jobs() -> None:
    pattern: dict[str, Any] = RULES["UploadRule"]["Properties"]["EventPattern"]
    assert pattern == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {
            "bucket": {
                "name": [{"Fn::If": ["OwnInbox", {"Ref": "InboxBucket"}, {"Ref": "ExistingInboxBucket"}]}]
            },
            "object": {"key": [{"prefix": "incoming/"}]},
        },
    }
    for bucket in resources(TEMPLATE, "AWS::S3::Bucket").values():
        assert bucket["Properties"]["NotificationConfiguration"] == {
            "EventBridgeConfiguration": {"EventBridgeEnabled": True}
        }


def test_one_bad_upload_event_does_not_bring_the_others_back() -> None:
    assert INBOX["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert INBOX["ScalingConfig"]["MaximumConcurrency"] >= 2


def test_an_upload_event_is_tried_again_before_it_is_given_up() -> None:
    queue = QUEUES["InboxQueue"]["Properties"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] >= 5
    assert queue["VisibilityTimeout"] >= 6 * TEMPLATE["Globals"]["Function"]["Timeout"]


def test_a_failed_execution_wakes_sweep() -> None:
    detail = RULES["FailedExecutionRule"]["Properties"]["EventPattern"]["detail"]
    assert detail == {"stateMachineArn": [{"Ref": "BatchJob"}], "status": ["FAILED", "TIMED_OUT", "ABORTED"]}


def test_sweep_which_is_called_asynchronously_keeps_what_it_failed_on() -> None:
    config = TEMPLATE["Resources"]["SweepFunction"]["Properties"]["EventInvokeConfig"]
    assert config["MaximumRetryAttempts"] == 2
    destination = config["DestinationConfig"]["OnFailure"]
    assert destination == {"Type": "SQS", "Destination": {"Fn::GetAtt": "UndeliveredQueue.Arn"}}


@pytest.mark.parametrize("queue", ["InboxDeadLetters", "UndeliveredQueue"])
def test_what_failed_raises_an_alarm(queue: str) -> None:
    dimension = {"Name": "QueueName", "Value": {"Fn::GetAtt": f"{queue}.QueueName"}}
    (alarm,) = (each for each in ALARMS if each["Dimensions"] == [dimension])
    assert alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)


def test_a_failed_execution_raises_an_alarm() -> None:
    (alarm,) = (each for each in ALARMS if each["Namespace"] == "AWS/States")
    assert alarm["MetricName"] == "ExecutionsFailed"
    assert alarm["Dimensions"] == [{"Name": "StateMachineArn", "Value": {"Ref": "BatchJob"}}]
