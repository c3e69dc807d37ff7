"""One suite for both tables."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import pytest

from batchdrop.ports import Absent, Below, Change, Either, Exists, Is, Key, OneOf

if TYPE_CHECKING:
    from batchdrop.ports import Condition, Table

JOB = Key("job#a", "job")
LANE = Key("job#a", "lane#0001")


class Colour(StrEnum):
    RED = "red"


ROW = {
    "text": "Straße 1, \U0001f600",
    "empty": "",
    "whole": 7,
    "large": 10**20,
    "part": 0.1,
    "true": True,
    "nothing": None,
    "list": [1, "two", [3.5], {"four": None}],
    "map": {"a": {"b": []}, "status": "reserved word"},
    "size": "a reserved word as a name",
    "with.dot": "one name, not a path",
}


def test_a_row_that_was_never_written_is_none(table: Table) -> None:
    assert table.get(JOB) is None


def test_a_first_write_makes_the_row_and_gives_it_back(table: Table) -> None:
    written = table.write(Change(JOB, put=ROW))
    assert written.done
    assert written.row == {"pk": "job#a", "sk": "job", **ROW}
    assert written.row["true"] is True  # 1 would be equal to it
    assert table.get(JOB) == written.row


def test_numbers_keep_their_kind_and_whole_floats_become_whole_numbers(table: Table) -> None:
    row = table.write(Change(JOB, put={"a": 2526.0, "b": 0.1, "c": 7, "d": -3, "e": 1e-7, "f": 1e300})).row
    assert row is not None
    assert [(row[name], type(row[name])) for name in "abcdef"] == [
        (2526, int), (0.1, float), (7, int), (-3, int), (1e-7, float), (1e300, float),
    ]  # fmt: skip


def test_tuples_become_lists_and_enums_become_text(table: Table) -> None:
    row = table.write(Change(JOB, put={"a": (1, 2), "b": Colour.RED})).row
    assert row is not None
    assert row["a"] == [1, 2]
    assert type(row["b"]) is str


@pytest.mark.parametrize("value", [b"bytes", {1, 2}, object(), {1: "number as a name"}])
def test_a_value_a_row_cannot_hold_is_refused(table: Table, value: Any) -> None:
    with pytest.raises(TypeError):
        table.write(Change(JOB, put={"a": value}))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**39 + 1])
def test_a_number_dynamodb_cannot_hold_is_refused(table: Table, value: float) -> None:
    with pytest.raises(ValueError, match="number"):
        table.write(Change(JOB, put={"a": value}))


def test_put_replaces_whole_attributes_and_leaves_the_others(table: Table) -> None:
    table.write(Change(JOB, put={"a": {"x": 1, "y": 2}, "b": 1}))
    assert table.write(Change(JOB, put={"a": {"z": 3}})).row == {
        "pk": "job#a",
        "sk": "job",
        "a": {"z": 3},
        "b": 1,
    }


def test_add_starts_at_nothing_and_remove_takes_away(table: Table) -> None:
    table.write(Change(JOB, put={"a": 1, "token": "t"}))
    written = table.write(
        Change(JOB, put={"b": 2}, add={"a": 2, "rings": 1, "down": -4}, remove=["token", "none"])
    )
    assert written.row == {"pk": "job#a", "sk": "job", "a": 3, "b": 2, "rings": 1, "down": -4}


def test_a_change_that_changes_nothing_makes_the_row_but_no_attribute(table: Table) -> None:
    assert table.write(Change(JOB)).row == {"pk": "job#a", "sk": "job"}
    assert table.write_together([Change(LANE)])
    assert table.get(LANE) == {"pk": "job#a", "sk": "lane#0001"}


def test_changing_a_returned_row_changes_nothing_in_the_table(table: Table) -> None:
    value: dict[str, Any] = {"list": [1]}
    row = table.write(Change(JOB, put={"a": value})).row
    assert row is not None
    row["a"]["list"].append(2)
    value["list"].append(3)
    assert table.get(JOB) == {"pk": "job#a", "sk": "job", "a": {"list": [1]}}


HOLDING: list[Condition] = [
    Is("run", 2),
    Is("run", 2.0),
    Is("name", "x"),
    Is("nothing", None),
    Is("flag", value=True),
    Is("map", {"a": [1]}),
    OneOf("name", ("y", "x")),
    Absent("missing"),
    Exists("nothing"),
    Exists("pk"),
    Below("run", 3),
    Below("run", 2, equal=True),
    Below("half", 0.6),
    Either((Is("run", 1), Absent("missing"))),
    Either((Either((Is("run", 2),)), Is("run", 9))),
]
FAILING: list[Condition] = [
    Is("run", 1),
    Is("run", "2"),
    OneOf("name", ("y", "z")),
    OneOf("missing", ("y", "z")),
    Absent("nothing"),
    Absent("pk"),
    Exists("missing"),
    Below("run", 2),
    Below("missing", 5),
    Either((Is("run", 1), Exists("missing"))),
]
CONDITIONED = {"run": 2, "name": "x", "nothing": None, "flag": True, "map": {"a": [1]}, "half": 0.5}


@pytest.mark.parametrize("condition", HOLDING, ids=str)
def test_a_condition_that_holds_lets_the_write_through(table: Table, condition: Condition) -> None:
    table.write(Change(JOB, put=CONDITIONED))
    written = table.write(Change(JOB, put={"done": 1}, when=[condition]))
    assert written.done
    assert written.row == table.get(JOB) == {"pk": "job#a", "sk": "job", **CONDITIONED, "done": 1}


@pytest.mark.parametrize("condition", FAILING, ids=str)
def test_a_condition_that_fails_gives_the_row_as_it_stands(table: Table, condition: Condition) -> None:
    table.write(Change(JOB, put=CONDITIONED))
    written = table.write(Change(JOB, put={"done": 1}, when=[condition]))
    assert not written.done
    assert written.row == table.get(JOB) == {"pk": "job#a", "sk": "job", **CONDITIONED}


def test_all_conditions_must_hold(table: Table) -> None:
    table.write(Change(JOB, put={"a": 1, "b": 1}))
    assert not table.write(Change(JOB, put={"c": 1}, when=[Is("a", 1), Is("b", 2)])).done
    assert table.write(Change(JOB, put={"c": 1}, when=[Is("a", 1), Is("b", 1)])).done


def test_a_condition_on_a_row_that_is_not_there_fails_without_a_row(table: Table) -> None:
    written = table.write(Change(JOB, add={"rings": 1}, when=[Exists("pk")]))
    assert (written.done, written.row) == (False, None)
    assert table.get(JOB) is None


def test_only_the_first_claim_wins_and_the_second_sees_the_winner(table: Table) -> None:
    claim = [Absent("pk")]
    assert table.write(Change(JOB, put={"owner": "one"}, when=claim)).done
    second = table.write(Change(JOB, put={"owner": "two"}, when=claim))
    assert not second.done
    assert second.row is not None
    assert second.row["owner"] == "one"


def test_of_many_claims_at_once_one_wins(table: Table) -> None:
    def claim(owner: int) -> bool:
        return table.write(Change(JOB, put={"owner": owner}, when=[Absent("pk")])).done

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(claim, range(8))) == [False] * 7 + [True]


def test_delete_takes_the_row_when_its_conditions_hold(table: Table) -> None:
    table.write(Change(JOB, put={"owner": "one"}))
    refused = table.write(Change(JOB, delete=True, when=[Is("owner", "two")]))
    assert not refused.done
    assert refused.row == {"pk": "job#a", "sk": "job", "owner": "one"}
    gone = table.write(Change(JOB, delete=True, when=[Is("owner", "one")]))
    assert (gone.done, gone.row) == (True, None)
    assert table.get(JOB) is None
    assert table.write(Change(JOB, delete=True)).done


def test_changes_together_happen_all_or_none(table: Table) -> None:
    table.write(Change(JOB, put={"run": 1, "old": 1}))
    ticket = Key("ticket#geoapify#t", "ticket")
    changes = [
        Change(JOB, put={"state": "created"}, add={"run": 1}, remove=["old"], when=[Is("run", 1)]),
        Change(ticket, put={"job": "a"}, when=[Absent("pk")]),
        Change(LANE, delete=True),
    ]
    assert table.write_together(changes)
    assert table.get(JOB) == {"pk": "job#a", "sk": "job", "run": 2, "state": "created"}
    assert table.get(ticket) is not None
    before = table.get(JOB)
    assert not table.write_together([Change(JOB, put={"state": "lost"}), Change(ticket, when=[Absent("pk")])])
    assert table.get(JOB) == before
    assert table.write_together([])


def test_rows_of_a_partition_come_in_order_and_only_those_asked_for(table: Table) -> None:
    for sk in ("lane#0002", "batch#00010", "job", "batch#00002", "batch#00001", "lane#0001"):
        table.write(Change(Key("job#a", sk), put={"n": 1}))
    table.write(Change(Key("job#ab", "batch#00001"), put={"n": 1}))

    def found(*args: str, **named: str) -> list[str]:
        return [row["sk"] for row in table.query("job#a", *args, **named)]

    batches = ["batch#00001", "batch#00002", "batch#00010"]
    assert found() == [*batches, "job", "lane#0001", "lane#0002"]
    assert found("batch#") == batches
    assert found(first="batch#00002", last="job") == ["batch#00002", "batch#00010", "job"]
    assert found(first="job") == ["job", "lane#0001", "lane#0002"]
    assert found(last="batch#00002") == batches[:2]
    assert found("none") == []
    assert list(table.query("job#none")) == []


def test_a_query_reads_past_the_first_page(table: Table) -> None:
    for number in range(5):  # a page of DynamoDB is 1 MB
        table.write(Change(Key("job#a", f"batch#{number:05}"), put={"blob": "x" * 350_000}))
    assert len(list(table.query("job#a", "batch#"))) == 5


def test_jobs_come_by_status_newest_first(table: Table) -> None:
    for number in range(5):
        changes = {"status_key": "pending", "updated": f"2025-01-0{number + 1}", "n": number}
        table.write(Change(Key(f"job#{number}", "job"), put=changes))
    table.write(Change(Key("job#9", "job"), put={"status_key": "completed", "updated": "2025-01-09"}))
    table.write(Change(Key("job#8", "job"), put={"updated": "2025-01-09"}))

    def found(**named: Any) -> list[int]:
        return [row["n"] for row in table.jobs("pending", **named)]

    assert found() == [4, 3, 2, 1, 0]
    assert found(limit=2) == [4, 3]
    assert found(before="2025-01-03") == [1, 0]
    assert found(before="2025-01-03", limit=1) == [1]
    assert found(until="2025-01-03") == [2, 1, 0]
    assert list(table.jobs("stopped")) == []
    with pytest.raises(ValueError, match="not both"):
        list(table.jobs("pending", before="2025-01-03", until="2025-01-03"))


WRONG = [
    Change(JOB, put={"pk": "other"}),
    Change(JOB, put={"a": 1}, add={"a": 1}),
    Change(JOB, put={"a": 1}, remove=["a"]),
    Change(JOB, put={"a": 1}, delete=True),
    Change(JOB, when=[OneOf("a", ())]),
    Change(JOB, when=[OneOf("a", tuple(range(101)))]),
    Change(JOB, when=[Either(())]),
    Change(JOB, when=[Either((Either(()),))]),
]


@pytest.mark.parametrize("change", WRONG, ids=str)
def test_a_change_that_makes_no_sense_is_refused(table: Table, change: Change) -> None:
    with pytest.raises(ValueError, match=r"change|key|takes"):
        table.write(change)
    with pytest.raises(ValueError, match=r"change|key|takes"):
        table.write_together([change])
    assert table.get(JOB) is None


def test_changes_that_cannot_go_together_are_refused(table: Table) -> None:
    with pytest.raises(ValueError, match="different rows"):
        table.write_together([Change(JOB), Change(JOB)])
    with pytest.raises(ValueError, match="at most 100"):
        table.write_together([Change(Key("job#a", f"{n}")) for n in range(101)])
    with pytest.raises(ValueError, match="not both"):
        list(table.query("job#a", "batch#", first="a"))
