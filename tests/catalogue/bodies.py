"""Group P, bodies of answers: counts, repeated and missing records; errors of single records."""

from __future__ import annotations

import io
import json
import zipfile
from functools import partial
from typing import TYPE_CHECKING, Any

from tests.catalogue.answered import ALL, answered, well
from tests.catalogue.between import (
    CREATE,
    GEOAPIFY,
    HERE,
    LOOK,
    OLDER,
    RESULTS,
    TRACKING,
    Provider,
    bytes_edited,
    json_edited,
    on,
)
from tests.steps.anything import codes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


EVER = 10**9


def counts(**changed: int) -> Callable[[Provider], Any]:
    """HERE v7's counters of an ended job are these."""

    def change(found: dict[str, Any]) -> None:
        if found["status"] == "completed":
            found["records"].update(changed)

    return lambda _made: on(LOOK[HERE], json_edited(change))


def older_counts(**changed: int) -> Callable[[Provider], Any]:
    """The same for 6.2, whose counters are named otherwise."""

    def change(found: Any) -> None:
        if isinstance(found, dict):
            for name in found:
                if name in changed and found.get("Status", "completed") == "completed":
                    found[name] = changed[name]
                change(found[name])

    return lambda _made: on(LOOK[OLDER], json_edited(change))


def tracking_counts(**changed: int) -> Callable[[Provider], Any]:
    """The same for Tracking."""

    def change(found: dict[str, Any]) -> None:
        if found["status"] == "completed":
            found.update(changed)

    return lambda _made: on(LOOK[TRACKING], json_edited(change))


def _accepted(made: Provider, _document: Mapping[str, Any]) -> None:
    """A person accepts it: what was read stands, and nothing was sent again."""
    after = made.act("accept_gaps", numbers=[1])
    assert after["status"] == "completed"
    assert made.count(*CREATE[made.service]) == 1


def _fetched_again(made: Provider, _document: Mapping[str, Any]) -> None:
    """A person has it fetched again, the service has come to its senses: all is well for the price of a look."""
    made.twist = lambda _request, reply: reply
    after = made.act("recollect", numbers=[1])
    assert (after["status"], after["attention"]) == ("completed", None)
    assert codes(made.world, made.job, len(well(made.service)), ".csv") == well(made.service)
    assert made.count(*CREATE[made.service]) == 1


COUNTS = [
    answered(
        "P13",
        "more succeeded than there are rows",
        HERE,
        "GAPS",
        twist=counts(succeeded=4, failed=1),
        then=_accepted,
    ),
    answered(
        "P13b",
        "fewer succeeded than there are rows",
        HERE,
        "GAPS",
        twist=counts(succeeded=1, failed=3),
        then=_fetched_again,
    ),
    answered("P13c", "more failed than there are errors", HERE, "GAPS", twist=counts(succeeded=3, failed=2)),
    answered("P13d", "another total", HERE, "GAPS", twist=counts(total=9)),
    answered("P13e", "a total below what came", HERE, "GAPS", twist=counts(total=2)),
    answered(
        "P13f", "no match counted as succeeded, which may be", HERE, twist=counts(succeeded=4, failed=0)
    ),
    answered(
        "P13g",
        "counters that are none",
        HERE,
        twist=lambda _made: on(LOOK[HERE], json_edited(lambda found: found.update(records="many"))),
    ),
    answered(
        "P13h",
        "more succeeded than there are rows: 6.2",
        OLDER,
        "GAPS",
        twist=older_counts(SuccessCount=9),
        then=_accepted,
    ),
    answered(
        "P13i",
        "more succeeded than there are rows: tracking",
        TRACKING,
        "GAPS",
        twist=tracking_counts(succeeded=9),
        then=_accepted,
    ),
]


