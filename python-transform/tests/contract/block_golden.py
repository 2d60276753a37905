"""Makes `contract/golden/block.json`: a whole block as it is sent and its result, byte for byte as they cross.

It shares no code with the package. `python tests/contract/block_golden.py` writes the file; a test compares it.
`rows` have `fields` and `timestamps`; `sent_hex` is their block, in the layouts that the Java wrapper chooses. `scored`
has the scored row of each, without the fields that come back as they went, or null where the row is in errors;
`result_hex` is the block of results, in the layouts that the Python transform chooses.
"""

from __future__ import annotations

import json
import runpy
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

CONTRACT = Path(__file__).parents[3] / "contract"
GOLDEN = CONTRACT / "golden" / "block.json"
SCORED = json.loads((CONTRACT / "schemas" / "scored.json").read_text("utf-8"))["fields"]
VERSION = json.loads((CONTRACT / "contract.json").read_text("utf-8"))["blocks"]["version"]
COLUMNS = runpy.run_path(str(Path(__file__).with_name("columns_golden.py")))

FIELDS = [
    {"name": "Id", "type": "STRING", "nullable": True},
    {"name": "Stage", "type": "STRING", "nullable": True},
    {"name": "Amount", "type": "DOUBLE", "nullable": True},
    {"name": "Won", "type": "BOOLEAN", "nullable": True},
    {"name": "Year (fiscal)", "type": "INT64", "nullable": False},
]
KEPT = ["Stage", "Amount"]
ROWS = [
    ("006-0", "Closed Won", 8450.0, True, 2024),
    ("006-1", "Gagné ✓", -0.0, None, -(2**63)),
    ("006-2", None, {"double": "NaN"}, False, 2**63 - 1),
    ("006-3", "Closed Won", None, True, 2024),
    (None, "Closed Won", 1.0, None, 0),
    ("006-5", "Gagné ✓", 5e-324, False, 2024),
    ("006-6", "Closed Won", 120.5, True, 2024),
    ("🗼", "Closed Won", 8450.0, True, 2025),
    ("", "Closed Won", 8450.0, False, 2025),
]
TIMESTAMPS = [1_700_000_000_000 + 1000 * (i * 7 % 9) for i in range(len(ROWS))]
BAD = {2, 4}
REASONS = [
    [
        {"field": "Amount", "value": "-0", "expected": "1,210 to 6,490", "contribution": 0.75},
        {"field": "Stage", "value": None, "expected": "Négociation", "contribution": 0.25},
    ],
    [{"field": "Stage", "value": "Gagné ✓", "expected": None, "contribution": 1.0}],
]


def varint(number: int) -> bytes:
    """Return a number as Beam writes it: seven bits a byte, the lowest first."""
    number %= 2**64
    found = bytearray()
    while number > 127:
        found.append(number % 128 | 128)
        number //= 128
    return bytes([*found, number])


def row(values: Sequence[int | bytes]) -> bytes:
    """Return a row of no nulls in Beam's row coder."""
    found = varint(len(values)) + varint(0)
    for value in values:
        found += varint(value) if isinstance(value, int) else varint(len(value)) + value
    return found


def packed(field: dict[str, Any], values: Sequence[Any], **layouts: Any) -> bytes:
    return bytes(COLUMNS["pack"](field, values, **layouts))


def sent_layout(field: dict[str, Any], values: Sequence[Any]) -> str:
    """Return what the Java wrapper chooses: a dictionary for texts of which at most half are different."""
    texts = [value for value in values if value is not None]
    few = field["type"] == "STRING" and 0 < 2 * len(set(texts)) <= len(texts)
    return "dictionary" if few else "plain"


def scored(i: int) -> dict[str, Any] | None:
    """Return what the transform might say of a row."""
    if i in BAD:
        return None
    score = (i + 1) / 10
    return {
        "score": score,
        "label": int(score >= 0.55),
        "threshold": 0.55,
        "p_value": 1 / (i + 3),
        "cluster": i % 3 - 1,
        "membership": 1 - score / 3,
        "outlier_score": i / 7,
        "model_id": "0123456789abcdef",
        "reasons": REASONS[i % 2] if score >= 0.55 else [],
    }


def golden() -> dict[str, Any]:
    columns = [list(column) for column in zip(*ROWS, strict=True)]
    timestamps = struct.pack(f"<{len(ROWS)}q", *TIMESTAMPS)
    fields = {
        field["name"]: packed(field, values, layout=sent_layout(field, values))
        for field, values in zip(FIELDS, columns, strict=True)
    }
    head = [VERSION, len(ROWS), timestamps]
    results = [scored(i) for i in range(len(ROWS))]
    good = [result for result in results if result is not None]
    result = [*head, COLUMNS["bits"]([one is not None for one in results]), fields["Id"]]
    for field in SCORED[1:]:
        layouts: dict[str, Any] = {
            "model_id": {"layout": "dictionary"},
            "reasons": {"item_layouts": {"field": "dictionary"}},
        }
        result.append(packed(field, [one[field["name"]] for one in good], **layouts.get(field["name"], {})))
    result += [fields[name] for name in KEPT]
    return {
        "fields": FIELDS,
        "rows": [dict(zip(fields, values, strict=True)) for values in ROWS],
        "timestamps": TIMESTAMPS,
        "sent_hex": row([*head, *fields.values()]).hex(),
        "keep_fields": KEPT,
        "scored": results,
        "result_hex": row(result).hex(),
    }


def text() -> str:
    """Return the file: an item of a list of objects a line."""
    lines = []
    for key, value in golden().items():
        written = json.dumps(value)
        if isinstance(value, list) and isinstance(value[0], dict):
            written = "[\n    " + ",\n    ".join(json.dumps(item, ensure_ascii=False) for item in value) + "\n  ]"
        lines.append(f'  "{key}": {written}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    GOLDEN.write_text(text(), "utf-8")
