"""The input of a job: delimiters, columns, and one line taken apart."""

from dataclasses import dataclass
from urllib.parse import unquote

from batchdrop_sandbox.simulators.here_batch_v7.refusals import BAD_DELIMITER, EMPTY, TOO_LONG, Refused

# [spec] what a record must carry, by service; `qq` as a column is [assumed], `searchText` is sent by Mapotempo [client]
NEEDED = {"geocode": ("q", "qq", "searchText"), "revgeocode": ("at",), "lookup": ("id",)}
_URL_STARTS = ("q=", "qq=", "at=", "id=")
_LONGEST_COLUMNS = 1024  # [spec]


class BadLine(Exception):
    """A line that is no valid record; it goes to the errors, the job goes on [spec]."""


@dataclass(frozen=True)
class Columns:
    """Names of the input columns with their defaults, and what parts them. `names` empty: URL-query lines."""

    names: tuple[str, ...]
    defaults: tuple[str, ...]
    delimiter: str

    def fields(self, line: str) -> dict[str, str]:
        """One line as name → value; a cell that is empty takes the column's default [doc]. Raises BadLine."""
        if not self.names:
            pairs = (part.partition("=") for part in line.split("&"))
            return {name: unquote(value) for name, _, value in pairs}
        cells = split(line, self.delimiter)
        # Trailing columns with a default may be left out [assumed].
        missing = self.defaults[len(cells) :]
        if len(cells) > len(self.names) or not all(missing):
            raise BadLine(f"The line has {len(cells)} of {len(self.names)} columns")
        row = zip(self.names, (*cells, *missing), self.defaults, strict=True)
        return {name: cell or default for name, cell, default in row}


def split(line: str, delimiter: str) -> list[str]:
    """Cells of a line; a quoted part may begin and end anywhere in a cell [doc], `""` in it is a quote [assumed].

    Raises BadLine for a quote that is not closed.
    """
    if '"' not in line:
        return line.split(delimiter)
    cells, cell, quoted, position = [], "", False, 0
    while position < len(line):
        character = line[position]
        if character == '"' and quoted and line[position + 1 : position + 2] == '"':
            cell, position = cell + '"', position + 1
        elif character == '"':
            quoted = not quoted
        elif character == delimiter and not quoted:
            cells.append(cell)
            cell = ""
        else:
            cell += character
        position += 1
    if quoted:
        raise BadLine("A quote is not closed")
    return [*cells, cell]


def input_delimiter(raw: str) -> str:
    """[spec] 1–2 characters, two only to write a tab. Which single ones are refused is [assumed]."""
    if raw in ("\\t", "\t"):
        return "\t"
    if len(raw) != 1 or raw.isalnum() or raw in ' ."()':
        raise Refused(BAD_DELIMITER)
    return raw


def output_delimiter(raw: str) -> str:
    """[spec] 1–2 characters, none of space . " ( )."""
    if raw in ("\\t", "\t"):
        return "\t"
    if len(raw) != 1 or raw in ' ."()':
        raise Refused(BAD_DELIMITER)
    return raw


def read_columns(service: str, lines: list[str], delimiter: str, given: str | None) -> tuple[Columns, int]:
    """The columns, and how many lines at the top are no records. The query's columns win over a header line [seed].

    Raises Refused for a header that does not fit: that covers a delimiter that does not match the body [doc].
    """
    if given is not None:
        if not 1 <= len(given) <= _LONGEST_COLUMNS:
            raise Refused(TOO_LONG)
        return _named(service, given, delimiter), 0
    first = next((index for index, line in enumerate(lines) if line.strip()), None)
    if first is None:
        raise Refused(EMPTY)
    if lines[first].startswith(_URL_STARTS):
        return Columns((), (), delimiter), first
    return _named(service, lines[first], delimiter), first + 1


def _named(service: str, header: str, delimiter: str) -> Columns:
    try:
        cells = [cell.strip().partition("=") for cell in split(header, delimiter)]
    except BadLine:
        raise Refused(EMPTY) from None
    names = tuple(name for name, _, _ in cells)
    if not any(needed in names for needed in NEEDED[service]):
        others = [other for other in "|;:,\t" if other != delimiter and other in header]
        raise Refused(BAD_DELIMITER if others else EMPTY)
    return Columns(names, tuple(default for _, _, default in cells), delimiter)
