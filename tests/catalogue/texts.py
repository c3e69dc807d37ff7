"""Group F, files of text: empty ones, encodings, line ends, quotes, headers, delimiters, what is too long, what is no text."""

from __future__ import annotations

import gzip
import io
import random
import zipfile

from tests.catalogue.dropped import BOM, CR, CRLF, SEMICOLON, UTF16, ZIPPED, refused, taken

GOOD = b"id,address\n1,Canaryweg 1\n2,Canaryweg 2\n"
FLAT = GOOD.decode()
GERMAN = "id,address\n1,Canarywegstraße 1\n2,Canaryweg Süd 2\n"
_NOT_TEXT = frozenset({BOM, UTF16, CRLF, CR, SEMICOLON})


def archive(*names: str, inner: bytes = GOOD) -> bytes:
    """A zip with these members."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as packed:
        for name in names:
            packed.writestr(name, inner)
    return body.getvalue()


XLSX = archive("[Content_Types].xml", "xl/workbook.xml", inner=b"<x/>")
PADDED = b"3," + b"x" * 1000 + b"\n"
NOISE = random.Random(7).randbytes(20_000)

EMPTY = [
    refused("F1", "nothing", "a.csv", b"", "EMPTY_FILE"),
    refused("F1b", "nothing, of JSON", "a.json", b"", "EMPTY_FILE"),
    refused("F1c", "nothing, of lines", "a.ndjson", b"", "EMPTY_FILE"),
    refused("F1d", "nothing, zipped", "a.csv.gz", gzip.compress(b""), "EMPTY_FILE"),
    refused("F1e", "zero bytes under a zipped name", "a.csv.gz", b"", "EMPTY_FILE"),
    refused("F1f", "a byte order mark and nothing else", "a.csv", b"\xef\xbb\xbf", "EMPTY_FILE"),
    refused("F1g", "a UTF-16 mark and nothing else", "a.csv", b"\xff\xfe", "EMPTY_FILE"),
    refused("F2", "only a header", "a.csv", b"id,address\n", "NO_ROWS"),
    refused("F2b", "only a header without a line end", "a.csv", b"id,address", "NO_ROWS"),
    refused("F2c", "only line ends", "a.csv", b"\n\r\n\n", "NO_ROWS"),
    refused("F2d", "only spaces", "a.csv", b"    \n \t ", "NO_ROWS"),
    refused("F2e", "an empty array", "a.json", b" [ ] ", "NO_ROWS"),
    refused("F2f", "blank lines of JSON", "a.ndjson", b"\n\n", "NO_ROWS"),
    refused("F2g", "a header and blank lines", "a.csv", b"id,address\n\n\n\n", "NO_ROWS"),
    refused("F2h", "an empty list in an object", "a.json", b'{"data": [], "total": 0}', "NO_ROWS"),
]  # fmt: skip

ENCODINGS = [
    taken("F3", "UTF-8 with a mark", "a.csv", b"\xef\xbb\xbf" + GOOD, ["", ""]),
    taken("F3b", "the mark before a recId", "a.csv", b"\xef\xbb\xbfrecId,q\n7,Canaryweg 7\n", [""]),
    taken("F3c", "the mark before a quoted name", "a.csv", b'\xef\xbb\xbf"address"\nCanaryweg 1\n', [""]),
    taken("F3d", "the mark before a line of JSON", "a.ndjson", b'\xef\xbb\xbf{"q":"Canaryweg 1"}\n', [""]),
    taken("F4", "UTF-16, little end first", "a.csv", b"\xff\xfe" + GERMAN.encode("utf-16-le"), ["", ""]),
    taken("F4b", "UTF-16, big end first", "a.csv", b"\xfe\xff" + GERMAN.encode("utf-16-be"), ["", ""]),
    taken("F4c", "an array in UTF-16", "a.json", '[{"q":"Canaryweg ß"}]'.encode("utf-16"), [""]),
    taken("F4d", "characters beyond 16 bits", "a.csv", "address\nCanaryweg 🏠\n".encode("utf-16"), [""]),
    refused("F4e", "UTF-16 that ends in half a character", "a.csv", FLAT.encode("utf-16")[:-1], "ENCODING"),
    refused("F5", "UTF-16 without a mark", "a.csv", FLAT.encode("utf-16-le"), "ENCODING", differs=_NOT_TEXT),
    refused("F5b", "the big end first, without a mark", "a.csv", FLAT.encode("utf-16-be"), "ENCODING", differs=_NOT_TEXT),
    refused("F5c", "JSON in UTF-16 without a mark", "a.json", '[{"q":"Canaryweg"}]'.encode("utf-16-be"), "ENCODING", differs=_NOT_TEXT),
    refused("F6", "cp1252 that nobody declared", "a.csv", GERMAN.encode("cp1252"), "ENCODING", at=(2, None)),
    refused("F6b", "latin-1 in the header", "a.csv", "id,Straße\n1,Canaryweg\n".encode("latin-1"), "ENCODING", at=(1, None)),
    refused("F6c", "latin-1 in line 301 of JSON lines", "a.ndjson",
            b'{"q":"Canaryweg 1"}\n' * 300 + '{"q":"Canaryweg ß"}\n'.encode("latin-1"), "ENCODING", at=(301, None)),
    taken("F6d", "cp1252 that the route declares", "a.csv", GERMAN.encode("cp1252"), ["", ""], encoding="cp1252"),
    taken("F6e", "latin-1 JSON that the route declares", "a.ndjson", '{"q":"Canaryweg ß"}\n'.encode("latin-1"), [""], encoding="latin-1"),
    refused("F6f", "an encoding that there is not", "a.csv", GOOD, "ROUTE_INVALID", encoding="rot13"),
    refused("F6g", "bytes that cp1252 has not", "a.csv", b"address\nCanaryweg \x81\n", "ENCODING", at=(2, None), encoding="cp1252"),
    refused("F6h", "the last byte is wrong", "a.csv", GOOD + b"3,Canaryweg \xdf", "ENCODING", at=(4, None)),
]  # fmt: skip

LINES = [
    taken("F7", "a NUL in a cell", "a.csv", b"id,address\n1,Canary\0weg\n2,Canaryweg 2\n", ["CONTROL_CHAR", ""], at=(2, "address")),
    taken("F7b", "a NUL in a JSON text", "a.ndjson", b'{"q":"Canaryweg\\u0000"}\n{"q":"Canaryweg 2"}\n', ["CONTROL_CHAR", ""], at=(1, "q")),
    taken("F7c", "a bell in the last record", "a.csv", GOOD + b"3,Canaryweg\x07\n", ["", "", "CONTROL_CHAR"]),
    taken("F8", "CR alone", "a.csv", b"id,address\r1,Canaryweg 1\r2,Canaryweg 2\r", ["", ""]),
    taken("F8b", "CRLF, LF and CR mixed", "a.csv", b"id,address\r\n1,Canaryweg 1\n2,Canaryweg 2\r3,Canaryweg 3", ["", "", ""]),
    taken("F8c", "JSON lines with every line end", "a.ndjson", b'{"q":"Canaryweg 1"}\r\n{"q":"b"}\r{"q":"c"}', ["", "", ""]),
    taken("F9", "a newline inside quotes", "a.csv", b'id,address\n1,"Canaryweg\n5"\n2,Canaryweg 2\n', ["", ""]),
    taken("F9b", "CRLF inside quotes, and a bad record behind it", "a.csv",
          b'id,address\r\n1,"Canaryweg\r\n5"\r\n2,\r\n', ["", "EMPTY_QUERY"], at=(4, None)),
    refused("F10", "a quote that is never closed", "a.csv", b'id,address\n1,Canaryweg 1\n2,"Canaryweg\n' + b"3,x\n" * 900, "UNCLOSED_QUOTE", at=(3, None)),
    refused("F10b", "never closed in the last record", "a.csv", GOOD + b'3,"Canaryweg', "UNCLOSED_QUOTE", at=(4, None)),
    refused("F10c", "never closed in the header", "a.csv", b'id,"address\n1,Canaryweg 1\n', "UNCLOSED_QUOTE", at=(1, None)),
    taken("F11", "text after a closed quote", "a.csv", b'id,address\n1,"Canaryweg" 1\n2,Canaryweg 2\n', ["BAD_QUOTE", ""], at=(2, None)),
    taken("F11b", "a quote inside an unquoted cell", "a.csv", b'id,address\n1,Canary"weg\n2,Canaryweg 2\n', ["BAD_QUOTE", ""], at=(2, None)),
    refused("F11c", "a stray quote in the header", "a.csv", b'id,ad"dress\n1,Canaryweg\n', "BAD_HEADER", at=(1, None)),
    taken("F12", "too many cells", "a.csv", b"id,address\n1,Canaryweg,b\n2,Canaryweg 2\n", ["EXTRA_CELLS", ""], at=(2, None)),
    taken("F12b", "a comma at the end of the last record", "a.csv", GOOD + b"3,Canaryweg 3,", ["", "", "EXTRA_CELLS"], at=(4, None)),
    taken("F13", "too few cells", "a.csv", b"id,address\n1\n2,Canaryweg 2\n", ["MISSING_CELLS", ""], at=(2, None)),
    taken("F18", "blank lines everywhere", "a.csv", b"\n\nid,address\n\n1,Canaryweg 1\n\n\n2,Canaryweg 2\n\n", ["", ""]),
    taken("F18b", "blank lines of JSON", "a.ndjson", b'\n{"q":"Canaryweg 1"}\n\n{"q":"b"}\n', ["", ""]),
    taken("F18d", "rows of nothing but delimiters, spaces and quotes", "a.csv", b'id,address\n1,Canaryweg 1\n,\n , \n"",""\n2,Canaryweg 2\n', ["", ""]),
    taken("F18e", "a header line among the records", "a.csv", b"id,address\n1,Canaryweg 1\nid,address\n2,Canaryweg 2\n", ["", "REPEATED_HEADER", ""], at=(3, None)),
    taken("F15d", "columns without a name and without content", "a.csv", b"id,,address,\n1,,Canaryweg,\n", [""]),
    refused("F26t", "a table filled up with NUL bytes", "a.csv", GOOD + bytes(4096), "NUL_BYTES", differs=_NOT_TEXT),
    taken("F18c", "a bad record behind blank lines", "a.csv", b"id,address\n\n\n1,\n2,Canaryweg 2\n", ["EMPTY_QUERY", ""], at=(4, None)),
    taken("F19", "a total at the end", "a.csv", GOOD + b"Total: 1000\n", ["", "", "MISSING_CELLS"], at=(4, None)),
]  # fmt: skip

HEADERS = [
    refused("F14", "a column twice", "a.csv", b"address,address\nCanaryweg,b\n", "DUPLICATE_COLUMN", at=(1, "address")),
    refused("F14b", "twice, the second in quotes", "a.csv", b'address,x,"address"\nCanaryweg,b,c\n', "DUPLICATE_COLUMN", at=(1, "address")),
    taken("F14c", "a member twice in a line of JSON", "a.ndjson", b'{"q":"Canaryweg","q":"b"}\n{"q":"c"}\n', ["DUPLICATE_FIELD", ""], at=(1, None)),
    refused("F15", "a column without a name", "a.csv", b"id,,address\n1,2,Canaryweg\n", "EMPTY_COLUMN_NAME", at=(1, None)),
    refused("F15b", "the last name missing", "a.csv", b"id,address,\n1,Canaryweg,3\n", "EMPTY_COLUMN_NAME", at=(1, None)),
    refused("F15c", "a name of blanks", "a.csv", b"id,  ,address\n1,2,Canaryweg\n", "EMPTY_COLUMN_NAME", at=(1, None)),
    refused("F16", "no header", "a.csv", b"7374 Canaryweg Drive,Littleton,80128\n5 Main St,Denver,80014\n", "NO_HEADER", at=(1, None)),
    refused("F16b", "points without a header", "a.csv", b"52.5,13.4\n52.6,13.5\n", "NO_HEADER", api="point", at=(1, None)),
    refused("F16c", "one column of addresses without a header", "a.csv", b"Canaryweg 1\nCanaryweg 2\n", "NO_HEADER", at=(1, None)),
    refused("F16d", "the same address twice in a line that should be the header", "a.csv",
            b"Canaryweg 1,Canaryweg 1\nx,y\n", "NO_HEADER", at=(1, None)),
    taken("F17", "semicolons", "a.csv", b"id;address\n1;Canaryweg 1\n", [""]),
    taken("F17b", "tabs", "a.csv", b"id\taddress\n1\tCanaryweg 1\n", [""]),
    taken("F17c", "a rare delimiter between known names", "a.csv", b"id^address\n1^Canaryweg 1\n", [""]),
    refused("F17d", "a rare delimiter between unknown names", "a.csv", b"foo^bar\n1^Canaryweg\n", "DELIMITER", at=(1, None)),
    taken("F17e", "a delimiter that the route names", "a.csv", b"foo^address\n1^Canaryweg\n", [""], delimiter="^"),
    taken("F17f", "unit separators that the route names", "a.csv", b"foo\x1faddress\n1\x1fCanaryweg\n", [""], delimiter="\x1f"),
    taken("F17g", "a tab that the route spells", "a.csv", b"foo\taddress\n1\tCanaryweg\n", [""], delimiter="\\t"),
    refused("F17h", "a delimiter of two letters", "a.csv", b"foo,address\n1,a\n", "ROUTE_INVALID", delimiter="ab"),
    taken("F17i", "Excel's line sep=;", "a.csv", b"sep=;\r\nid;address\r\n1;Canaryweg 1, b\r\n", [""]),
    taken("F17j", "commas in cells of a file with semicolons", "a.csv", b"id;address\n1;Canaryweg 1, Berlin, DE\n2;Canaryweg 2, Bonn\n", ["", ""]),
]  # fmt: skip

TOO_MUCH = [
    refused("F20", "a line without an end", "a.csv", b"id,address\n1,Canaryweg" + b"x" * 1_500_000 + b"\n", "LINE_TOO_LONG", at=(2, None)),
    refused("F20b", "a line of JSON without an end", "a.ndjson", b'{"q":"' + b"x" * 1_500_000 + b'"}\n', "LINE_TOO_LONG", at=(1, None)),
    refused("F20c", "an element without an end", "a.json", b'[{"q":"' + b"x" * 1_500_000 + b'"}]', "LINE_TOO_LONG", at=(1, None)),
    refused("F20d", "a header without an end", "a.csv", b"x" * 1_500_000, "LINE_TOO_LONG", at=(1, None)),
    taken("F21", "a cell of 200 KB", "a.csv", b"id,address\n1,Canaryweg" + b"x" * 200_000 + b"\n2,b\n", ["FIELD_TOO_LONG", ""], at=(2, "address")),
    taken("F21b", "a text of 200 KB", "a.ndjson", b'{"q":"' + b"x" * 200_000 + b'"}\n{"q":"b"}\n', ["FIELD_TOO_LONG", ""], at=(1, "q")),
    taken("F21c", "200 KB in a column that is not sent", "a.csv", b"note,address\n" + b"x" * 200_000 + b",Canaryweg\n2,b\n", ["FIELD_TOO_LONG", ""], at=(2, "note")),
    refused("F22", "10,000 columns", "a.csv", b",".join(b"c%d" % n for n in range(10_000)) + b"\n", "TOO_MANY_COLUMNS", at=(1, None)),
]  # fmt: skip

NO_TEXT = [
    refused("F24", "an array named .csv", "a.csv", b'[{"address":"Canaryweg"}]', "FORMAT_MISMATCH"),
    refused("F24b", "lines of JSON named .csv", "a.csv", b'{"address":"Canaryweg"}\n{"address":"b"}\n', "FORMAT_MISMATCH"),
    refused("F24c", "CSV named .json", "a.json", GOOD, "FORMAT_MISMATCH"),
    refused("F24d", "CSV named .ndjson", "a.ndjson", GOOD, "FORMAT_MISMATCH"),
    refused("F24e", "blanks before the array", "a.csv", b' \n [\n {"address":"Canaryweg"}]', "FORMAT_MISMATCH"),
    refused("F24f", "a web page", "a.csv", b"<!doctype html><html><body>Canaryweg, 1</body></html>", "FORMAT_MISMATCH"),
    refused("F24g", "XML", "a.json", b'<?xml version="1.0"?><rows><row>Canaryweg</row></rows>', "FORMAT_MISMATCH"),
    refused("F26", "a spreadsheet", "a.csv", XLSX, "FORMAT_MISMATCH"),
    refused("F26b", "a zip", "a.csv", archive("a.csv"), "FORMAT_MISMATCH"),
    refused("F26c", "a PDF", "a.csv", b"%PDF-1.7\n\xe2\xe3\xcf\xd3", "FORMAT_MISMATCH"),
    refused("F26d", "parquet", "a.json", b"PAR1\x15\x04\x15\xff", "FORMAT_MISMATCH"),
    refused("F26e", "a zipped spreadsheet", "a.csv.gz", gzip.compress(XLSX), "FORMAT_MISMATCH"),
    refused("F26f", "an old spreadsheet", "a.csv", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + NOISE, "FORMAT_MISMATCH"),
    refused("F26g", "bzip2", "a.csv", b"BZh91AY&SY" + NOISE, "FORMAT_MISMATCH"),
    refused("F26h", "xz", "a.csv", b"\xfd7zXZ\x00" + NOISE, "FORMAT_MISMATCH"),
    refused("F26i", "zstandard", "a.csv", b"\x28\xb5\x2f\xfd" + NOISE, "FORMAT_MISMATCH"),
    refused("F26j", "7-Zip", "a.csv", b"7z\xbc\xaf\x27\x1c" + NOISE, "FORMAT_MISMATCH"),
    refused("F26k", "a picture", "a.csv", b"\x89PNG\r\n\x1a\n" + NOISE, "FORMAT_MISMATCH"),
    refused("F26l", "SQLite", "a.csv", b"SQLite format 3\x00" + NOISE, "FORMAT_MISMATCH"),
    refused("F26m", "a spreadsheet under its own name", "a.xlsx", XLSX, "UNKNOWN_FORMAT"),
]  # fmt: skip

ZIPS = [
    taken("F27", "gzip", "a.csv.gz", gzip.compress(GOOD), ["", ""]),
    taken("F27b", "a zipped array", "a.json.gz", gzip.compress(b'["Canaryweg 1","b"]'), ["", ""]),
    taken("F27c", "two members of gzip", "a.ndjson.gz", gzip.compress(b'{"q":"Canaryweg 1"}\n') + gzip.compress(b'{"q":"b"}\n'), ["", ""]),
    taken("F27d", "gzip without the name saying so", "a.csv", gzip.compress(GOOD), ["", ""], differs=[ZIPPED]),
    taken("F27e", "a name that says gzip, and plain text", "a.csv.gz", GOOD, ["", ""], differs=_NOT_TEXT),
    refused("F27f", "gzip that is cut off", "a.csv.gz", gzip.compress(GOOD)[:-9], "BROKEN_GZIP"),
    refused("F27g", "gzip without its trailer", "a.csv.gz", gzip.compress(GOOD)[:-8], "BROKEN_GZIP"),
    refused("F27h", "gzip with another checksum", "a.csv.gz", gzip.compress(GOOD)[:-8] + b"\0" * 8, "BROKEN_GZIP"),
    refused("F27i", "gzip with rubbish behind it", "a.csv.gz", gzip.compress(GOOD) + b"rubbish", "BROKEN_GZIP"),
    refused("F27j", "gzip in gzip", "a.csv.gz", gzip.compress(gzip.compress(GOOD)), "FORMAT_MISMATCH"),
    refused("F28", "a bomb", "a.csv.gz", gzip.compress(GOOD + PADDED * 9_000), "EXPANDS_TOO_MUCH"),
    refused("F28b", "a bomb of JSON", "a.ndjson.gz", gzip.compress(b'"Canaryweg"\n' + (b'"' + b"x" * 1000 + b'"\n') * 9_000), "EXPANDS_TOO_MUCH"),
    refused("F28c", "a bomb of many members", "a.csv.gz", gzip.compress(GOOD) + gzip.compress(PADDED * 3_000) * 4, "EXPANDS_TOO_MUCH"),
    refused("F29", "a zip with a path out of it", "a.zip", archive("../a.csv"), "ZIP_NOT_SUPPORTED"),
    refused("F29b", "a zip of many", "a.zip", archive(*(f"{n}.csv" for n in range(500))), "ZIP_NOT_SUPPORTED"),
    refused("F29c", "a zip in a zip", "a.zip", archive("a.zip", inner=archive("a.csv")), "ZIP_NOT_SUPPORTED"),
    refused("F29d", "a zip under a name of tables", "a.csv.zip", archive("a.csv"), "ZIP_NOT_SUPPORTED"),
]  # fmt: skip

ROWS = [*EMPTY, *ENCODINGS, *LINES, *HEADERS, *TOO_MUCH, *NO_TEXT, *ZIPS]  # fmt: skip
