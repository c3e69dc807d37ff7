"""Devices out of cells and out of objects: what is sent, and what is wrong with the rest."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchdrop.errors import BadFile
from batchdrop.ports import Takes
from batchdrop.problems import CODES, Problem
from batchdrop.records.devices import checked
from batchdrop.records.mapping import QueryMaker, map_columns

RULE = "74a6fe54-2077-4629-b924-3340bc88b864"
OTHER = "c096874c-0d5f-41c8-9cd8-56c25f9df23b"
AREA = "08e742fc-52d1-49aa-bea0-60a6cd17d8a2"
SEED = (
    "name,deviceId,externalDeviceId,connectorId,sendMs,sampleMs,distanceM,areaBased,type,"
    f"tag:priority1,tag:priority2,tag:food,tag:Fragile,rule:{RULE},rule:{OTHER},geofence:{AREA}"
)
ADD, DELETE = Takes.DEVICE, Takes.DEVICE_DELETE


def made(takes: Takes, header: str, row: str) -> Any:
    """The device that is sent of a row, or the code of its problem."""
    names = header.split(",")
    query = QueryMaker(names, map_columns(names, takes), takes).make(row.split(","))
    return query.code if isinstance(query, Problem) else json.loads(query["device"])


def sent(takes: Takes, device: dict[str, Any]) -> Any:
    found = checked(device, takes)
    return found.code if isinstance(found, Problem) else json.loads(found["device"])


def test_the_rows_of_the_tutorial_are_read_as_it_says() -> None:
    row = "my at4h tracker in distance based mode,a19b2648,,,600000,300000,100,,Phone,1,,,,1,,1"
    assert made(ADD, SEED, row) == {
        "name": "my at4h tracker in distance based mode", "deviceId": "a19b2648", "sendMs": 600000, "sampleMs": 300000,
        "distanceM": 100, "type": "Phone", "tags": ["priority1"], "rules": [RULE], "geofences": [AREA]}  # fmt: skip
    row = "my super tracker in area based mode,13316aa5,,,600000,100000,,1,Returnable / Reusable,,1,1,,1,1,"
    assert made(ADD, SEED, row) == {
        "name": "my super tracker in area based mode", "deviceId": "13316aa5", "sendMs": 600000, "sampleMs": 100000,
        "areaBased": True, "type": "Returnable / Reusable", "tags": ["priority2", "food"], "rules": [RULE, OTHER]}  # fmt: skip


@pytest.mark.parametrize(
    ("takes", "header", "row", "expected"),
    [
        (ADD, "name", " a ", {"name": "a"}),
        (ADD, "Name,External ID", "a,1", {"name": "a", "externalId": "1"}),
        (ADD, "name,external_device_id,CONNECTOR-ID", "a,1,2",
         {"name": "a", "externalDeviceId": "1", "connectorId": "2"}),
        (ADD, "name,sendMs,distanceM", "a,0,+2.5", {"name": "a", "sendMs": 0, "distanceM": 2.5}),
        (ADD, "name,sampleMs", "a,1e3", {"name": "a", "sampleMs": 1000}),
        (ADD, "name,areaBased", "a,TRUE", {"name": "a", "areaBased": True}),
        (ADD, "name,areaBased", "a,0", {"name": "a"}),
        (ADD, "name,tags,tag:x,TAG: y ", "a,b | c|b||,1,true", {"name": "a", "tags": ["b", "c", "x", "y"]}),
        (ADD, "name,tag:s,tag:", "a,1,1", {"name": "a", "tags": ["s"]}),
        (ADD, "name,tag:a:b", "a,1", {"name": "a", "tags": ["a:b"]}),
        (ADD, "name,trackingId,unclaimOnly,remark", "a,x,1,y", {"name": "a"}),
        (DELETE, "name,trackingId", "a,HERE-1", {"trackingId": "HERE-1"}),
        (DELETE, "trackingId,externalId,unclaimOnly", ",1,1", {"externalId": "1", "unclaimOnly": True}),
        (DELETE, "connectorId,externalDeviceId,removeFromConnectorOnly,unclaimOnly", "1,2,1,0",
         {"connectorId": "1", "externalDeviceId": "2", "removeFromConnectorOnly": True}),
    ],
)  # fmt: skip
def test_cells_become_a_device(takes: Takes, header: str, row: str, expected: dict[str, Any]) -> None:
    assert made(takes, header, row) == expected


@pytest.mark.parametrize(
    ("takes", "header", "row", "code"),
    [
        (ADD, "name,type", ",Phone", "DEVICE_VARIANT"),
        (ADD, "name,type", " , ", "DEVICE_VARIANT"),
        (ADD, "name,deviceId,externalId", "a,1,2", "DEVICE_VARIANT"),
        (ADD, "name,externalDeviceId", "a,1", "DEVICE_VARIANT"),
        (ADD, "name,connectorId", "a,1", "DEVICE_VARIANT"),
        (ADD, "name", "x" * 51, "NAME_LENGTH"),
        (ADD, "name,deviceId", "a," + "x" * 51, "NAME_LENGTH"),
        (ADD, "name,type", "a," + "x" * 51, "NAME_LENGTH"),
        (ADD, "name,tags", "a," + "x" * 51, "NAME_LENGTH"),
        (ADD, "name,sendMs", "a,soon", "NOT_A_NUMBER"),
        (ADD, "name,sendMs", "a,1.000.000", "NOT_A_NUMBER"),
        (ADD, "name,sendMs", "a," + "9" * 41, "NOT_A_NUMBER"),
        (ADD, "name,sendMs", "a,1e999", "NOT_A_NUMBER"),
        (ADD, "name,sendMs", "a,nan", "NOT_A_NUMBER"),
        (ADD, "name,sendMs", "a,²", "NOT_A_NUMBER"),
        (ADD, "name,sendMs", "a,-+1", "NOT_A_NUMBER"),
        (ADD, "name,sendMs", "a,-1", "NUMBER_RANGE"),
        (ADD, "name,areaBased", "a,maybe", "WRONG_TYPE"),
        (ADD, "name,tag:food", "a,2", "WRONG_TYPE"),
        (ADD, "name,rule:mine", "a,1", "NOT_A_UUID"),
        (ADD, "name,geofences", f"a,{AREA}|x", "NOT_A_UUID"),
        (ADD, "name,tags", "a," + "|".join("abcdefghijk"), "TOO_MANY_TAGS"),
        (DELETE, "trackingId,externalId", "1,2", "DEVICE_VARIANT"),
        (DELETE, "trackingId,externalId", ",", "DEVICE_VARIANT"),
        (DELETE, "trackingId,removeFromConnectorOnly", "1,1", "DEVICE_VARIANT"),
        (DELETE, "trackingId,unclaimOnly", "1,perhaps", "WRONG_TYPE"),
    ],
)
def test_a_record_that_the_service_would_refuse_is_invalid(
    takes: Takes, header: str, row: str, code: str
) -> None:
    assert made(takes, header, row) == code


def test_a_rule_column_that_is_no_uuid_hurts_only_the_records_that_use_it() -> None:
    assert made(ADD, "name,rule:mine", "a,") == {"name": "a"}


@pytest.mark.parametrize(("geofences", "fits"), [(3, True), (4, False)])
def test_area_based_mode_has_room_for_three_geofences(geofences: int, fits: bool) -> None:
    columns = [f"geofence:{AREA[:-1]}{number}" for number in range(geofences)]
    header, row = ",".join(["name", "areaBased", *columns]), ",".join(["a", "1", *["1"] * geofences])
    found = made(ADD, header, row)
    assert (len(found["geofences"]) == 3) if fits else found == "AREA_GEOFENCES"


def test_a_problem_names_the_column_of_the_file_and_never_the_value() -> None:
    names = ["Name", "Send ms"]
    found = QueryMaker(names, map_columns(names, ADD), ADD).make(["a", "canary"])
    assert isinstance(found, Problem)
    assert found.column == "Send ms"
    assert "canary" not in found.message + found.remedy


@pytest.mark.parametrize(
    ("takes", "header"),
    [(ADD, "deviceId,type"), (ADD, "tag:name"), (DELETE, "name,deviceId"), (DELETE, "connectorId")],
)
def test_a_file_without_the_columns_of_any_variant_is_refused(takes: Takes, header: str) -> None:
    with pytest.raises(BadFile, match="WRONG_COLUMNS"):
        map_columns(header.split(","), takes)


@pytest.mark.parametrize(
    ("takes", "device", "expected"),
    [
        (ADD, {"name": "a", "tags": ["x", "x"], "areaBased": False, "type": None},
         {"name": "a", "tags": ["x"]}),
        (ADD, {"name": "a", "sendMs": 0.5, "areaBased": "true"}, {"name": "a", "sendMs": 0.5, "areaBased": True}),
        (DELETE, {"externalId": "MyDevice1", "unclaimOnly": "true"}, {"externalId": "MyDevice1", "unclaimOnly": True}),
        (ADD, {"name": 5}, "WRONG_TYPE"),
        (ADD, {"name": ""}, "NAME_LENGTH"),
        (ADD, {"name": "a", "sendMs": "5"}, "NOT_A_NUMBER"),
        (ADD, {"name": "a", "sendMs": True}, "NOT_A_NUMBER"),
        (ADD, {"name": "a", "areaBased": 1}, "WRONG_TYPE"),
        (ADD, {"name": "a", "tags": "x"}, "WRONG_TYPE"),
        (ADD, {"name": "a", "tags": [5]}, "WRONG_TYPE"),
        (ADD, {"name": "a", "tags": [None]}, "WRONG_TYPE"),
        (ADD, {"name": "a", "rules": [None]}, "NOT_A_UUID"),
        (ADD, {"name": "a", "colour": "red"}, "DEVICE_VARIANT"),
        (ADD, {"trackingId": "HERE-1"}, "DEVICE_VARIANT"),
        (DELETE, {"name": "a"}, "DEVICE_VARIANT"),
        (DELETE, {}, "DEVICE_VARIANT"),
    ],
)  # fmt: skip
def test_an_object_somebody_wrote_is_held_to_the_same_rules(
    takes: Takes, device: dict[str, Any], expected: Any
) -> None:
    assert sent(takes, device) == expected


@given(
    st.sampled_from((ADD, DELETE)),
    st.dictionaries(
        st.sampled_from(
            [
                "name",
                "deviceId",
                "externalId",
                "trackingId",
                "sendMs",
                "areaBased",
                "tags",
                "rules",
                "unclaimOnly",
                "x",
            ]
        ),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text() | st.none()),
    ),
)
def test_whatever_an_object_holds_it_is_a_device_or_has_a_known_problem(
    takes: Takes, device: dict[str, Any]
) -> None:
    found = checked(device, takes)
    if isinstance(found, Problem):
        assert found.code in CODES
    else:
        assert checked(json.loads(found["device"]), takes) == found
