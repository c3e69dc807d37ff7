"""Latitudes and longitudes as people write them: decimal degrees are taken as they are, anything else is told for what it is.

Nothing is converted: a decimal comma, degrees with minutes or a swapped pair may be meant otherwise, and a wrong place costs
as much as a right one.
"""

from __future__ import annotations

import math
import re

SWAPPED = ": latitude and longitude seem to be swapped"

_PLAIN = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_SCIENTIFIC = re.compile(_PLAIN.pattern + r"[eE][+-]?[0-9]{1,3}")
_PROJECTED = 1000  # degrees have no value near it; metres of a projection hardly ever have a smaller one
_HALF_CIRCLE = 180
_LONGEST = 40  # a number of 5,000 digits is none
_COMMA = re.compile(r"\s*[+-]?[0-9]{1,3},[0-9]+(?:\s*[,; ]\s*[+-]?[0-9]{1,3},[0-9]+)?\s*")
_SEXAGESIMAL = re.compile(r"[NSEWO]?\s*[+-]?[0-9]{1,3}\s*[°º˚d: ]\s*[0-9].*|.*[°º˚′″'\"].*|[NSEW]\s*[0-9.]+|[0-9.]+\s*[NSEWO]", re.IGNORECASE | re.DOTALL)  # fmt: skip
_MINUS = re.compile(r"\s*[−–—‐‑][0-9.]+\s*")
_WKT = re.compile(rf"POINT\s*\(\s*({_PLAIN.pattern})\s+({_PLAIN.pattern})\s*\)", re.IGNORECASE)
_WRAPPED = re.compile(r"\((.*)\)|\[(.*)\]|geo:([^;?]*)", re.DOTALL)


class BadNumber(Exception):
    """A latitude or longitude that is none. The text of the cell is not kept: it is the user's data."""

    def __init__(self, code: str, hint: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.hint = hint


def degrees(text: str, axis: str) -> str:
    """The user's decimal text when it is a plain number in range; 5.2e1 is written out. axis: lat or lon. Raises BadNumber."""
    text = text.strip()
    if len(text) > _LONGEST:
        raise BadNumber("NOT_A_NUMBER")
    if not _PLAIN.fullmatch(text):
        if not _SCIENTIFIC.fullmatch(text) or not math.isfinite(float(text)):
            raise BadNumber("NOT_A_NUMBER", _hint(text))
        text = _written_out(float(text), axis)
    if not abs(float(text)) <= (90 if axis == "lat" else 180):
        raise BadNumber("LAT_RANGE" if axis == "lat" else "LON_RANGE")
    return text


def are_swapped(lat: str, lon: str) -> bool:
    """Whether the two would be a place the other way round."""
    try:
        degrees(lon, "lat")
        degrees(lat, "lon")
    except BadNumber:
        return False
    return True


def range_hint(lat: str, lon: str, value: str) -> tuple[str, str]:
    """Return what a value out of its range may be, as the end of a sentence, and the variant of the remedy; empty where nobody can tell.

    lat, lon: the texts of the point; value: the one that is out of its range.
    """
    if are_swapped(lat, lon):
        return SWAPPED, "swapped"
    sizes = [abs(float(text)) for text in (lat, lon) if _PLAIN.fullmatch(text.strip())]
    large = [size for size in sizes if size >= _PROJECTED]
    if len(large) == 2:
        return ": they look like metres of a map projection, such as UTM, not like degrees", "projected"
    if large:
        return (
            ": it looks like degrees without their decimal point, or like metres of a map projection",
            "point",
        )
    if value == lon and sizes and _HALF_CIRCLE < float(lon) <= 2 * _HALF_CIRCLE:
        return ": it seems to count from 0 to 360", "circle"
    return "", ""


def pair(text: str) -> tuple[str, str]:
    """The texts of latitude and longitude in one cell: `lat,lon`, `lat;lon`, `lat lon`, in brackets, or WKT's `POINT (lon lat)`.

    What is no pair gives at least one text that is no number.
    """
    text = text.strip()
    if found := _WKT.fullmatch(text):
        return found[2], found[1]
    if found := _WRAPPED.fullmatch(text):
        text = next(part for part in found.groups() if part is not None).strip()
    for delimiter in (",", ";", " "):
        lat, there, lon = text.partition(delimiter)
        if there and (delimiter != " " or _PLAIN.fullmatch(lat)):
            lon = lon.strip()
            return (lat, lon) if delimiter not in lon else (text, "")
    return text, ""


def split_points(text: str) -> list[str]:
    """The points in one cell: parted by `|`, else by `;`."""
    return text.split("|") if "|" in text or ";" not in text else text.split(";")


def _hint(text: str) -> str:
    if not text:
        return ": it is empty"
    if _COMMA.fullmatch(text):
        return ": it has a decimal comma"
    if _MINUS.fullmatch(text):
        return ": its minus is not the plain sign -"
    if any(letter.isdigit() for letter in text) and _SEXAGESIMAL.fullmatch(text):
        return ": it is not in plain decimal degrees"
    return ""


def _written_out(value: float, axis: str) -> str:
    if abs(value) > 180:  # not written out in 300 digits
        raise BadNumber("LAT_RANGE" if axis == "lat" else "LON_RANGE")
    return f"{value:.12f}".rstrip("0").rstrip(".")
