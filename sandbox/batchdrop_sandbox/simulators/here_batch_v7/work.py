"""What HERE does with one line: check it, ask the geocoder, write rows or an error."""

from dataclasses import dataclass

from batchdrop_sandbox.simulators.gazetteer import Gazetteer, Hit, country_of
from batchdrop_sandbox.simulators.here_batch_v7.columns import NEEDED, BadLine
from batchdrop_sandbox.simulators.here_batch_v7.output import Writer, error_line, place_of
from batchdrop_sandbox.simulators.here_batch_v7.settings import Settings
from batchdrop_sandbox.simulators.here_batch_v7.submission import Submission

_ILLEGAL = 999  # [peer]
_NOTHING = 404  # [assumed]
_NOT_UNDERSTOOD = 400  # [assumed]


class NotUnderstood(Exception):
    """The single call behind a record answers 400: the record fails."""


@dataclass(frozen=True, slots=True)
class Written:
    """What one processed record left: rows for the results, or a line for the errors."""

    rows: tuple[bytes, ...]
    error: bytes = b""


@dataclass(frozen=True)
class Worker:
    """Works on the records of one job."""

    job: Submission
    writer: Writer
    gazetteer: Gazetteer
    settings: Settings

    def check(self, number: int, line: str) -> None:
        """Raises BadLine for a line that is no record: wrong columns, too long, nothing asked [doc] [spec]."""
        if len(line) > self.settings.max_line:
            raise BadLine(f"The line is longer than {self.settings.max_line} characters")
        fields = self.job.columns.fields(line)
        if len(self._rec_id(fields, number)) > self.settings.max_rec_id:
            raise BadLine(f"The recId is longer than {self.settings.max_rec_id} characters")
        asked = _asked(self.job.service, fields)
        if self.job.service == "revgeocode":
            _position(asked)
        _limit(fields)

    def invalid(self, number: int, line: str, cause: str) -> bytes:
        """The errors line of an invalid record. Whether its recId is kept is [assumed]."""
        rec_id = f"InputLine_{number}"
        if self.settings.invalid_rec_id == "kept":
            rec_id = self._readable_rec_id(line) or rec_id
        return self._error(rec_id, _ILLEGAL, "Illegal input line", cause, line)

    def process(self, number: int, line: str) -> Written:
        """The answer to a valid record."""
        fields = self.job.columns.fields(line)
        rec_id = self._rec_id(fields, number)
        try:
            hits = self._hits(fields)
        except NotUnderstood as problem:
            return Written((), self._error(rec_id, _NOT_UNDERSTOOD, "Bad request", str(problem), line))
        if hits:
            length = len(hits)
            return Written(tuple(self.writer.row(rec_id, n, length, hit) for n, hit in enumerate(hits, 1)))
        if self.settings.no_match == "absent":
            return Written(())
        if self.settings.no_match == "row":
            return Written((self.writer.nothing(rec_id),))
        return Written((), self._error(rec_id, _NOTHING, "No results found", "Nothing fits the query", line))

    def canonical(self, line: str) -> str:
        """What a record asks, whatever its recId: the ledger's key."""
        fields = self.job.columns.fields(line)
        asked = sorted((name, value) for name, value in fields.items() if value and name.lower() != "recid")
        return repr((self.job.service, asked))

    def _hits(self, fields: dict[str, str]) -> list[Hit]:
        asked, limit = _asked(self.job.service, fields), _limit(fields)
        if self.job.service == "lookup":
            place = self.gazetteer.by_id(place_of(asked))
            return [Hit(place, 1.0)] if place else []
        if self.job.service == "revgeocode":
            return self.gazetteer.reverse(*_position(asked), limit=limit)
        countries = _countries(fields.get("in", ""))
        if country := fields.get(
            "country", ""
        ).strip():  # [client] Mapotempo and others send it beside the text
            code = country_of(country)
            countries, asked = (frozenset({code}), asked) if code else (countries, f"{asked}, {country}")
        return self.gazetteer.search(asked, countries=countries, limit=limit)

    def _rec_id(self, fields: dict[str, str], number: int) -> str:
        return fields.get("recId") or f"InputLine_{number}"  # [peer] the generated form

    def _readable_rec_id(self, line: str) -> str:
        names = self.job.columns.names
        cells = line.split(self.job.columns.delimiter)
        if "recId" not in names or names.index("recId") >= len(cells):
            return ""
        return cells[names.index("recId")][: self.settings.max_rec_id]

    def _error(self, rec_id: str, code: int, title: str, cause: str, line: str) -> bytes:
        message = {
            "status": code,
            "recordId": rec_id,
            "title": title,
            "cause": cause,
            "action": "Check the record.",
            "jobRecord": line,
        }
        return error_line(rec_id, code, message, self.settings)


def _asked(service: str, fields: dict[str, str]) -> str:
    for name in NEEDED[service]:
        value = fields.get(name, "").strip()
        if value and name == "qq":  # street=…;city=…: the single call's form, as a batch column [assumed]
            return ", ".join(part.partition("=")[2] for part in value.split(";"))
        if value:
            return value
    raise BadLine(f"None of {', '.join(NEEDED[service])} has a value")


def _position(raw: str) -> tuple[float, float]:
    try:
        lat, lon = (float(part) for part in raw.split(","))
    except ValueError:
        raise BadLine("The position is not lat,lng") from None
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise BadLine("The position is outside the world")
    return lat, lon


def _limit(fields: dict[str, str]) -> int:
    raw = fields.get("limit", "").strip() or "1"  # [doc] the backend's limit is 1 unless set
    if not raw.isascii() or not raw.isdigit() or not 1 <= int(raw) <= 100:
        raise BadLine("The limit is not a number from 1 to 100")
    return int(raw)


def _countries(raw: str) -> frozenset[str] | None:
    """[spec] column form `DEU`, URL form `countryCode:DEU`; several joined by commas."""
    if not raw.strip():
        return None
    codes = [country_of(code) for code in raw.removeprefix("countryCode:").split(",")]
    if not all(codes):
        raise NotUnderstood("Unknown country in 'in'")
    return frozenset(code for code in codes if code)
