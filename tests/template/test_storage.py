"""What is kept is encrypted, versioned, closed to the public, spoken to over TLS, and expires."""

from __future__ import annotations

from typing import Any

import pytest

from tests.template.loading import functions, load_template, resources

TEMPLATE = load_template()
BUCKETS = resources(TEMPLATE, "AWS::S3::Bucket")
QUEUES = resources(TEMPLATE, "AWS::SQS::Queue")
((_, TABLE),) = resources(TEMPLATE, "AWS::DynamoDB::Table").items()
FOURTEEN_DAYS = 1_209_600


def denies_without_tls(kind: str, of: str, key: str) -> list[dict[str, Any]]:
    """The Deny statements of the policy of one bucket, queue or topic."""
    policies = resources(TEMPLATE, kind).values()
    (policy,) = (
        each["Properties"] for each in policies if each["Properties"][key] in ({"Ref": of}, [{"Ref": of}])
    )
    return [each for each in policy["PolicyDocument"]["Statement"] if each["Effect"] == "Deny"]


@pytest.mark.parametrize("name", BUCKETS)
def test_a_bucket_is_encrypted_versioned_and_closed(name: str) -> None:
    bucket = BUCKETS[name]["Properties"]
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert "BucketName" not in bucket  # a fixed name could be taken by somebody else


@pytest.mark.parametrize("name", BUCKETS)
def test_a_bucket_speaks_tls_12_only(name: str) -> None:
    denied = denies_without_tls("AWS::S3::BucketPolicy", name, "Bucket")
    conditions = [each["Condition"] for each in denied]
    assert {"Bool": {"aws:SecureTransport": "false"}} in conditions
    assert {"NumericLessThan": {"s3:TlsVersion": "1.2"}} in conditions
    both = [{"Fn::GetAtt": f"{name}.Arn"}, {"Fn::Sub": f"${{{name}.Arn}}/*"}]
    assert all(each["Resource"] == both and each["Principal"] == "*" for each in denied)


@pytest.mark.parametrize("name", BUCKETS)
def test_old_versions_and_unfinished_uploads_expire(name: str) -> None:
    rules = BUCKETS[name]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert all(rule["Status"] == "Enabled" for rule in rules)
    (whole,) = (rule for rule in rules if "NoncurrentVersionExpiration" in rule)
    assert "Prefix" not in whole
    assert whole["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    assert whole["ExpiredObjectDeleteMarker"] is True


def test_files_results_and_answers_expire_by_parameters() -> None:
    def days(bucket: str) -> dict[str, Any]:
        rules = BUCKETS[bucket]["Properties"]["LifecycleConfiguration"]["Rules"]
        return {rule["Id"]: rule["ExpirationInDays"] for rule in rules if "ExpirationInDays" in rule}

    assert days("InboxBucket") == {"dropped-files": {"Ref": "InputDays"}}
    assert days("ResultsBucket") == {
        "results": {"Ref": "ResultDays"},
        "raw-answers": {"Ref": "RawDays"},
        "working-files": 60,
    }


def test_raw_answers_and_working_files_do_not_expire_with_the_results() -> None:
    """When several rules fit an object the shortest wins, so the one for results must not fit the others [doc: S3]."""
    rules = BUCKETS["ResultsBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    expiring = {rule["Id"]: rule["TagFilters"] for rule in rules if "ExpirationInDays" in rule}
    assert {name: filters[0]["Value"] for name, filters in expiring.items()} == {
        "results": "result",
        "raw-answers": "raw",
        "working-files": "work",
    }


def test_the_stream_holds_keys_only() -> None:
    assert TABLE["Properties"]["StreamSpecification"] == {"StreamViewType": "KEYS_ONLY"}


def test_the_table_survives_mistakes() -> None:
    table = TABLE["Properties"]
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["DeletionProtectionEnabled"] == {"Ref": "DeletionProtection"}
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert "TimeToLiveSpecification" not in table  # a claim must outlive every redelivery


def test_the_index_lists_jobs_by_status_and_time() -> None:
    (index,) = TABLE["Properties"]["GlobalSecondaryIndexes"]
    keys = [(key["AttributeName"], key["KeyType"]) for key in index["KeySchema"]]
    assert (index["IndexName"], keys) == ("byStatus", [("status_key", "HASH"), ("updated", "RANGE")])


@pytest.mark.parametrize(
    "name", ["InboxBucket", "InboxBucketPolicy", "ResultsBucket", "ResultsBucketPolicy", "Table"]
)
def test_data_and_what_protects_it_outlive_the_stack(name: str) -> None:
    assert TEMPLATE["Resources"][name]["DeletionPolicy"].startswith("Retain")
    assert TEMPLATE["Resources"][name]["UpdateReplacePolicy"] == "Retain"


def test_a_failed_first_deploy_deletes_nothing_that_refuses_to_be_deleted() -> None:
    """RetainExceptOnCreate deletes what the failed deploy made, and a table with deletion protection ends in ROLLBACK_FAILED."""
    protected = [
        name
        for name, each in TEMPLATE["Resources"].items()
        if each.get("Properties", {}).get("DeletionProtectionEnabled")
    ]
    assert protected == ["Table"]
    assert all(TEMPLATE["Resources"][name]["DeletionPolicy"] == "Retain" for name in protected)


@pytest.mark.parametrize("name", QUEUES)
def test_a_queue_is_encrypted_speaks_tls_and_states_its_retention(name: str) -> None:
    queue = QUEUES[name]["Properties"]
    assert queue["SqsManagedSseEnabled"] is True  # a customer key would need a policy for EventBridge
    assert queue["MessageRetentionPeriod"] <= FOURTEEN_DAYS
    (denied,) = denies_without_tls("AWS::SQS::QueuePolicy", name, "Queues")
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert denied["Resource"] == {"Fn::GetAtt": f"{name}.Arn"}


def test_what_failed_is_kept_longer_than_what_waits() -> None:
    inbox = QUEUES["InboxQueue"]["Properties"]
    target = inbox["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"].removesuffix(".Arn")
    assert QUEUES[target]["Properties"]["MessageRetentionPeriod"] == FOURTEEN_DAYS
    assert QUEUES["UndeliveredQueue"]["Properties"]["MessageRetentionPeriod"] == FOURTEEN_DAYS
    assert inbox["MessageRetentionPeriod"] < FOURTEEN_DAYS


def test_the_topic_is_encrypted_and_speaks_tls() -> None:
    ((name, topic),) = resources(TEMPLATE, "AWS::SNS::Topic").items()
    assert topic["Properties"]["KmsMasterKeyId"] == "alias/aws/sns"
    (denied,) = denies_without_tls("AWS::SNS::TopicPolicy", name, "Topics")
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_every_log_expires_and_every_function_has_its_own() -> None:
    logs = resources(TEMPLATE, "AWS::Logs::LogGroup")
    assert all(log["Properties"]["RetentionInDays"] == {"Ref": "LogDays"} for log in logs.values())
    for folder, properties in functions(TEMPLATE).items():
        name = properties["LoggingConfig"]["LogGroup"]["Ref"]
        assert logs[name]["Properties"]["LogGroupName"] == {
            "Fn::Sub": f"/aws/lambda/${{AWS::StackName}}/{folder}"
        }
    (machine,) = resources(TEMPLATE, "AWS::Serverless::StateMachine").values()
    logging = machine["Properties"]["Logging"]
    assert logging["IncludeExecutionData"] is False
    assert TEMPLATE["Globals"]["Function"]["LoggingConfig"] == {"LogFormat": "JSON"}
