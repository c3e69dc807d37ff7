"""The parameters of a run, checked. Names are without case [doc] [client]."""

from collections.abc import Mapping
from dataclasses import dataclass

from batchdrop_sandbox.simulators.here_geocoder_v6.columns import DELIMITERS
from batchdrop_sandbox.simulators.here_geocoder_v6.output import known_column
from batchdrop_sandbox.simulators.here_geocoder_v6.refusals import Refused, bad_input


@dataclass(frozen=True)
class Options:
    """What a run does with the input. `reverse`: mode=retrieveAddresses with prox."""

    input_delimiter: str
    output_delimiter: str
    columns: tuple[str, ...]
    combined: bool
    header: bool
    max_results: int
    reverse: bool
    input_fields: bool
    unknown_input: bool
    invalid_input: bool
    mail_to: str


def read_options(query: Mapping[str, str], default_results: int) -> Options:
    """Checked parameters, their names in lower case. Job-wide geocoder defaults (gen, language, …) have no effect here.

    Raises Refused: outdelim, outcols and outputcombined are required [doc].
    """
    missing = [name for name in ("outdelim", "outcols", "outputcombined") if not query.get(name)]
    if missing:
        raise Refused(bad_input(f"The parameter {missing[0]} is required."))
    mode = query.get("mode", "")
    if mode.lower() not in ("", "retrieveaddresses"):  # [doc] the only mode of a batch
        raise Refused(bad_input("mode must be retrieveAddresses."))
    whole_number(query, "minresults", 1)
    return Options(
        input_delimiter=delimiter(query, "indelim"),
        output_delimiter=delimiter(query, "outdelim"),
        columns=_columns(query["outcols"]),
        combined=_flag(query, "outputcombined"),
        header=_flag(query, "header", default=True),  # the default is [assumed]
        max_results=whole_number(query, "maxresults", default_results),
        reverse=bool(mode),
        input_fields=_flag(query, "includeinputfields"),
        unknown_input=_flag(query, "allowunknowninputcolumns"),
        invalid_input=_flag(query, "includeinvalidinput"),
        mail_to=query.get("mailto", ""),
    )


def delimiter(query: Mapping[str, str], name: str) -> str:
    """[doc] one of | ; : , and tab, which may be written as \\t; `indelim` is | when left out [assumed]."""
    raw = query.get(name, "|")
    value = "\t" if raw == "\\t" else raw
    if value not in DELIMITERS:
        raise Refused(bad_input(f"{name} must be one of | ; : , and tab."))
    return value


def whole_number(query: Mapping[str, str], name: str, default: int) -> int:
    """A number from 1 to 100 [assumed]. Raises Refused."""
    raw = query.get(name) or str(default)
    if not raw.isascii() or not raw.isdigit() or not 1 <= int(raw[:9]) <= 100:
        raise Refused(bad_input(f"{name} must be a number from 1 to 100."))
    return int(raw)


def _flag(query: Mapping[str, str], name: str, *, default: bool = False) -> bool:
    raw = query.get(name, "").lower()
    if raw not in ("", "true", "false"):
        raise Refused(bad_input(f"{name} must be true or false."))
    return raw == "true" if raw else default


def _columns(raw: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in raw.split(","))
    unknown = [name for name in names if not known_column(name)]
    if unknown:  # [assumed]
        raise Refused(bad_input(f"Unknown output column {unknown[0]!r}."))
    return names
