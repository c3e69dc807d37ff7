"""Requests as public clients send them, and what these clients read of the answers.

Only the shapes are theirs: CartoDB/dataservices-api and jessecambon/tidygeocoder for the Batch Geocoder 6.2, Mapotempo/geocoder-api
and a Nuxt application for Batch v7, geoapify/batch-geocoding 1.0.0. node-geocoder and geobatchpy run as they are: tests/e2e.
"""

from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ET
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from batchdrop_sandbox.simulators.clock import Clock
from batchdrop_sandbox.simulators.server import SimulatorServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    import requests


@pytest.fixture
def server() -> Iterator[SimulatorServer]:
    services = ["here_geocoder_v6", "here_batch_v7", "geoapify"]
    with SimulatorServer.start(services=services, clock=Clock(speed=0)) as running:
        yield running


@pytest.mark.parametrize("archive", ["one_underscore", "two_underscores"])
@pytest.mark.parametrize("credentials", [{"app_id": "i", "app_code": "c"}, {"apikey": "k"}])
def test_carto_geocodes_with_6_2_and_reads_all_files_of_the_zip(
    server: SimulatorServer, web: requests.Session, credentials: dict[str, str], archive: str
) -> None:
    server.behaviours["here_geocoder_v6"].configure({"archive": archive})
    url = f"{server.urls['here_geocoder_v6']}/jobs"
    written = io.StringIO()
    rows = [["722", "Berlin", "DEU"], ["723", "Nowhere 1, Atlantis", "DEU"], ["100", "", ""]]
    csv.writer(written, delimiter="|").writerows([["recId", "searchText", "country"], *rows])
    asked: dict[str, Any] = {
        "gen": 8,
        "action": "run",
        "header": "true",
        "inDelim": "|",
        "outDelim": "|",
        "outCols": "displayLatitude,displayLongitude,relevance,matchType,matchCode,matchLevel,matchQualityStreet",
        "outputcombined": "true",
    }
    made = web.post(url, data=written.getvalue(), params={**credentials, **asked})
    job = ET.fromstring(made.text).findtext("./Response/MetaInfo/RequestId")  # noqa: S314 - our simulator's
    server.clock.advance(60)
    shown = ET.fromstring(  # noqa: S314 - our simulator's
        web.get(f"{url}/{job}", params={**credentials, "action": "status"}).text
    )
    counts = [shown.findtext(f"./Response/{name}") for name in ("TotalCount", "ProcessedCount", "Status")]
    assert counts == ["3", "3", "completed"]
    packed = web.get(f"{url}/{job}/all", params=credentials).content
    with zipfile.ZipFile(io.BytesIO(packed)) as found:
        (name,) = [name for name in found.namelist() if name.endswith("_out.txt")]
        text = io.TextIOWrapper(found.open(name), encoding="utf-8", newline="")
        read = {row["recId"]: row for row in csv.DictReader(text, delimiter="|")}
    assert read["722"]["SeqNumber"] == "1"
    assert float(read["722"]["relevance"]) > 0
    assert [read[one]["matchLevel"] for one in ("723", "100")] == ["NOMATCH", "FAILED"]


@pytest.mark.parametrize(
    ("header", "lines", "more"),
    [
        ("recID|searchText", "1 | Berlin\n2 | Hamburg", {}),
        ("recId|prox", "1 | 52.52,13.4,250\n2 | 53.55,9.99,250", {"mode": "retrieveAddresses"}),
    ],
)
def test_tidygeocoder_reads_as_many_columns_in_each_line_as_it_expects(
    server: SimulatorServer, web: requests.Session, header: str, lines: str, more: dict[str, str]
) -> None:
    url = f"{server.urls['here_geocoder_v6']}/jobs"
    asked: dict[str, Any] = {
        "maxresults": 1,
        "apiKey": "k",
        "indelim": "|",
        "outdelim": "|",
        "outputcombined": "TRUE",
        "outcols": "displayLatitude,displayLongitude",
        "includeInputFields": "TRUE",
        "action": "run",
        **more,
    }
    accept = {"Accept": "application/json, text/xml, application/xml, */*"}
    made = web.post(url, params=asked, data=f"{header}\n{lines}".encode(), headers=accept)
    job = made.json()["Response"]["MetaInfo"]["RequestId"]
    server.clock.advance(60)
    status = web.get(f"{url}/{job}", params={"action": "status", "apiKey": "k"}, headers=accept).json()
    assert status["Response"]["Status"] == "completed"
    text = web.get(f"{url}/{job}/result", params={"apiKey": "k", "outputcompressed": "FALSE"}).text
    table = [line.split("|") for line in text.splitlines()]
    assert [len(line) for line in table] == [6, 6, 6]
    assert (table[0][0], [line[0] for line in table[1:]]) == ("recId", ["1", "2"])


