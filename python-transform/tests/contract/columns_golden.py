"""Makes `contract/golden/columns.json`: packed columns, value by value, as `contract/columns.md` says.

It shares no code with the package. `python tests/contract/columns_golden.py` writes the file; a test compares it.
A case is `{"name", "type", "values", "layout", "hex"}`, and a column of rows has `item_layouts` by field. What has
`"packed": false` is never written, and read all the same. Or it is `{"name", "refused", "type", "rows", "hex"}`, and
the error must hold the text `refused`. Bytes are `{"hex": …}`, doubles that JSON has no number for `{"double": …}`.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).parents[3] / "contract" / "golden" / "columns.json"
SCORED = Path(__file__).parents[3] / "contract" / "schemas" / "scored.json"
NUMBERS = {"DOUBLE": "<d", "FLOAT": "<f", "INT64": "<q", "INT32": "<i", "INT16": "<h"}
TEXTS = ["Zoë", None, "", "東京 🗼", "Zoë", "a\0b", None, "x" * 9, ""]
REASONS = next(field for field in json.loads(SCORED.read_text("utf-8"))["fields"] if field["name"] == "reasons")


def field(type_: str, *, nullable: bool = True, items: Any = None) -> dict[str, Any]:
    return {"type": type_, **({"items": items} if items else {}), "nullable": nullable}


def of_json(value: Any) -> Any:
    if isinstance(value, dict) and value.keys() == {"hex"}:
        return bytes.fromhex(value["hex"])
    return float(value["double"]) if isinstance(value, dict) and value.keys() == {"double"} else value


def bits(flags: Sequence[Any]) -> bytes:
    found = bytearray(-(-len(flags) // 8))
    for i, flag in enumerate(flags):
        found[i // 8] |= bool(flag) << i % 8
    return bytes(found)


def integers(layout: str, values: Sequence[int]) -> bytes:
    return b"".join(struct.pack(layout, value) for value in values)


def offsets(sizes: Sequence[int]) -> bytes:
    return integers("<i", [sum(sizes[:i]) for i in range(len(sizes) + 1)])


def joined(parts: Sequence[bytes]) -> bytes:
    found = b""
    for part in parts:
        found += bytes(-len(found) % 8) + part
    return found


def pack(
    type_: dict[str, Any],
    values: Sequence[Any],
    layout: str = "plain",
    *,
    item_layouts: dict[str, str] | None = None,
    validity: bool = False,
) -> bytes:
    """Return the bytes of a column of values in their JSON form."""
    values = [of_json(value) for value in values]
    kind, count, parts = type_["type"], 0, []
    validity = validity or None in values
    if kind in NUMBERS:
        parts.append(b"".join(struct.pack(NUMBERS[kind], 0 if value is None else value) for value in values))
    elif kind == "BOOLEAN":
        parts.append(bits(values))
    elif kind == "ARRAY":
        items = [item for value in values for item in value or []]
        parts.append(offsets([len(value or []) for value in values]))
        count = len(items)
        if isinstance(type_["items"], str):
            columns = [pack(field(type_["items"], nullable=False), items, (item_layouts or {}).get("", "plain"))]
        else:
            columns = [
                pack(inner, [item[inner["name"]] for item in items], (item_layouts or {}).get(inner["name"], "plain"))
                for inner in type_["items"]
            ]
        for column in columns:
            parts += [struct.pack("<q", len(column)), column]
    else:
        texts = [value.encode() if isinstance(value, str) else value or b"" for value in values]
        present = [text for text, value in zip(texts, values, strict=True) if value is not None]
        different = list(dict.fromkeys(present)) if layout == "dictionary" else texts
        parts += [offsets([len(text) for text in different]), b"".join(different)]
        if layout == "dictionary":
            count = len(different)
            codes = [0 if v is None else different.index(text) for text, v in zip(texts, values, strict=True)]
            parts.append(integers("<i", codes))
    header = struct.pack("<BBHi", layout == "dictionary", validity, 0, count)
    return joined([header, *([bits([value is not None for value in values])] if validity else []), *parts])


def good() -> Iterator[dict[str, Any]]:
    """Yield columns that are read, and how each is written."""

    def case(name: str, type_: dict[str, Any], values: Sequence[Any], layout: str = "plain", **more: Any) -> Any:
        data = pack(type_, values, layout, **more)
        if more.pop("validity", False):
            more["packed"] = False
        return {"name": name, "type": type_, "values": values, "layout": layout, **more, "hex": data.hex()}

    numbers: dict[str, list[Any]] = {
        "DOUBLE": [0.5, -0.0, 5e-324, 1.7976931348623157e308, None, {"double": "NaN"}, {"double": "Infinity"},
                   {"double": "-Infinity"}, None, 1e-9],
        "FLOAT": [0.5, None, -3.4028234663852886e38, 1.401298464324817e-45, {"double": "NaN"}, {"double": "-Infinity"}],
        "INT64": [1, -1, None, 9223372036854775807, -9223372036854775808],
        "INT32": [1, -1, 2147483647, -2147483648, None],
        "INT16": [1, -1, 32767, -32768, None, 7, 8, 9, 10],
        "BOOLEAN": [True, False, None, True, True, None, False, False, True],
    }  # fmt: skip
    for type_, values in numbers.items():
        whole = [value for value in values if value is not None]
        yield case(f"{type_} with nulls", field(type_), values)
        yield case(f"{type_} without nulls", field(type_, nullable=False), whole)
        yield case(f"{type_}, eight values", field(type_), [whole[i % len(whole)] for i in range(8)])
        yield case(f"{type_}, nulls alone", field(type_), [None] * 3)
        yield case(f"{type_}, one value", field(type_), whole[:1])
        yield case(f"{type_}, no value", field(type_), [])
    binary: list[Any] = [{"hex": "00ff"}, None, {"hex": ""}, {"hex": "c328"}, {"hex": "00ff"}]
    for type_, texts in (("STRING", TEXTS), ("BYTES", binary)):
        for layout in ("plain", "dictionary"):
            whole = [text for text in texts if text is not None]
            yield case(f"{type_}, {layout}, with nulls", field(type_), texts, layout)
            yield case(f"{type_}, {layout}, without nulls", field(type_, nullable=False), whole, layout)
            yield case(f"{type_}, {layout}, empty values alone", field(type_), [whole[2][:0] if type_ == "STRING" else
                       {"hex": ""}] * 3, layout)  # fmt: skip
            yield case(f"{type_}, {layout}, nulls alone", field(type_), [None] * 17, layout)
            yield case(f"{type_}, {layout}, no value", field(type_), [], layout)
    yield case("STRING, dictionary, one value in many rows", field("STRING"), ["Closed Won"] * 33, "dictionary")
    lists: list[Any] = [["a", "", "ä"], [], None, ["a"]]
    for layout in ("plain", "dictionary"):
        yield case(f"ARRAY of STRING, {layout}", field("ARRAY", items="STRING"), lists, item_layouts={"": layout})
    yield case("ARRAY of INT64", field("ARRAY", items="INT64"), [[1, 2], [], [3]])
    yield case("ARRAY of DOUBLE", field("ARRAY", items="DOUBLE"), [[0.5], [{"double": "NaN"}]])
    yield case("ARRAY of BOOLEAN", field("ARRAY", items="BOOLEAN"), [[True] * 7, [False, True, True]])
    yield case("ARRAY of STRING, no item", field("ARRAY", items="STRING", nullable=False), [[], []])
    yield case("ARRAY of STRING, no value", field("ARRAY", items="STRING"), [])
    rows = field("ARRAY", items=[{key: inner[key] for key in ("name", "type", "nullable")} for inner in
                                 REASONS["items"]], nullable=False)  # fmt: skip
    reasons: list[Any] = [
        [
            {"field": "Amount", "value": "1.84", "expected": "1,210 to 6,490", "contribution": 0.75},
            {"field": "Stage", "value": None, "expected": "Négociation", "contribution": 0.25},
        ],
        [],
        [{"field": "Stage", "value": "", "expected": None, "contribution": 1.0}],
    ]
    yield case("ARRAY of rows, plain", rows, reasons)
    yield case("ARRAY of rows, dictionary", rows, reasons, item_layouts={"field": "dictionary", "value": "dictionary"})
    yield case("ARRAY of rows, no item", rows, [[], [], []])
    yield case("ARRAY of rows, no value", rows, [])
    yield case("validity though nothing is null", field("STRING"), ["a", "b"], validity=True)
    parts = [struct.pack("<BBHi", 1, 0, 0, 3), offsets([1, 1, 1]), b"aba", integers("<i", [1, 2, 1])]
    yield {"name": "a dictionary with equal and unused values", "type": field("STRING"), "values": ["b", "a", "b"],
           "layout": "dictionary", "packed": False, "hex": joined(parts).hex()}  # fmt: skip


def bad() -> Iterator[dict[str, Any]]:
    """Yield columns that are refused: each is a good one with one thing wrong."""
    text, number, flag = field("STRING"), field("DOUBLE"), field("BOOLEAN")
    array = field("ARRAY", items="STRING")
    rows = field("ARRAY", items=[{"name": "a", **field("INT16")}, {"name": "b", **field("DOUBLE")}], nullable=False)

    def case(name: str, refused: str, type_: dict[str, Any], n: int, data: bytes) -> dict[str, Any]:
        return {"name": name, "refused": refused, "type": type_, "rows": n, "hex": data.hex()}

    def changed(data: bytes, position: int, new: bytes) -> bytes:
        return data[:position] + new + data[position + len(new) :]

    doubles, holes = pack(number, [1.5, 2.5, 3.5]), pack(number, [1.5, None, 3.5])
    plain = pack(text, ["ab", "ä", ""])  # offsets from byte 8, bytes from 24
    some = pack(text, ["ab", None, "c"])  # validity at 8, offsets from 16, bytes from 32
    coded = pack(text, ["ab", "ä", "ab"], "dictionary")  # offsets from 8, bytes from 24, codes from 32
    coded_holes = pack(text, ["ab", None, "ä"], "dictionary")  # codes from 40
    flags = pack(flag, [True, False, True])
    lists = pack(array, [["a"], ["b", "c"]])  # offsets from 8, length at 24, items from 32
    inner = pack(rows, [[{"a": 1, "b": 2.0}], [{"a": 3, "b": 4.0}]])  # offsets 8, length 24, a 32, length 48, b 56

    for name, type_, n, data in (
        ("numbers", number, 3, doubles),
        ("numbers with nulls", number, 3, holes),
        ("bits", flag, 3, flags),
        ("texts", text, 3, plain),
        ("codes", text, 3, coded),
        ("lists", array, 2, lists),
        ("rows", rows, 2, inner),
    ):
        yield case(f"{name}: the last byte is missing", "too short", type_, n, data[:-1])
        yield case(f"{name}: a byte too many", "too long", type_, n, data + b"\0")
        yield case(f"{name}: eight bytes too many", "too long", type_, n, data + bytes(8))
        yield case(f"{name}: the header alone", "too short", type_, n, data[:8])
        yield case(f"{name}: half a header", "too short", type_, n, data[:4])
        yield case(f"{name}: no byte", "too short", type_, n, b"")
        yield case(f"{name}: an unknown layout", "layout", type_, n, changed(data, 0, b"\2"))
        yield case(f"{name}: a validity of neither 0 nor 1", "header", type_, n, changed(data, 1, b"\2"))
        yield case(f"{name}: a header with something in its gap", "header", type_, n, changed(data, 3, b"\1"))
        yield case(f"{name}: a count below 0", "count", type_, n, changed(data, 4, b"\xff\xff\xff\xff"))
    for name, type_, data in (("numbers", number, doubles), ("texts", text, plain), ("bits", flag, flags)):
        yield case(f"{name}: more rows than values", "too short", type_, 30, data)
        yield case(f"{name}: a plain layout with a count", "count", type_, 3, changed(data, 4, b"\1"))
    yield case("numbers: fewer rows than values", "too long", number, 2, doubles)
    yield case("numbers in the layout dictionary", "layout", number, 3, changed(doubles, 0, b"\1"))
    yield case("bits in the layout dictionary", "layout", flag, 3, changed(flags, 0, b"\1"))
    yield case("lists in the layout dictionary", "layout", array, 2, changed(lists, 0, b"\1"))

    yield case("validity: a bit after the last", "bits after the last", number, 3, changed(holes, 8, b"\x0d"))
    yield case("bits: a bit after the last", "bits after the last", flag, 3, changed(flags, 8, b"\x0d"))
    yield case("a gap that is not 0 after the validity", "gap", number, 3, changed(holes, 9, b"\1"))
    yield case("a gap that is not 0 before bytes", "gap", text, 2, changed(pack(text, ["a", "b"]), 20, b"\1"))
    yield case("a gap that is not 0 before codes", "gap", text, 3, changed(coded, 31, b"\1"))
    yield case("a gap that is not 0 between columns", "gap", rows, 2, changed(inner, 47, b"\1"))

    yield case("numbers: a null is not 0", "null", number, 3, changed(holes, 24, b"\1"))
    null_flag = pack(flag, [True, None])
    yield case("bits: a null is not 0", "null", flag, 2, changed(null_flag, 16, b"\3"))
    yield case("texts: a null is not empty", "null", text, 3, changed(some, 24, integers("<i", [3])))
    yield case("codes: a null is not 0", "null", text, 3, changed(coded_holes, 44, b"\1"))
    null_list = pack(array, [["a"], None])
    yield case("lists: a null has items", "null", array, 2, changed(null_list, 16, integers("<i", [0, 0, 1])))

    yield case("texts: offsets do not start at 0", "offset", text, 3, changed(plain, 8, integers("<i", [1])))
    yield case("texts: an offset below 0", "offset", text, 3, changed(plain, 12, integers("<i", [-2])))
    yield case("texts: offsets fall", "offset", text, 3, changed(plain, 12, integers("<i", [4, 2])))
    yield case("texts: an offset beyond the last", "offset", text, 3, changed(plain, 16, integers("<i", [5, 4])))
    yield case("texts: the last offset is below 0", "offset", text, 3, changed(plain, 20, integers("<i", [-4])))
    yield case("texts: more bytes promised than there are", "too short", text, 3,
               changed(plain, 20, integers("<i", [5])))  # fmt: skip
    yield case("texts: two billion bytes promised", "too short", text, 3,
               changed(plain, 20, integers("<i", [2147483647])))  # fmt: skip
    yield case("texts: fewer bytes promised than there are", "too long", text, 3,
               changed(pack(text, ["ab", "c", ""]), 16, integers("<i", [2, 2])))  # fmt: skip
    yield case("codes: offsets of the dictionary fall", "offset", text, 3, changed(coded, 12, integers("<i", [5])))
    yield case("lists: offsets do not start at 0", "offset", array, 2, changed(lists, 8, integers("<i", [1])))
    yield case("lists: offsets fall", "offset", array, 2, changed(lists, 12, integers("<i", [4])))
    yield case("lists: offsets end before the count", "offset", array, 2, changed(lists, 16, integers("<i", [2])))

    yield case("codes: more values than rows", "count", text, 2, pack(text, ["a", "b", "c"], "dictionary"))
    yield case("codes: two billion values", "count", text, 3, changed(coded, 4, integers("<i", [2147483647])))
    huge = changed(changed(lists, 4, integers("<i", [2147483647])), 16, integers("<i", [2147483647]))
    yield case("lists: two billion items", "too short", array, 2, huge)
    yield case("codes: a code is that of no value", "code", text, 3, changed(coded, 36, integers("<i", [2])))
    yield case("codes: a code below 0", "code", text, 3, changed(coded, 36, integers("<i", [-1])))
    yield case("codes: a value of an empty dictionary", "code", text, 3,
               joined([struct.pack("<BBHi", 1, 0, 0, 0), offsets([]), b"", integers("<i", [0, 0, 0])]))  # fmt: skip

    for name, position, new in (
        ("a byte that no text has", 24, b"\xff"),
        ("half a character at the end", 26, b"a\xc3"),
        ("a long form", 24, b"\xc0\xaf"),
        ("half of a pair", 24, b"\xed\xa0\x80b"),
        ("beyond Unicode", 24, b"\xf4\x90\x80\x80"),
    ):
        yield case(f"texts: {name}", "UTF-8", text, 3, changed(plain, position, new))
    yield case("texts: an offset within a character", "UTF-8", text, 3, changed(plain, 12, integers("<i", [3])))
    yield case("codes: a byte that no text has", "UTF-8", text, 3, changed(coded, 24, b"\xff"))
    yield case("lists: a byte that no text has", "UTF-8", array, 2, changed(lists, len(lists) - 1, b"\xff"))

    yield case("numbers: a null where there is none", "null", field("DOUBLE", nullable=False), 3, holes)
    yield case("bits: a null where there is none", "null", field("BOOLEAN", nullable=False), 2, null_flag)
    yield case("texts: a null where there is none", "null", field("STRING", nullable=False), 3, some)
    yield case("codes: a null where there is none", "null", field("STRING", nullable=False), 3, coded_holes)
    yield case("lists: a null where there is none", "null", field("ARRAY", items="STRING", nullable=False), 2,
               null_list)  # fmt: skip
    column = pack(text, ["a", None, "c"])
    parts = [struct.pack("<BBHi", 0, 0, 0, 3), offsets([1, 2]), struct.pack("<q", len(column)), column]
    yield case("lists: an item is null", "null", array, 2, joined(parts))

    for name, length, refused in (
        ("below 0", -1, "length"),
        ("beyond all", 2**62, "too short"),
        ("one more", len(lists) - 31, "too short"),
        ("one less", len(lists) - 33, "too short"),
        ("nothing", 0, "too short"),
    ):
        yield case(f"lists: a length of items that is {name}", refused, array, 2,
                   changed(lists, 24, struct.pack("<q", length)))  # fmt: skip
    yield case("rows: a field's length is too great", "too long", rows, 2, changed(inner, 24, struct.pack("<q", 13)))
    yield case("rows: the last field is missing", "too short", rows, 2, inner[:44])
    yield case("rows: a field's layout is unknown", "layout", rows, 2, changed(inner, 56, b"\7"))


def text() -> str:
    """Return the file."""
    cases = [*good(), *bad()]
    return "[\n" + ",\n".join("  " + json.dumps(case, ensure_ascii=False) for case in cases) + "\n]\n"


if __name__ == "__main__":
    GOLDEN.write_text(text(), "utf-8")
