"""A made-up stack: buckets in moto, and a CloudFormation that knows it (moto's own needs packages we do not)."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest
from boto3.session import Session

from batchdrop_cli.main import main
from tests.mocked_aws import mock_aws
from tests.permissions.recording import RECORDER, calling, command_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

INBOX, RESULTS, TABLE = "inbox", "results", "jobs"
MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:machine"
if RECORDER is not None:
    RECORDER.names |= {
        INBOX: "{BATCHDROP_INBOX_BUCKET}",
        RESULTS: "{BATCHDROP_RESULTS_BUCKET}",
        TABLE: "{BATCHDROP_TABLE}",
        MACHINE: "{BATCHDROP_MACHINE_ARN}",
    }


@dataclass(frozen=True)
class Said:
    """What one command left behind."""

    code: int
    out: str
    err: str

    @property
    def documents(self) -> list[Any]:
        """stdout as JSON, one document a line; fails when anything else is there."""
        return [json.loads(line) for line in self.out.splitlines()]


Run = Callable[..., Said]


@pytest.fixture
def batchdrop(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command as a shell would, in a pipe."""
    monkeypatch.delenv("BATCHDROP_STACK", raising=False)

    def run(*arguments: object) -> Said:
        capsys.readouterr()
        with calling(command_of(arguments)):
            code = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return Said(code, printed.out, printed.err)

    return run


@dataclass
class Cloud:
    """The stack `team`: put a job into it as the product would."""

    s3: S3Client
    parameters: dict[str, str]

    def put_job(self, job: Mapping[str, Any], **files: bytes) -> None:
        """Further files, then job.json as the product does; files by name without the dot's part: results=b'…' is results.csv."""
        folder = f"jobs/{job['id']}"
        for name, body in files.items():
            self.s3.put_object(Bucket=RESULTS, Key=f"{folder}/{name}.csv", Body=body)
        self.s3.put_object(Bucket=RESULTS, Key=f"{folder}/job.json", Body=json.dumps(job).encode())


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """Two buckets as the template makes them, and the stack that names them."""
    parameters = {"PrivateNames": "false", "created": "2026-01-01T00:00:00Z"}
    with _formation(parameters) as endpoint, mock_aws():
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", endpoint)
        s3 = Session().client("s3")
        for bucket in (INBOX, RESULTS):
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
            s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        yield Cloud(s3, parameters)
        s3.close()


class _formation:  # noqa: N801 - used like a function
    """A CloudFormation that answers DescribeStacks for `team`, and ValidationError for any other, as AWS does."""

    def __init__(self, parameters: Mapping[str, str]) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                known = asked["StackName"] == ["team"]
                body = (
                    _STACK.format(private=parameters["PrivateNames"], created=parameters["created"])
                    if known
                    else _NO_STACK
                ).encode()
                self.send_response(200 if known else 400)
                self.send_header("Content-Type", "text/xml")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> str:
        self._thread.start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


_STACK = f"""<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks><member>
<StackName>team</StackName><CreationTime>{{created}}</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus>
<Parameters><member><ParameterKey>PrivateNames</ParameterKey><ParameterValue>{{private}}</ParameterValue></member></Parameters>
<Outputs><member><OutputKey>InboxBucketName</OutputKey><OutputValue>{INBOX}</OutputValue></member>
<member><OutputKey>ResultsBucketName</OutputKey><OutputValue>{RESULTS}</OutputValue></member>
<member><OutputKey>TableName</OutputKey><OutputValue>{TABLE}</OutputValue></member>
<member><OutputKey>StateMachineArn</OutputKey><OutputValue>{MACHINE}</OutputValue></member></Outputs>
</member></Stacks></DescribeStacksResult></DescribeStacksResponse>"""
_NO_STACK = """<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error><Type>Sender</Type>
<Code>ValidationError</Code><Message>Stack with id other does not exist</Message></Error></ErrorResponse>"""