def rows_of(service: str, change: Callable[[list[Any]], list[Any]]) -> Callable[[Provider], Any]:
    """Other rows in the results: of HERE the lines below the header, else the items."""

    def text(body: bytes) -> bytes:
        head, *lines = body.decode().splitlines(keepends=True)
        return "".join([head, *change(lines)]).encode()

    def zipped(body: bytes) -> bytes:
        return rezipped(body, lambda name, inner: text(inner) if "_out" in name else inner)

    def items(found: dict[str, Any]) -> None:
        name = "results" if service == GEOAPIFY else "items"
        found[name] = change(found[name])

    edit = {HERE: bytes_edited(text), OLDER: bytes_edited(zipped)}.get(service, json_edited(items))
    return lambda _made: on(RESULTS[service], edit)


def rezipped(body: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """The zip with other members."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(body)) as before,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for name in before.namelist():
            after.writestr(name, change(name, before.read(name)))
    return made.getvalue()


def _moved(row: Any) -> Any:
    """The same row with another position."""
    if isinstance(row, str):
        return row.replace("52.52437", "12.34567")
    return json.loads(json.dumps(row).replace("52.52437", "12.34567"))


def _both_kept(made: Provider, _document: Mapping[str, Any]) -> None:
    found = [row for row in made.world.rows(made.job, "results.csv") if row["bd_recId"] == "2"]
    assert sorted(row["bd_lat"] for row in found) == ["12.34567", "52.52437"]
    assert [row["bd_seqLength"] for row in found] == ["2", "2"]


def _one_kept(made: Provider, _document: Mapping[str, Any]) -> None:
    found = [row["bd_recId"] for row in made.world.rows(made.job, "results.csv")]
    assert len(found) == len(set(found))


def numbered(rows: list[str]) -> list[str]:
    """Of the first found record two rows, numbered 1 and 2 of 2, the second one first and at another place."""

    def cells(row: str, number: int) -> str:
        parts = row.split("|")
        parts[1:3] = [str(number), "2"]
        return "|".join(parts)

    berlin = next(row for row in rows if "52.52437" in row)
    return [_moved(cells(berlin, 2)), *(row for row in rows if row is not berlin), cells(berlin, 1)]


def _second(rows: list[Any]) -> Any:
    return next(row for row in rows if "52.52437" in json.dumps(row))


def with_stranger(service: str, rows: list[Any]) -> list[Any]:
    """The rows, and one of a record that nobody sent."""
    return [*rows, strange(service, rows[-1])]


def strange(service: str, row: Any) -> Any:
    """The row of a record that nobody sent."""
    if isinstance(row, str):
        header_first = row.split("|")
        header_first[0] = "999"
        return "|".join(header_first)
    if service == GEOAPIFY:
        return {**row, "id": "999"}
    return {**row, "name": "another", "externalId": "D-99"}


def _spoil(service: str, rows: list[Any]) -> list[Any]:
    """The rows, the last one with a number that is none: the position's, or where there is no position, an odd list of errors."""
    last = rows[-1]
    if isinstance(last, str):
        return [*rows[:-1], last.replace(last.split("|")[2 if service == HERE else 3], "north", 1)]
    if service == GEOAPIFY:
        return [*rows[:-1], {**last, "result": "text"}]
    return [*rows[:-1], {**last, "errors": "text"}]


def _with_many_strangers(service: str, rows: list[Any]) -> list[Any]:
    return [*rows, *[strange(service, rows[-1])] * 9]


def _named_only(made: Provider, document: Mapping[str, Any]) -> None:
    """Every record has its answer; the note says which row was set aside."""
    (note,) = document["notes"]
    assert (note["code"], note["count"]) == ("ODD_ROWS", 1)
    assert "batch 00001, " in note["message"]
    assert made.count(*CREATE[made.service]) == 1


def _all_others_count(made: Provider, document: Mapping[str, Any]) -> None:
    """The attention says both numbers; accepted, only the record of the odd row has failed, and nothing was sent again."""
    total = len(well(made.service))
    (batch,) = document["attention"]["batches"]
    assert f"1 of {total} records have no answer." in batch["detail"]
    assert "1 row of the answer could not be used." in batch["detail"]
    assert batch["detail"] in document["attention"]["message"]
    after = made.act("accept_gaps", numbers=[1])
    assert (after["status"], after["attention"]) == ("completed", None)
    found = codes(made.world, made.job, total, ".csv")
    assert sorted(found) == sorted([*well(made.service)[:-1], "UNACCOUNTED"])
    assert [note["code"] for note in after["notes"]] == ["ODD_ROWS"]
    assert made.count(*CREATE[made.service]) == 1


PLACED = (GEOAPIFY, HERE, OLDER)
TWICE = [
    answered("P14", "a record with two answers, in disorder", HERE, twist=rows_of(HERE, numbered), then=_both_kept),
    *[answered(f"P14b_{service}", f"every row twice: {service}", service, twist=rows_of(service, lambda rows: rows + rows), then=_one_kept) for service in PLACED],
    *[answered(f"P14c_{service}", f"the same number with another answer: {service}", service, log="two answers that differ",
               twist=rows_of(service, lambda rows: [*rows, _moved(_second(rows))]), then=_both_kept) for service in PLACED],
    *[answered(f"P14d_{service}", f"a record that was never sent: {service}", service, then=_named_only, log="the answer is odd",
               twist=rows_of(service, partial(with_stranger, service))) for service in ALL],
    answered("P14e", "a device twice: tracking", TRACKING, twist=rows_of(TRACKING, lambda rows: [*rows, rows[0]]), then=_named_only),
    *[answered(f"P14f_{service}", f"a row that cannot be read: {service}", service, "GAPS", then=_all_others_count,
               twist=rows_of(service, partial(_spoil, service))) for service in ALL],
    *[answered(f"P14g_{service}", f"more rows of others than own ones: {service}", service, "GAPS", then=_fetched_again,
               twist=rows_of(service, partial(_with_many_strangers, service))) for service in ALL],
]  # fmt: skip


def _the_rest_only(made: Provider, _document: Mapping[str, Any]) -> None:
    """Accepted, the missing ones stand in errors.csv; dropped back, they and only they are sent."""
    after = made.act("accept_gaps", numbers=[1])
    assert after["status"] == "completed"
    errors = made.world.rows(made.job, "errors.csv")
    missing = [row for row in errors if row["bd_code"] == "UNACCOUNTED"]
    assert missing
    billed = made.account["records"]
    made.twist = lambda _request, reply: reply
    body = made.world.output(made.job, "errors.csv")
    made.drop(body, name="errors.csv")
    again = made.drive()
    assert again["status"] == "completed"
    assert made.account["records"] == billed + len(errors)


SETTINGS = {
    GEOAPIFY: {"lost_results": 1},
    HERE: {"lost_records": 1},
    OLDER: {"lost_records": 1},
    TRACKING: {"lost_rows": 1},
}


def _kept(made: Provider, _document: Mapping[str, Any]) -> None:
    """The found ones are in the results while the job waits."""
    assert made.world.rows(made.job, "results.csv")
    made.configure(**dict.fromkeys(SETTINGS[made.service], 0))
    _the_rest_only(made, _document)


MISSING = [
    *[answered(f"P15{'' if service == GEOAPIFY else '_' + service}", f"a record missing: {service}", service, "GAPS", times=2,
               settings=SETTINGS[service], then=_accepted if service == TRACKING else _kept) for service in ALL],
    *[answered(f"P15b_{service}", f"all results missing: {service}", service, "GAPS", twist=rows_of(service, lambda _rows: []), then=_fetched_again)
      for service in (*PLACED, TRACKING)],
    answered("P16", "an error object in a result", GEOAPIFY, ["NO_MATCH", "500", "", ""], settings={"error_inputs": (1,)}),
    answered("P16b", "rows that failed: tracking", TRACKING, ["", "500", ""], settings={"failed_rows": (1,)}),
    answered("P16c", "a record that failed: 6.2", OLDER, ["NO_MATCH", "SERVICE_ERROR", "", ""], settings={"failed_lines": (3,)}),
]  # fmt: skip

ROWS = [*COUNTS, *TWICE, *MISSING]  # fmt: skip
