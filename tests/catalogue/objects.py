"""Group F, files of JSON, and what stands in records of any form: numbers, places, ids, columns."""

from __future__ import annotations

from tests.catalogue.case import ONCE
from tests.catalogue.dropped import Dropped, refused, taken

DEEP = b"[" * 2000 + b"]" * 2000
POINTS = "id,lat,lon\n"
TWICE = ["", ""]

FORMS = [
    taken("F25", "lines named .json", "a.json", b'{"q":"Canaryweg 1"}\n{"q":"b"}\n', TWICE),
    taken("F25b", "an array named .ndjson", "a.ndjson", b'[{"q":"Canaryweg 1"},\n{"q":"b"}]\n', TWICE),
    taken("F25c", "an object with a list named .jsonl", "a.jsonl", b'{\n "records": [\n  {"q":"Canaryweg 1"}\n ]\n}\n', [""]),
    taken("F25d", "lines of texts named .json", "a.json", b'"Canaryweg 1"\n"b"\n', TWICE),
    refused("F30", "nested 2,000 deep", "a.json", DEEP, "TOO_DEEP", at=(1, None)),
    refused("F30b", "deep inside a record", "a.json", b'[{"q":' + DEEP + b"}]", "TOO_DEEP", at=(1, None)),
    refused("F30c", "deep in the second line", "a.ndjson", b'{"q":"Canaryweg"}\n{"q":' + DEEP + b"}\n", "TOO_DEEP", at=(2, None)),
    refused("F30d", "deep below a known list", "a.json", b'{"records":[\n{"q":' + DEEP + b"}]}", "TOO_DEEP", at=(2, None)),
    refused("F30e", "objects, 2,000 deep", "a.ndjson", b'{"q":' * 2000 + b"1" + b"}" * 2000 + b"\n", "TOO_DEEP", at=(1, None)),
    refused("F30f", "deep in a member beside the list", "a.json", b'{"meta":' + DEEP + b',"data":[{"q":"Canaryweg"}]}', "TOO_DEEP", at=(1, None)),
    refused("F30g", "deep and cut off", "a.json", b"[" * 100_000, "BROKEN_JSON", at=(1, None)),
    taken("F33", "an object with one known list", "a.json", b'{"data":[{"q":"Canaryweg 1"},{"q":"b"}],"total":2}', TWICE),
    taken("F33b", "the list behind other members", "a.json", b'{"total":2,"meta":{"rows":[1]},"data":[{"q":"Canaryweg 1"},{"q":"b"}]}', TWICE),
    refused("F33c", "one object", "a.json", b'{"q":"Canaryweg"}', "NOT_A_LIST"),
    refused("F33d", "a list under another name", "a.json", b'{"mine":[{"q":"Canaryweg"}]}', "NOT_A_LIST"),
    refused("F33e", "two known lists", "a.json", b'{"data":[{"q":"Canaryweg"}],"rows":[{"q":"b"}]}', "NOT_A_LIST"),
    refused("F33f", "a text", "a.json", b'"Canaryweg"', "NOT_A_LIST"),
    refused("F33g", "null", "a.json", b"null", "NOT_A_LIST"),
    refused("F33h", "a number", "a.json", b"17", "NOT_A_LIST"),
    refused("F33i", "an object that is cut off behind its list", "a.json", b'{"data":[{"q":"Canaryweg"}],', "BROKEN_JSON"),
    refused("F33j", "a list that is cut off", "a.json", b'{"data":[{"q":"Canaryweg"}', "BROKEN_JSON"),
    refused("F33k", "a list whose key stands in a text", "a.json", b'{"note":"data\\":[1]","x":1}', "NOT_A_LIST"),
    refused("F33l", "an array, and something behind it", "a.json", b'[{"q":"Canaryweg"}]\n[{"q":"b"}]', "BROKEN_JSON"),
    taken("F34", "texts", "a.json", b'["Canaryweg 1","Side St 2"]', TWICE),
    taken("F34b", "texts, one a line", "a.ndjson", b'"Canaryweg 1"\n"Side St 2"\n', TWICE),
    taken("F34c", "mixed elements after a text", "a.json", b'["Canaryweg 1",{"q":"b"},null,true,[1],"Side St 2"]',
          ["", "WRONG_TYPE", "WRONG_TYPE", "WRONG_TYPE", "WRONG_TYPE", ""]),
    taken("F34d", "a text among objects", "a.json", b'[{"q":"Canaryweg 1"},\n"b"]', ["", "WRONG_TYPE"], at=(2, None)),
    taken("F34e", "numbers as texts", "a.json", b'[10115, "Canaryweg"]', TWICE),
    taken("F35", "nested values where text is expected", "a.json", b'[{"q":{"street":"Canaryweg"}},{"q":["a"]},{"q":true},{"q":"b"}]',
          ["WRONG_TYPE", "WRONG_TYPE", "WRONG_TYPE", ""], at=(1, "q")),
    taken("F35b", "a nested value in the last line", "a.ndjson", b'{"q":"Canaryweg 1"}\n{"q":{"a":1}}', ["", "WRONG_TYPE"], at=(2, "q")),
    taken("F35c", "nested values in members that are not sent", "a.ndjson", b'{"q":"Canaryweg 1","more":{"a":[1,2]}}\n', [""]),
    taken("F36", "a broken line in the middle", "a.ndjson", b'{"q":"Canaryweg 1"}\n{"q":"Canaryweg"\n{"q":"c"}\n', ["", "NOT_JSON", ""], at=(2, None)),
    taken("F36b", "a broken first line", "a.ndjson", b'{"q":"Canaryweg"\n{"q":"b"}\n', ["NOT_JSON", ""], at=(1, None)),
    taken("F36c", "a broken last line", "a.ndjson", b'{"q":"Canaryweg 1"}\n{"q":"b', ["", "NOT_JSON"], at=(2, None)),
    taken("F36d", "two values in a line", "a.ndjson", b'{"q":"Canaryweg"}{"q":"b"}\n{"q":"c"}\n', ["NOT_JSON", ""], at=(1, None)),
    refused("F36e", "a broken element of an array", "a.json", b'[{"q":"Canaryweg"},\n{q:"b"}]', "BROKEN_JSON", at=(2, None)),
]  # fmt: skip