def test_mapotempo_posts_to_v1_with_a_header_line_and_follows_the_hrefs(
    server: SimulatorServer, web: requests.Session
) -> None:
    origin = server.urls["here_batch_v7"].removesuffix("/v7")
    names = "recId accessLatitude accessLongitude positionLatitude positionLongitude queryScore resultType label houseNumber"
    names += " street postcode city district county state country"
    hrn = "hrn:here:service::olp-here:search-{}-7"
    for service, header, lines in (
        ("geocode", "recId|searchText|country", ["0|Berlin|DEU", "1|Paris|France", "2|a|"]),
        ("revgeocode", "recId|at|limit", ["0|52.52437,13.41053|1", "1|48.85,2.35|1"]),
    ):
        params = {"apiKey": "k", "serviceHrn": hrn.format(service), "outputColumns": "|".join(names.split())}
        made = web.post(
            f"{origin}/v1/batch/jobs",
            params=params,
            data="\n".join([header, *lines]).encode(),
            headers={"Content-Type": "text/plain"},
        )
        assert made.status_code == 201, made.text
        job = made.json()
        server.clock.advance(60)
        job = web.get(job["href"], params={"apiKey": "k"}).json()
        assert job["status"] == "completed"
        table = [
            line.split("|") for line in web.get(job["resultsHref"], params={"apiKey": "k"}).text.split("\n")
        ]
        read = [dict(zip(table[0], row, strict=True)) for row in table[1:] if row != [""]]
        rows = {row["recId"]: row for row in read}
        assert (rows["0"]["positionLatitude"], rows["0"]["city"]) == ("52.52437", "Berlin")
        assert rows["1"]["country"] == "FRA"


def test_an_application_posts_to_v7_with_a_header_line_of_its_own(
    server: SimulatorServer, web: requests.Session
) -> None:
    params = {
        "apiKey": "k",
        "serviceHrn": "hrn:here:service::olp-here:search-geocode-7",
        "inputDelimiter": "|",
        "outputDelimiter": "|",
        "outputColumns": "recId|positionLat|positionLng",
        "startJob": "true",
        "outputType": "csv",
    }
    url = f"{server.urls['here_batch_v7']}/batch/jobs"
    made = web.post(
        url, params=params, data=b"recId|q|country\n0|Berlin|DEU\n1|Nowhere 1 Atlantis|USA"
    ).json()
    server.clock.advance(60)
    assert web.get(f"{url}/{made['id']}", params={"apiKey": "k"}).json()["status"] == "completed"
    text = web.get(f"{url}/{made['id']}/results", params={"apiKey": "k"}).text
    rows = {row["recId"]: row for row in csv.DictReader(io.StringIO(text), delimiter="|")}
    assert (rows["0"]["positionLat"], set(rows)) == ("52.52437", {"0"})


@pytest.mark.parametrize(
    ("api", "inputs"),
    [
        ("/v1/geocode/search", [{"text": "Berlin", "importId": "a"}, {"text": "Nowhere 1, Atlantis"}]),
        (
            "/v1/geocode/search",
            [{"city": "Berlin", "country": "Germany", "recordId": "a"}, {"city": "Zzqxvblort"}],
        ),
        ("/v1/geocode/reverse", [{"lat": 52.52, "lon": 13.4, "custom": "a"}, {"lon": 10.0, "lat": 53.55}]),
    ],
)
def test_geoapify_s_own_library_sends_its_extra_fields_and_reads_the_first_feature(
    server: SimulatorServer, web: requests.Session, api: str, inputs: list[dict[str, Any]]
) -> None:
    body = {
        "api": api,
        "inputs": [{"params": one} for one in inputs],
        "params": {"limit": "1", "lang": "en", "bias": "proximity:13.4,52.5"},
        "priority": 1,
    }
    url = f"{server.urls['geoapify']}/v1/batch"
    made = web.post(url, params={"apiKey": "k"}, json=body)
    assert made.status_code == 202
    asked = {"id": made.json()["id"], "apiKey": "k"}
    assert web.get(url, params=asked).status_code == 202
    server.clock.advance(60)
    done = web.get(url, params=asked)
    features = [one["result"]["features"][:1] for one in done.json()["results"]]
    (first,) = features[0]
    lon, lat = first["geometry"]["coordinates"]
    assert (first["properties"]["lat"], first["properties"]["lon"]) == (lat, lon)
    assert bool(features[1]) == (api == "/v1/geocode/reverse")


def test_geoapify_s_own_library_reads_the_message_of_a_refusal(
    server: SimulatorServer, web: requests.Session
) -> None:
    url = f"{server.urls['geoapify']}/v1/batch"
    reply = web.post(url, params={"apiKey": "refused-key"}, json={})
    assert (reply.status_code, reply.json()["message"]) == (401, "Invalid apiKey")
    server.faults.add({"service": "geoapify", "call": "look", "kind": "status", "status": 500})
    broken = web.get(url, params={"apiKey": "k", "id": "x"})
    assert (broken.status_code, broken.text) == (500, "Internal Server Error")
