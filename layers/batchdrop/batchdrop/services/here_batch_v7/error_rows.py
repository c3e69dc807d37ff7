"""From HERE's errors file to outcomes. Pure, in bounded memory.

HERE's own page on the form was not read; MapQuest's twin of the service has `recId|errorCode|errorMessage` with a JSON message
[peer]. Read are this form, the same without its header line, other columns beside these, and JSON lines: which one HERE writes
is not known.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from batchdrop.ports import Outcome, OutcomeKind
from batchdrop.redaction import redact
from batchdrop.services.base import ordinal_in
from batchdrop.services.delimited import odd
from batchdrop.services.gathering import no_match
from batchdrop.services.here_batch_v7 import lines
from batchdrop.services.here_batch_v7.results import ERRORS
from batchdrop.services.here_batch_v7.rows import SERVICE, object_of
from batchdrop.services.tables import CUT_OFF, DELIMITERS, REC_ID, numbered_lines, split

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from batchdrop.ports import AnswerNotes, Batch
    from batchdrop.records.source import Source

_NOTHING_FOUND = re.compile(r"(?i)\bno (results?|match)")  # title of a record without a hit [assumed]
_GENERATED = re.compile(r"InputLine_(\d{1,9})")  # recId of a line whose own could not be read [peer]
_ID = re.compile(r'\s*"?(\d{1,10}|InputLine_\d{1,9})"?\s*')
_CODES = ("errorcode", "code", "status", "statuscode", "httpstatus")
_MESSAGES = ("errormessage", "message", "error", "title", "cause", "description", "errordescription")
_PEERS = (REC_ID, "errorcode", "errormessage")  # [peer]
_NO_TEXT = "The service could not process this record."


class _Form(NamedTuple):
    """How lines are taken apart. columns: names in lower case; empty for JSON lines."""

    columns: Sequence[str]
    delimiter: str


class _Fault(NamedTuple):
    """What one line says. ids: whatever may name the record."""

    ids: tuple[Any, ...]
    code: str
    text: str


def failures(batch: Batch, body: Source, seen: bytearray, notes: AnswerNotes) -> Iterator[Outcome]:
    """Outcomes of the errors file, for records that the results file does not have.

    Raises ServiceSpokeUnknown when its first line has none of the known forms. An empty file has no errors.
    """
    generated: list[int] = []
    form: _Form | None = None
    for line, text, ended in numbered_lines(body, ERRORS, notes):
        if form is None:
            form, is_header = _form_of(text)
            if is_header:
                continue
        fault = _fault(form, text, ended=ended)
        if fault is None:
            notes.set_aside(ERRORS, line, "it does not have the form of an error" if ended else CUT_OFF)
            continue
        if not generated and any(isinstance(one, str) and _GENERATED.fullmatch(one) for one in fault.ids):
            generated.extend(lines.sent(batch))
        ordinal = _whose(batch, fault.ids, generated)
        if ordinal is None:
            notes.set_aside(ERRORS, line, "it is about a record that was never sent")
        elif not seen[ordinal - batch.first]:
            seen[ordinal - batch.first] = 1
            yield _failed(ordinal, fault)


def _form_of(first: str) -> tuple[_Form, bool]:
    """The form that a first line shows, and whether that line is a header."""
    if object_of(first) is not None:
        return _Form((), ""), False
    for delimiter in DELIMITERS:
        names = [cell.strip().strip('"').strip().lower() for cell in split(first, delimiter)]
        if len(names) > 1 and REC_ID in names:
            return _Form(names, delimiter), True
        if len(names) > 2 and _ID.fullmatch(first.partition(delimiter)[0]):
            return _Form(_PEERS, delimiter), False
    raise odd("the errors have none of the known forms", SERVICE)


def _fault(form: _Form, text: str, *, ended: bool) -> _Fault | None:
    """What a line says; None when it cannot be read, or may be cut off."""
    if not form.columns:
        entry = object_of(text)
        return None if entry is None else _fault_of({name.lower(): value for name, value in entry.items()})
    width = len(form.columns)
    cells = split(text, form.delimiter)
    if len(cells) != width:
        cells = text.split(form.delimiter, width - 1)  # a message may hold the delimiter [peer]
    if len(cells) != width:
        return None
    fault = _fault_of({name: _value(cell) for name, cell in zip(form.columns, cells, strict=True)})
    # Without a line end only a message that is whole JSON proves that the line is whole.
    return fault if ended or isinstance(_value(cells[-1]), dict) else None


def _value(cell: str) -> Any:
    """A cell: the JSON object it is, plain or with doubled quotes, else its text."""
    for candidate in (cell, cell.strip().removeprefix('"').removesuffix('"').replace('""', '"')):
        if candidate.lstrip().startswith("{") and (entry := object_of(candidate)) is not None:
            return entry
    return cell.strip()


def _fault_of(entry: Mapping[str, Any]) -> _Fault:
    """Code and text out of a line's members, and of an object among them: its `jobRecord` repeats the record and stays out [peer]."""
    inner: dict[str, Any] = {}
    for name in (*_MESSAGES, "errors"):
        value = entry.get(name)
        value = value[0] if isinstance(value, list) and value else value
        if isinstance(value, dict):
            inner |= {key.lower(): found for key, found in value.items()}
    every = (entry, inner)
    ids = tuple(found.get(name) for found in every for name in (REC_ID, "recordid", "id"))
    code = next((found[name] for found in every for name in _CODES if _is_text(found.get(name))), "")
    texts = [
        inner.get("title"),
        inner.get("cause"),
        *(found.get(name) for found in every for name in _MESSAGES),
    ]
    said = list(dict.fromkeys(str(one) for one in texts if _is_text(one)))
    return _Fault(ids, str(code).strip(), ": ".join(said[:2]))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())  # numbers are kept as their text


def _failed(ordinal: int, fault: _Fault) -> Outcome:
    text = redact(fault.text[:1000]) or _NO_TEXT
    if _NOTHING_FOUND.search(fault.text.partition(": ")[0]):
        return no_match(ordinal, text)
    return Outcome(ordinal, OutcomeKind.FAILED, fault.code[:64] or "SERVICE_ERROR", text)


def _whose(batch: Batch, ids: tuple[Any, ...], generated: list[int]) -> int | None:
    for found in ids:
        rec_id = found.strip().strip('"') if isinstance(found, str) else None
        ordinal = ordinal_in(batch, rec_id)
        if ordinal is not None:
            return ordinal
        line = _GENERATED.fullmatch(rec_id) if rec_id else None
        if line and 0 < int(line[1]) <= len(generated):
            return generated[int(line[1]) - 1]
    return None