NUMBERS = [
    taken("F31", "NaN, Infinity, 1e999", "a.ndjson",
          b'{"lat":NaN,"lon":1}\n{"lat":1,"lon":Infinity}\n{"lat":1e999,"lon":1}\n{"lat":1,"lon":2}\n',
          ["NOT_A_NUMBER", "NOT_A_NUMBER", "NOT_A_NUMBER", ""], api="point"),
    taken("F31b", "-Infinity in a member that is not sent", "a.json", b'[{"q":"Canaryweg","score":-Infinity},{"q":"b"}]', ["NOT_A_NUMBER", ""]),
    taken("F31c", "NaN and inf as text in a table", "a.csv", (POINTS + "1,NaN,1\n2,1,inf\n3,1e999,1\n4,1,2\n").encode(),
          ["NOT_A_NUMBER", "NOT_A_NUMBER", "NOT_A_NUMBER", ""], api="point", at=(2, "lat")),
    taken("F31d", "NaN and Infinity as text in JSON", "a.ndjson", b'{"lat":"NaN","lon":"1"}\n{"lat":"1","lon":"2"}\n', ["NOT_A_NUMBER", ""], api="point"),
    taken("F32", "5,000 digits", "a.json", b'[{"q":"Canaryweg","n":%b},{"q":"b"}]' % (b"9" * 5000), ["NOT_A_NUMBER", ""]),
    taken("F32b", "5,000 digits in a line, last", "a.ndjson", b'{"q":"Canaryweg"}\n{"q":%b}\n' % (b"9" * 5000), ["", "NOT_A_NUMBER"], at=(2, "q")),
    taken("F32c", "5,000 digits as a latitude", "a.csv", (POINTS + f"1,{'9' * 5000},1\n2,1,2\n").encode(), ["NOT_A_NUMBER", ""], api="point"),
    taken("F37", "latitude and longitude swapped", "a.csv", (POINTS + "1,139,35\n2,52,13\n").encode(), ["LAT_RANGE", ""], api="point", at=(2, "lat")),
    taken("F37b", "swapped in JSON", "a.ndjson", b'{"lat":139.7,"lon":35.6}\n{"lat":52,"lon":13}\n', ["LAT_RANGE", ""], api="point", at=(1, "lat")),
    taken("F37c", "swapped in one column", "a.csv", b'at\n"139.7,35.6"\n"52,13"\n', ["LAT_RANGE", ""], api="point", at=(2, "at")),
    taken("F38", "what is no place", "a.csv", (POINTS + '1,91,0\n2,0,-181\n3,,\n4,"52,53",13\n5,x,13\n6,1,2\n').encode(),
          ["LAT_RANGE", "LON_RANGE", "EMPTY_QUERY", "NOT_A_NUMBER", "NOT_A_NUMBER", ""], api="point", at=(2, "lat")),
    taken("F38b", "one half is missing", "a.csv", (POINTS + "1,52,\n2,,13\n3,52,13\n").encode(), ["NOT_A_NUMBER", "NOT_A_NUMBER", ""], api="point", at=(2, "lon")),
    taken("F38c", "90 and 180 themselves", "a.csv", (POINTS + "1,90,180\n2,-90,-180\n").encode(), TWICE, api="point"),
    taken("F38d", "digits of other scripts", "a.csv", (POINTS + "1,٥٢,١٣\n2,52,13\n").encode(), ["NOT_A_NUMBER", ""], api="point"),
    taken("F38e", "underscores and hexadecimal", "a.csv", (POINTS + "1,5_2,13\n2,0x34,13\n3,52,13\n").encode(), ["NOT_A_NUMBER", "NOT_A_NUMBER", ""], api="point"),
]  # fmt: skip

