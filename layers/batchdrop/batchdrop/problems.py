"""What can be wrong, in one table: code → level, what it leads to, text, remedy, actions.

The docs page and the tests are made from this table. Codes are those of the bad-input catalogue.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Level(StrEnum):
    """What a problem is about."""

    FILE = "file"  # the whole file is refused: status failure, nothing sent
    RECORD = "record"  # this record goes to errors, the rest goes on
    JOB = "job"  # the job waits for a person: attention
    NOTE = "note"  # a remark about the file or its answers; the job goes on


@dataclass(frozen=True, slots=True)
class Code:
    """One row of the table: `text` may hold {named} fields.

    variants: further remedies by name, for causes of the same problem that need another one.
    """

    level: Level
    text: str
    remedy: str
    actions: tuple[str, ...] = ()
    variants: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a file or a record, with its place and its remedy.

    line: 1-based line of the file; column: the column's name; rec_id: 1-based number of the record.
    """

    code: str
    message: str
    remedy: str = ""
    line: int | None = None
    column: str | None = None
    rec_id: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON form, without what is not known."""
        entry = {
            "code": self.code, "message": self.message, "remedy": self.remedy,
            "line": self.line, "column": self.column, "recId": self.rec_id,
        }  # fmt: skip
        return {name: value for name, value in entry.items() if value not in (None, "")}


@dataclass(frozen=True, slots=True)
class Note:
    """A remark about a file or its answers that does not stop the job.

    count: how many records or lines it is about, or None. line: the first one's 1-based line of the file. column: its column's name.
    """

    code: str
    message: str
    remedy: str = ""
    count: int | None = None
    line: int | None = None
    column: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, without what is not known."""
        entry = {
            "code": self.code, "message": self.message, "remedy": self.remedy,
            "count": self.count, "line": self.line, "column": self.column,
        }  # fmt: skip
        return {name: value for name, value in entry.items() if value not in (None, "")}


_FILE, _RECORD, _JOB, _NOTE = Level.FILE, Level.RECORD, Level.JOB, Level.NOTE

_UPLOAD = "The upload may be incomplete: compare the size of the file with that of the original, and drop the whole file."
_SPACE = "Remove the space before the quote: a cell is quoted only if it begins with one."
_POINTS = {
    "swapped": "Exchange latitude and longitude.",
    "projected": "Convert the coordinates to degrees (WGS84, EPSG:4326).",
    "point": "Write the decimal point.",
    "circle": "Subtract 360.",
}

