"""The Batch Geocoder over real HTTP: paths, names without case, XML and JSON."""

import io
import json
import re
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from batchdrop.settings import Settings
from batchdrop_sandbox.simulators.clock import Clock
from batchdrop_sandbox.simulators.server import SimulatorServer

BODY = b"recId|searchText\n1|Berlin\n2|Nowhere 1, Atlantis\nbroken\n"
RUN = {"apikey": "k", "action": "run", "outDelim": "|", "outCols": "city", "outputCombined": "true"}
JSON = {"Accept": "application/json"}
TEMPLATE = Path(__file__).parents[3] / "template.yaml"


@pytest.fixture
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer.start(services=["here_geocoder_v6"], clock=Clock(speed=0)) as running:
        yield running


@pytest.fixture
def jobs(server: SimulatorServer) -> str:
    return f"{server.urls['here_geocoder_v6']}/jobs"


def document(reply: requests.Response) -> dict[str, Any]:
    """The XML's fields by local name."""
    root = ET.fromstring(reply.content)  # noqa: S314 - our own simulator wrote it
    return {one.tag: one.text for one in root.iter() if one.text}


def test_two_phases_in_xml_with_id_and_code(
    server: SimulatorServer, jobs: str, web: requests.Session
) -> None:
    pair = {"app_id": "id", "app_code": "code"}
    made = web.post(jobs, params=pair, data=BODY, headers={"Content-Type": "text/plain; charset=UTF-8"})
    assert (made.status_code, made.headers["Content-Type"]) == (200, "application/xml; charset=utf-8")
    assert made.text.startswith('<?xml version="1.0" encoding="UTF-8" standalone="yes"?>')
    assert '<ns2:SearchBatch xmlns:ns2="http://www.navteq.com/lbsp/Search-Batch/1">' in made.text
    assert document(made)["Status"] == "submitted"
    one = f"{jobs}/{document(made)['RequestId']}"
    options = {name: value for name, value in RUN.items() if name != "apikey"}
    assert document(web.put(one, params={**pair, **options}))["Status"] == "accepted"
    server.clock.advance(60)
    done = document(web.get(one, params={**pair, "action": "status"}))
    assert (done["Status"], done["TotalCount"], done["InvalidCount"]) == ("completed", "3", "1")
    packed = web.get(f"{one}/result", params=pair)
    assert packed.headers["Transfer-Encoding"] == "chunked"
    with zipfile.ZipFile(io.BytesIO(packed.content)) as found:
        assert [name.rpartition("_")[2] for name in found.namelist()] == ["out.txt", "inv.txt"]
        assert not any("__" in name for name in found.namelist())
    plain = web.get(f"{one}/result", params={**pair, "outputCompressed": "false"})
    assert plain.content.splitlines()[0] == b"recId|SeqNumber|seqLength|city"
    assert (
        web.get(f"{one}/errors", params={**pair, "outputcompressed": "FALSE"}).text
        == "Line Number:4   broken\n"
    )
    assert (web.get(f"{one}/no-matches", params=pair).content, made.status_code) == (b"", 200)
    assert web.get(f"{one}/all", params=pair).status_code == 200
    assert document(web.delete(one, params=pair))["Status"] == "deleted"


def test_json_where_the_client_accepts_it(server: SimulatorServer, jobs: str, web: requests.Session) -> None:
    made = web.post(jobs, params=RUN, data=BODY, headers=JSON).json()["Response"]
    assert (made["Status"], len(made["MetaInfo"]["RequestId"])) == ("accepted", 32)
    one = f"{jobs}/{made['MetaInfo']['RequestId']}"
    stopped = web.put(one, params={"apiKey": "k", "ACTION": "cancel"}, headers=JSON)
    assert stopped.json()["Response"]["Status"] == "cancelled"
    assert server.ledger.snapshot()["here_geocoder_v6"]["records"] == 0


@pytest.mark.parametrize("mode", ["https", "absent"])
def test_the_namespace_may_be_another_or_absent(
    server: SimulatorServer, jobs: str, web: requests.Session, mode: str
) -> None:
    server.behaviours["here_geocoder_v6"].configure({"xml_namespace": mode})
    text = web.post(jobs, params=RUN, data=BODY).text
    assert "<ns2:SearchBatch" in text
    assert "http://www" not in text


def test_errors_are_documents_in_the_asked_format(jobs: str, web: requests.Session) -> None:
    wrong = {**RUN, "outCols": "<none>"}
    as_json = web.post(jobs, params=wrong, data=BODY, headers=JSON)
    assert (as_json.status_code, set(as_json.json())) == (400, {"type", "Details"})
    as_xml = web.post(jobs, params=wrong, data=BODY)
    root = ET.fromstring(as_xml.content)  # noqa: S314 - our own simulator wrote it
    assert root.tag == "{http://www.navteq.com/lbsp/Search-Batch/1}Error"
    assert root.findtext("Details") == as_json.json()["Details"]
    denied = web.post(jobs, data=BODY, headers=JSON)
    assert (denied.status_code, denied.json()["error"]) == (401, "Unauthorized")
    assert web.post(jobs, data=BODY).text.startswith("<?xml")


@pytest.mark.parametrize(
    ("method", "path", "query", "status"),
    [
        ("GET", "/jobs/" + "A" * 32, "action=status", 404),
        ("GET", "/jobs/" + "A" * 32, "", 400),
        ("PUT", "/jobs/" + "A" * 32, "action=runs", 400),
        ("GET", "/jobs/" + "A" * 32 + "/everything", "", 404),
        ("GET", "/jobs", "", 404),
        ("POST", "/nothing", "", 404),
    ],
)
def test_calls_that_do_not_exist(
    jobs: str, web: requests.Session, method: str, path: str, query: str, status: int
) -> None:
    base = jobs.removesuffix("/jobs")
    assert web.request(method, f"{base}{path}?apiKey=k&{query}", data=b"").status_code == status


def test_every_simulator_s_address_is_one_that_the_product_takes() -> None:
    with SimulatorServer.start() as server:
        text = json.dumps(server.urls)
    assert Settings.from_environment({"BATCHDROP_SIMULATOR_ENDPOINTS": text}).simulator_endpoints
    parameter = TEMPLATE.read_text(encoding="utf-8").partition("  SimulatorEndpoints:")[2]
    pattern = re.search(r"AllowedPattern: '(.*)'", parameter)
    assert pattern
    assert re.fullmatch(pattern[1], text)