COLUMNS = [
    refused("F41", "coordinates for an API of addresses", "a.csv", b'id,at\n1,"52,13"\n', "WRONG_COLUMNS", at=(1, None)),
    refused("F41b", "addresses for an API of coordinates", "a.csv", b"id,address\n1,Canaryweg 1\n", "WRONG_COLUMNS", api="point", at=(1, None)),
    refused("F41c", "coordinates in JSON for an API of addresses", "a.ndjson", b'{"id":1,"at":"52,13"}\n', "WRONG_COLUMNS", at=(1, None)),
    refused("F41d", "a column that the route names and the file lacks", "a.csv", b"id,address\n1,Canaryweg\n", "WRONG_COLUMNS", at=(1, "place"),
            columns={"text": "place"}),
    refused("F42", "several requests in one file", "a.json", b'[{"api":"/x","inputs":[]},{"api":"/y","inputs":[]}]', "MIXED_SERVICES"),
    taken("F43", "unknown columns", "a.csv", b"id,address,colour,size\n1,Canaryweg 1,red,5\n", [""]),
    taken("F43b", "unknown members", "a.ndjson", b'{"q":"Canaryweg 1","colour":"red","tags":["a"]}\n', [""]),
    taken("F44", "a recId twice", "a.csv", b"recId,q\n7,Canaryweg 1\n7,b\n", TWICE),
    taken("F44b", "a recId twice in JSON", "a.ndjson", b'{"recId":7,"q":"Canaryweg 1"}\n{"recId":7,"q":"b"}\n', TWICE),
    taken("F45", "empty recIds", "a.csv", b"recId,q\n,Canaryweg 1\n7,b\n", TWICE),
    taken("F45b", "no recId", "a.csv", b"q,x\nCanaryweg 1,1\nb,2\n", TWICE),
    taken("F46", "a recId of everything", "a.csv", b'recId,q\n"0001|\n""x""",Canaryweg 1\n' + b"x" * 300 + b",b\n", TWICE),
    refused("F47", "nothing but invalid records", "a.csv", b"id,address\n1,\n2,\n", "NO_VALID_ROWS"),
    refused("F47b", "nothing but invalid lines", "a.ndjson", b'{"q":""}\n{"q":null}\n', "NO_VALID_ROWS"),
    taken("F48", "an empty address", "a.csv", b"id,address\n1,\n2,Canaryweg 2\n", ["EMPTY_QUERY", ""], at=(2, None)),
    taken("F48b", "an address of blanks, last", "a.csv", b"id,address\n1,Canaryweg 1\n2,  \n", ["", "EMPTY_QUERY"], at=(3, None)),
    taken("F48c", "null, and nothing at all", "a.ndjson", b'{"q":null}\n{}\n{"q":"Canaryweg"}\n', ["EMPTY_QUERY", "EMPTY_QUERY", ""], at=(1, None)),
    taken("F48d", "blanks nobody sees", "a.csv", "id,address\n1,\u00a0\u2003\n2,Canaryweg 2\n".encode(), ["EMPTY_QUERY", ""], at=(2, None)),
    Dropped(id="F47c", what="more invalid records than the route allows", name="a.csv", body=b"id,address\n1,\n2,Canaryweg 2\n3,Canaryweg 3\n",
            expected=["EMPTY_QUERY", "", ""], ledger=ONCE, options={"max_invalid": 0.2}, held="MANY_INVALID"),
    Dropped(id="F47d", what="one invalid record where none is allowed", name="a.csv", body=b"id,address\n" + b"1,Canaryweg\n" * 99 + b"2,\n",
            expected=[*[""] * 99, "EMPTY_QUERY"], ledger=ONCE, options={"max_invalid": 0}, held="MANY_INVALID"),
    taken("F47e", "as many as are allowed", "a.csv", b"id,address\n1,\n2,Canaryweg 2\n3,Canaryweg 3\n4,d\n5,e\n", ["EMPTY_QUERY", "", "", "", ""], max_invalid=0.2),
    taken("F55", "letters of many scripts", "a.csv", "address\n\u200fשלום 👩‍💻 e\u0301 北京 Canaryweg\n".encode(), [""]),
    taken("F55b", "the same in lines", "a.ndjson", '{"q":"\u200fשלום 👩‍💻 e\u0301 北京 Canaryweg"}\n'.encode(), [""]),
    taken("F55c", "composed and decomposed letters are two addresses", "a.csv", "address\ne\u0301 Canaryweg\né Canaryweg\n".encode(), TWICE),
    taken("F55d", "line separators of Unicode inside a cell", "a.csv", "address\nCanaryweg\u20281\u0085x\nb\n".encode(), TWICE),
    taken("F55e", "half a surrogate in JSON", "a.ndjson", b'{"q":"Canaryweg \\ud83d"}\n{"q":"b"}\n', ["LONE_SURROGATE", ""], at=(1, "q")),
    taken("F55f", "half a surrogate in the name of a member that is not sent", "a.ndjson", b'{"q":"Canaryweg"}\n{"q":"b","x":{"\\udc00":1}}\n', ["", "LONE_SURROGATE"], at=(2, "x")),
    taken("F48e", "a word for a missing value", "a.csv", b"id,address\n1,NULL\n2,Canaryweg 2\n", ["EMPTY_QUERY", ""], at=(2, None)),
]  # fmt: skip

ROWS = [*FORMS, *NUMBERS, *COLUMNS]  # fmt: skip