CODES: dict[str, Code] = {
    # the whole file
    "EMPTY_FILE": Code(_FILE, "The file is empty.", "Drop a file with a header line and at least one record."),
    "NO_ROWS": Code(_FILE, "The file has no records.", "Add at least one record below the header line."),
    "NO_ROUTE": Code(
        _FILE,
        "There is no route named {route!r}.",
        "Drop the file under incoming/<route>/ with one of: {known}; or add routes/{route}.json to the inbox bucket.",
    ),
    "UNKNOWN_FORMAT": Code(_FILE, "Files of this kind ({suffix}) are not read.", "Use .csv, .tsv, .tab, .psv, .txt, .json, .geojson, .ndjson or .jsonl, gzipped or not."),
    "FORMAT_MISMATCH": Code(
        _FILE, "The file is named {named} but contains {found}.", "Export the data as CSV text, or name the file after what it holds.",
        variants={"archive": "Take the file out of the archive; compress it with gzip if it is large."},
    ),
    "ENCODING": Code(
        _FILE, "The file is not {encoding} text: byte {offset} cannot be read.",
        "Save the file as UTF-8, or name its encoding in the route{way}; `check` shows how a text reads then.",
        variants={
            "cut": f"The file ends within a letter. {_UPLOAD} If it is whole, name its encoding in the route{{way}}.",
            "mixed": "The file is mixed: line {utf8} is UTF-8, line {other} looks like {looks_like}. Bring all lines into one encoding.",
        },
    ),
    "NUL_BYTES": Code(
        _FILE, "The file is filled up with NUL bytes from this line on: a disk or a program made room for text that was never written.",
        "Copy the file from its source again; if it is whole, take the NUL bytes away with: tr -d '\\000' < file > new.",
    ),
    "ZIP_NOT_SUPPORTED": Code(_FILE, "Zip archives are not read.", "Take the file out of the archive; compress it with gzip if it is large."),
    "UNCLOSED_QUOTE": Code(
        _FILE, "A quote is opened and never closed.",
        "Close the quote, or double it if it is text. If the file ends within that cell, the upload may be incomplete.",
    ),
    "DUPLICATE_COLUMN": Code(_FILE, "The column {name!r} occurs twice.", "Give every column a name of its own."),
    "EMPTY_COLUMN_NAME": Code(
        _FILE, "Column number {number} has no name, but line {filled} has something in it.",
        "Name the column in the header line, or empty it; quote a cell that holds the delimiter.",
    ),
    "NO_HEADER": Code(
        _FILE, "The first line looks like {what}, not like a header.", "Add a header line, such as: {expected}.",
        variants={
            "below": "Line {header} looks like the header: remove the lines above it.",
            "instead": "Remove the lines above the data, and add a header line, such as: {expected}.",
        },
    ),
    "BAD_HEADER": Code(
        _FILE, "The header line cannot be read. {why}", "Correct the header line.", variants={"space": _SPACE},
    ),
    "DELIMITER": Code(
        _FILE, "The columns are separated by something that is not plain from the header line.",
        "Use comma, semicolon, tab or |; or name the `delimiter` in the route.",
    ),
    "LINE_TOO_LONG": Code(_FILE, "A record is longer than 1 MB.", "Look for a quote that is never closed; shorten the record."),
    "TOO_MANY_COLUMNS": Code(_FILE, "The file has {count} columns; at most {limit} are read.", "Leave out columns."),
    "TOO_LARGE": Code(_FILE, "The file is over the limit: {what}.", "Split the file."),
    "TOO_MANY_BATCHES": Code(
        _FILE, "In batches of {size} the file has more than {limit} batches, the most of one job.",
        "Set a larger `batch_records` in the route, or split the file.",
    ),
    "BROKEN_GZIP": Code(_FILE, "The gzip file is damaged or cut off.", "Compress the data again and drop the new file."),
    "BROKEN_JSON": Code(
        _FILE, "The file is not valid JSON from this line on{hint}.",
        "Correct the JSON: the whole file is one array, one object with a list in it, or (.ndjson) one object a line.",
        variants={"cut": _UPLOAD},
    ),
    "NOT_A_LIST": Code(
        _FILE, "The JSON file is not a list of records.",
        "Make it an array, one object a line, or an object with exactly one list under one of: {keys}.",
    ),
    "TOO_DEEP": Code(_FILE, "The JSON is nested deeper than {limit} levels.", "Make records of plain values."),
    "MIXED_SERVICES": Code(
        _FILE, "The file holds several requests of the service, not records.", "Drop each request as a file of its own."
    ),
    "REQUEST_INVALID": Code(_FILE, "The file's own request is not valid: {reason}.", "Correct it as the page of the service says."),
    "EXPANDS_TOO_MUCH": Code(_FILE, "The gzip file expands to more than the limit.", "Split the file, or drop it uncompressed."),
    "WRONG_COLUMNS": Code(
        _FILE,
        "No usable column for {api}: found {found}.",
        "Name the columns: {expected}.",
    ),
    "AMBIGUOUS_COLUMNS": Code(
        _FILE,
        "The columns can be read in more than one way, {what}: {columns}.",
        "Say in a definition of the route which are meant: {definition}.",
    ),
    "NO_VALID_ROWS": Code(_FILE, "No record can be used.", "Correct the records listed among the problems."),
    "OBJECT_GONE": Code(_FILE, "The dropped object is gone, or was replaced.", "Drop the file again."),
    "NO_ACCESS": Code(_FILE, "The dropped object may not be read.", "Give batchdrop access to the object and its key."),
    "ARCHIVED": Code(_FILE, "The dropped object is archived.", "Restore it, or drop a copy in the Standard class."),
    "METADATA_INVALID": Code(_FILE, "The object's metadata {name} is not {kind}.", "Drop the file again with other metadata, or without."),
    "ROUTE_INVALID": Code(_FILE, "The route {route!r} is not valid: {reason}.", "Correct routes/{route}.json."),
    "BROKE_DOWN": Code(_FILE, "batchdrop broke down before anything was sent.", "See the logs, then drop the file again."),
    # one record
    "EMPTY_QUERY": Code(
        _RECORD, "There is nothing to look for in this record.", "Fill the address columns.",
        variants={"columns": "Fill the {kind} columns: {columns}.", "members": "Give the record {expected}."},
    ),
    "INCOMPLETE_ADDRESS": Code(
        _RECORD,
        "The record holds too little to find an address: a country, a region, a postcode, a house number or a unit alone.",
        "Fill the street or the city; or name the columns in `columns` of the route to send them as they are.",
    ),
    "MISSING_CELLS": Code(
        _RECORD, "The record has {found} cells, the header has {expected}.", "Add the missing cells, in their places; they may be empty.",
        variants={"cut": f"The last line may be cut off. {_UPLOAD}"},
    ),
    "REPEATED_HEADER": Code(
        _RECORD, "The record is the header line again.", "Remove the line: it is where another file was joined to this one.",
    ),
    "EXTRA_CELLS": Code(
        _RECORD, "The record has {found} cells, the header has {expected}.", "Quote cells that hold the delimiter.",
        variants={"empty": "Quote the cell that holds the delimiter; or remove the empty cells at the end of the line."},
    ),
    "BAD_QUOTE": Code(
        _RECORD, "A quote stands inside an unquoted cell or after a quoted one{hint}.", "Double quotes that are text.",
        variants={"space": _SPACE},
    ),
    "CONTROL_CHAR": Code(_RECORD, "The record holds a control character.", "Remove it."),
    "FIELD_TOO_LONG": Code(_RECORD, "A cell is longer than {limit} characters.", "Shorten it."),
    "LAT_RANGE": Code(_RECORD, "The latitude is not between -90 and 90{hint}.", "Check the value.", variants=_POINTS),
    "LON_RANGE": Code(_RECORD, "The longitude is not between -180 and 180{hint}.", "Check the value.", variants=_POINTS),
    "NOT_A_NUMBER": Code(
        _RECORD, "{name} is not a number{hint}.", "Write it like 52.53.", variants={"json": "Write a number like 52.53, or null."},
    ),
    "NOT_JSON": Code(
        _RECORD, "The line is not valid JSON{hint}.", "Correct it: one JSON value, all of it in one line.",
        variants={"cut": _UPLOAD},
    ),
    "LONE_SURROGATE": Code(
        _RECORD, "{name} holds half of a surrogate pair, which is no letter.",
        "Write the letter itself, or both halves in their order, such as \\ud83d\\ude00.",
    ),
    "DUPLICATE_FIELD": Code(_RECORD, "A field of the record occurs twice.", "Give every field a name of its own."),
    "DEVICE_VARIANT": Code(
        _RECORD, "The record is none of the forms of a device.", "Give exactly one of: {forms}.",
    ),
    "WRONG_TYPE": Code(_RECORD, "{name} is not {kind}.", "Correct the value."),
    "NAME_LENGTH": Code(_RECORD, "{name} does not have 1 to {limit} characters.", "Shorten it, or leave it out."),
    "NUMBER_RANGE": Code(_RECORD, "{name} is below 0.", "Write a number from 0 on."),
    "NOT_A_UUID": Code(_RECORD, "{name} holds something that is no UUID.", "Write ids like 74a6fe54-2077-4629-b924-3340bc88b864."),
    "TOO_MANY_TAGS": Code(_RECORD, "The device has {count} {name}; at most {limit} are allowed.", "Leave out some."),
    "AREA_GEOFENCES": Code(
        _RECORD, "A device in area based mode has at most {limit} geofences.", "Leave out geofences, or areaBased.",
    ),
    "WAYPOINTS": Code(_RECORD, "A route needs two or more waypoints.", "Write them as lat,lon|lat,lon."),
    # outcomes a service gives
    "NO_MATCH": Code(_RECORD, "The service found nothing for this record.", "Correct the record and drop errors.csv again."),
    "LOW_CONFIDENCE": Code(
        _RECORD, "The confidence {confidence} is below {least}. The best answer: {answer}.", "Take the answer, or correct the record and drop errors.csv again."
    ),
    "SERVICE_ERROR": Code(_RECORD, "The service could not process this record: {reason}.", "See the code of the service."),
    "BATCH_REFUSED": Code(_RECORD, "The service refused the batch of this record: {reason}.", "See the code of the service."),
    "NOT_COMPUTED": Code(_RECORD, "The service did not finish this record.", "Drop errors.csv again; as it is, with `put --again`."),
    "UNACCOUNTED": Code(_RECORD, "The service gave no answer for this record.", "Drop errors.csv again; as it is, with `put --again`."),
    "UNPROCESSED": Code(_RECORD, "The job ended before this record was processed.", "Drop errors.csv again."),
    # remarks about the file
    "BLANK_ROWS": Code(
        _NOTE, "Rows of nothing but delimiters, spaces or empty quotes: {count}. They are skipped, as blank lines are.",
        "Nothing needs to be done.",
    ),
    "PLACEHOLDERS": Code(
        _NOTE, "Records with a word for a missing value ({words}): {count}. Such a word is not sent.",
        "Leave such cells empty in the export.",
    ),
    "AMBIGUOUS_WORDS": Code(
        _NOTE, "Records with a word that is the name of a place or stands for a missing value ({words}): {count}. It is sent.",
        "Leave the cell empty where the value is missing.",
    ),
    "LOST_LETTERS": Code(
        _NOTE, "Records with U+FFFD, the sign for a letter that was lost before the file was dropped: {count}.",
        "Export the data again from its source, in UTF-8.",
    ),
    "MOJIBAKE": Code(
        _NOTE, "Records with UTF-8 letters that were read in another encoding, such as \N{LATIN CAPITAL LETTER A WITH TILDE}\N{VULGAR FRACTION ONE QUARTER} for \N{LATIN SMALL LETTER U WITH DIAERESIS}: {count}.",
        "Export the data again from its source, in UTF-8; name an `encoding` in the route only if the file is in it.",
    ),
    "JOINED_FILES": Code(
        _NOTE, "Records that are the header line again: {count}. Several files were joined into one.",
        "Remove the header lines below the first one.",
    ),
    "TRUNCATED": Code(
        _NOTE, "The last line seems to be cut off: the upload may be incomplete.",
        "Compare the size of the file with that of the original; drop the whole file.",
    ),
    # the job waits for a person
    "AMBIGUOUS_SEND": Code(
        _JOB,
        "Nobody can tell whether the service took the batch.",
        "Look at the service; then adopt its job, or send the batch again and perhaps pay twice.",
        ("adopt", "resubmit", "stop"),
    ),
    "GAPS": Code(
        _JOB, "The service's answer lacks records or its counts do not add up.",
        "Fetch the results again, or accept the gaps: every answer that was read is delivered, only records without one fail.",
        ("recollect", "accept-gaps", "stop"),
    ),
    "STALLED": Code(
        _JOB, "The service has not finished within its deadline.", "Look at the service; wait, or stop.", ("redrive", "stop")
    ),
    "DENIED": Code(_JOB, "The service refuses the credentials.", "Correct the secret, then redrive.", ("redrive", "stop")),
    "QUOTA": Code(
        _JOB, "The plan at the service is used up.", "Raise the plan, or wait until its limit starts anew; then redrive.", ("redrive", "stop")
    ),
    "SERVICE_BUSY": Code(
        _JOB, 'For a day the service has answered "later" to every try to send this batch.',
        "Look at the service and at the limits of the plan, then redrive.", ("redrive", "stop"),
    ),
    "RESULTS_WITHHELD": Code(
        _JOB, "The service says that its job is over, and does not hand out the results.",
        "Look at the service; then fetch the results again, or accept the gaps.", ("recollect", "accept-gaps", "stop"),
    ),
    "RESULT_EXPIRED": Code(
        _JOB, "The service has deleted the results before they were fetched.",
        "Accept the gaps, or send the batch again and pay again.", ("accept-gaps", "resubmit", "stop"),
    ),
    "DELETED_BY_OTHER": Code(
        _JOB, "The service's job was deleted by someone else.",
        "Accept the gaps, or send the batch again and pay again.", ("accept-gaps", "resubmit", "stop"),
    ),
    "HOST_REFUSED": Code(
        _JOB, "The service's host is not allowed or answered with a redirect.", "Check the base URL, then redrive.", ("redrive", "stop")
    ),
    "INPUT_GONE": Code(_JOB, "The input object is gone, so results cannot be joined to it.", "Restore the object version, then redrive.", ("redrive", "stop")),
    "WORK_GONE": Code(
        _JOB, "The job's working files have expired: what was not sent cannot be, and answers cannot be joined to the file.",
        "Stop the job, then drop the file again; the answers that came are below raw/.", ("stop",),
    ),
    "OVER_BUDGET": Code(_JOB, "The estimated price is over the budget.", "Start the job, or delete it.", ("start", "delete")),
    "PRICE_UNKNOWN": Code(
        _JOB, "What a record costs at this API is not known here.",
        "Start the job to pay whatever it costs, or delete it; a route with `prices.per_record`, or a budget given with the file, lets it go.",
        ("start", "delete"),
    ),
    "SAME_BYTES": Code(
        _JOB, "The same bytes were dropped into this route before.",
        "Start the job to pay for them again, or delete it; `put --again` lets such a file go at once.", ("start", "delete"),
    ),
    "PARTIAL_COLUMNS": Code(
        _JOB, "Columns that look like parts of an address are not sent.",
        "Delete the job and drop the file into a route that names its columns; or start it to send what is listed.", ("start", "delete"),
    ),
    "MANY_INVALID": Code(_JOB, "Too many records are invalid.", "Start the job with the valid ones, or delete it.", ("start", "delete")),
    "LANE_STUCK": Code(_JOB, "A lane failed again and again.", "See the logs of advance, then redrive.", ("redrive", "stop")),
    # remarks
    "ODD_ROWS": Code(
        _NOTE, "Rows of the service's answer that could not be used, and were set aside: {number} ({first}).",
        "All other rows count; raw/ keeps the answer as it came.",
    ),
    "ODD_ANSWER": Code(
        _NOTE, "The service's answer was read, and is unusual: {what}.", "Look at a few results; raw/ keeps the answer as it came.",
    ),
}  # fmt: skip


