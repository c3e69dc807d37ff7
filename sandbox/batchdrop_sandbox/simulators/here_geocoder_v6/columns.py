"""Input lines: their header, and one line taken apart."""

from dataclasses import dataclass

from batchdrop_sandbox.simulators.here_geocoder_v6.refusals import Refused, bad_input

DELIMITERS = ("|", ";", ":", ",", "\t")  # [doc]

# [doc] recId, searchText, country, street, city, postalCode, prox; the rest as in the single call [assumed].
_KNOWN = (
    *(
        "recId",
        "searchText",
        "country",
        "street",
        "houseNumber",
        "building",
        "district",
        "subdistrict",
        "city",
    ),
    *("postalCode", "county", "state", "prox", "mapview", "bbox", "language", "countryFocus", "locationId"),
    "additionaldata",
)
_NEEDED = {
    False: ("searchtext", "street", "city", "postalcode", "district", "county", "state", "locationid"),
    True: ("prox",),
}


class BadLine(Exception):
    """A line that is no valid record: it goes to the invalid ones, the job goes on [doc]."""


@dataclass(frozen=True)
class Columns:
    """The input's columns. `names` as written; the lower-case ones are what a record's fields are called here."""

    names: tuple[str, ...]
    delimiter: str

    @property
    def has_rec_id(self) -> bool:
        """Whether records bring their own id."""
        return "recid" in self.keys

    @property
    def keys(self) -> tuple[str, ...]:
        """Names without case."""
        return tuple(name.lower() for name in self.names)

    def cells(self, line: str) -> list[str]:
        """The cells of a line. Raises BadLine when there are more or fewer than columns."""
        cells = split(line, self.delimiter)
        if len(cells) != len(self.names):
            raise BadLine(f"{len(cells)} fields in place of {len(self.names)}")
        return cells

    def fields(self, line: str) -> dict[str, str]:
        """One line as name in lower case → value. Raises BadLine."""
        return dict(zip(self.keys, (cell.strip() for cell in self.cells(line)), strict=True))


def split(line: str, delimiter: str) -> list[str]:
    """Cells of a line. Quotes go around a whole field; a single stray one is literal [doc], `""` is one [assumed].

    Spaces behind the closing quote do not matter: node-geocoder writes one at the end of each line [client].
    """
    if '"' not in line:
        return line.split(delimiter)
    cells, position = [], 0
    while True:
        cell, position = _cell(line, position, delimiter)
        cells.append(cell)
        if position > len(line):
            return cells


def _cell(line: str, start: int, delimiter: str) -> tuple[str, int]:
    """The cell that begins here, and where the next one does (beyond the end after the last)."""
    if line.startswith('"', start):
        end = line.find('"', start + 1)
        while end >= 0 and line.startswith('"', end + 1):
            end = line.find('"', end + 2)
        after = end + 1
        while line.startswith(" ", after):
            after += 1
        if end >= 0 and (after == len(line) or line.startswith(delimiter, after)):
            return line[start + 1 : end].replace('""', '"'), after + 1
    end = line.find(delimiter, start)
    end = len(line) if end < 0 else end
    return line[start:end], end + 1


def read_columns(header: str, delimiter: str, *, reverse: bool, allow_unknown: bool) -> Columns:
    """The first line as columns. Raises Refused when a name or the delimiter does not fit [doc]."""
    columns = Columns(tuple(cell.strip() for cell in split(header, delimiter)), delimiter)
    known = {name.lower() for name in _KNOWN}
    unknown = [name for name in columns.names if name.lower() not in known]
    if not any(needed in columns.keys for needed in _NEEDED[reverse]):
        raise Refused(
            bad_input("The header of the input has none of the needed fields, or another delimiter.")
        )
    if unknown and not allow_unknown:
        raise Refused(bad_input(f"Unknown input field {unknown[0]!r}."))
    if len(set(columns.keys)) != len(columns.keys):
        raise Refused(bad_input("A field of the input occurs twice."))
    return columns
