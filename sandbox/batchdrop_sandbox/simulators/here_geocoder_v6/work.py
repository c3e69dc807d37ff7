"""What the geocoder does with one line: check it, look it up, write rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from batchdrop_sandbox.simulators.gazetteer import Gazetteer, Hit, country_of
from batchdrop_sandbox.simulators.here_geocoder_v6.columns import BadLine, Columns
from batchdrop_sandbox.simulators.here_geocoder_v6.options import Options
from batchdrop_sandbox.simulators.here_geocoder_v6.output import Writer
from batchdrop_sandbox.simulators.here_geocoder_v6.settings import Settings

_PARTS = ("district", "city", "county", "state", "postalcode")  # after the street, in the order of an address
_RADIUS = 250.0  # metres of a prox without one [assumed]


@dataclass(frozen=True, slots=True)
class Written:
    """The rows of one record; `kind` is "match", "none" or "failed"."""

    kind: str
    rows: tuple[bytes, ...]


@dataclass(frozen=True)
class Worker:
    """Works on the records of one run."""

    options: Options
    columns: Columns
    gazetteer: Gazetteer
    settings: Settings

    @cached_property
    def writer(self) -> Writer:
        """Writes this run's rows."""
        inputs = self._repeated(self.columns.names) if self.options.input_fields else []
        trailing = self.settings.trailing_delimiter
        return Writer(self.options.columns, inputs, self.options.output_delimiter, trailing=trailing)

    def check(self, line: str) -> None:
        """Raises BadLine for a line that is no record."""
        fields = self.columns.fields(line)
        if self.options.reverse:
            _prox(fields)
        elif self.settings.empty_record == "invalid" and not _asks(fields):
            raise BadLine("nothing is asked")

    def process(self, number: int, line: str) -> Written:
        """The answer to a valid record on the input's line `number`."""
        fields = self.columns.fields(line)
        inputs = self._repeated(self.columns.cells(line))
        rec_id = self.rec_id(number, fields)
        none = self.settings.no_match_seq_number
        # [recorded] a record that asks nothing is FAILED in the combined file
        empty = not self.options.reverse and not _asks(fields)
        if number in self.settings.failed_lines or empty:
            return Written("failed", (self.writer.nothing(rec_id, "FAILED", none, inputs),))
        hits = self._hits(fields)
        if not hits:
            return Written("none", (self.writer.nothing(rec_id, "NOMATCH", none, inputs),))
        length = len(hits)
        rows = (self.writer.found(rec_id, (n, length), hit, inputs) for n, hit in enumerate(hits, 1))
        return Written("match", tuple(rows))

    def invalid(self, number: int) -> bytes:
        """The row of an invalid line, where the run asks for one; its words are [assumed]."""
        cells = self._repeated([""] * len(self.columns.names))
        return self.writer.nothing(str(number - 1), "FAILED", self.settings.no_match_seq_number, cells)

    def rec_id(self, number: int, fields: Mapping[str, str]) -> str:
        """The record's own id, else its place in the input, counted from 1 [assumed]."""
        return fields.get("recid") or str(number - 1)

    def _repeated(self, cells: Sequence[str]) -> list[str]:
        """Those of the input's cells that includeInputFields repeats: not recId [recorded], unless the setting says so."""
        if self.settings.input_rec_id:
            return list(cells)
        return [cell for key, cell in zip(self.columns.keys, cells, strict=True) if key != "recid"]

    def canonical(self, line: str) -> str:
        """What a record asks, whatever its recId: the ledger's key."""
        asked = sorted((name, value) for name, value in self.columns.fields(line).items() if value)
        return repr((self.options.reverse, [one for one in asked if one[0] != "recid"]))

    def _hits(self, fields: Mapping[str, str]) -> list[Hit]:
        most = self.options.max_results
        if self.options.reverse:
            lat, lon, radius = _prox(fields)
            near = self.gazetteer.reverse(lat, lon, limit=most)
            return [hit for hit in near if hit.place.kind == "city" or hit.distance <= radius]
        if identifier := fields.get("locationid"):
            place = self.gazetteer.by_id(identifier.removeprefix("NT_"))
            return [Hit(place, 1.0)] if place else []
        text, country = _text(fields), fields.get("country", "")
        code = country_of(country) if country else None
        if country and not code:
            text = f"{text}, {country}"
        return self.gazetteer.search(text, countries=frozenset({code}) if code else None, limit=most)


def _asks(fields: Mapping[str, str]) -> bool:
    return bool(_text(fields) or fields.get("locationid"))


def _text(fields: Mapping[str, str]) -> str:
    """Free text, or the parts of an address in their order [doc]."""
    if free := fields.get("searchtext"):
        return free
    street = " ".join(part for part in (fields.get("housenumber"), fields.get("street")) if part)
    return ", ".join(part for part in (street, *(fields.get(name) for name in _PARTS)) if part)


def _prox(fields: Mapping[str, str]) -> tuple[float, float, float]:
    """[doc] lat,lng,radius. Raises BadLine."""
    parts = fields.get("prox", "").split(",")
    try:
        lat, lon, *radius = (float(part) for part in parts)
    except ValueError:
        raise BadLine("prox is not lat,lng,radius") from None
    if len(radius) > 1 or not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise BadLine("prox is outside the world")
    return lat, lon, radius[0] if radius else _RADIUS