def problem(
    code: str,
    *,
    line: int | None = None,
    column: str | None = None,
    rec_id: int | None = None,
    variant: str = "",
    **fields: object,
) -> Problem:
    """A problem with the table's text and remedy filled in. Raises KeyError for a code or variant that is not in the table."""
    entry = CODES[code]
    text, remedy = entry.text.format_map(fields), _remedy(entry, variant).format_map(fields)
    return Problem(code=code, message=text, remedy=remedy, line=line, column=column, rec_id=rec_id)


def note(
    code: str,
    *,
    count: int | None = None,
    line: int | None = None,
    column: str | None = None,
    variant: str = "",
    **fields: object,
) -> Note:
    """Return a note with the table's text and remedy filled in; `{count}` in the text is the count.

    Raises KeyError for a code or variant that is not in the table.
    """
    entry = CODES[code]
    named = {**fields, "count": f"{count:,}" if count is not None else ""}
    text, remedy = entry.text.format_map(named), _remedy(entry, variant).format_map(named)
    return Note(code=code, message=text, remedy=remedy, count=count, line=line, column=column)


def _remedy(entry: Code, variant: str) -> str:
    return entry.variants[variant] if variant else entry.remedy


@dataclass(frozen=True, slots=True)
class Concern:
    """Why a job must not begin by itself: a code of a waiting job, and the figures behind it in a sentence."""

    code: str
    detail: str
    definition: str = ""
    """What a route's definition may say about it, as JSON to paste."""

    def to_dict(self) -> dict[str, str]:
        """JSON form."""
        entry = {"code": self.code, "detail": self.detail}
        return {**entry, "definition": self.definition} if self.definition else entry


def held(concerns: Sequence[Concern]) -> dict[str, Any]:
    """The attention of a job that is held before anything is sent: the first concern's code stands for all, the message tells all."""
    told = " ".join(f"{CODES[each.code].text} {each.detail}" for each in concerns)
    found = {**attention(concerns[0].code), "message": told, "codes": [each.code for each in concerns]}
    definition = next((each.definition for each in concerns if each.definition), "")
    return {**found, "definition": definition} if definition else found


def attention(code: str, batches: Sequence[Mapping[str, Any]] = (), detail: str = "") -> dict[str, Any]:
    """What a waiting job tells a person: why, what can be done, and which batches wait. detail: a sentence about this very case."""
    entry = CODES[code]
    return {
        "code": code,
        "message": f"{entry.text} {detail}".rstrip(),
        "remedy": entry.remedy,
        "actions": list(entry.actions),
        "batches": [dict(batch) for batch in batches],
    }
