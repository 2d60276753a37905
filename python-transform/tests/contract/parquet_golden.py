"""`python tests/contract/parquet_golden.py` writes `contract/golden/reader/*.parquet`.

What the readers of both languages make of them is in `parquet_rows.jsonl` and `parquet_errors.jsonl` there.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

READER = Path(__file__).parents[3] / "contract" / "golden" / "reader"
NOON = 1_706_697_296
"""Seconds: 2024-01-31T10:34:56Z."""
MIDNIGHT = 1_706_659_200

COLUMNS: dict[str, tuple[pa.DataType, list[Any]]] = {
    "Opportunity ID": (pa.string(), ["a", "b", "c", "d", None]),
    "Amount": (pa.int64(), [-7, 2**53 + 1, None, 0, 1]),
    "Won": (pa.int8(), [1, 0, None, 2, 1]),
    "Closed": (pa.bool_(), [True, False, None, True, True]),
    "CloseDate": (pa.timestamp("ms"), [MIDNIGHT * 1000, NOON * 1000, None, 0, 0]),
    "CreatedDate": (pa.date32(), [date(2024, 1, 31), date(1, 1, 1), None, None, None]),
    "Stage": (pa.dictionary(pa.int32(), pa.string()), ["Zoë", "", None, "Open", "Open"]),
    "bytes": (pa.binary(), [b"plain", b"\xc3\xab", None, b"x", b"x"]),
    "fixed": (pa.binary(2), [b"ab", b"\xc3\xab", None, b"ab", b"ab"]),
    "double": (pa.float64(), [1234.5, 1e300, None, 12_500_000.0, 0.1]),
    "double 2": (pa.float64(), [-0.0, 0.00012, float("nan"), float("-inf"), 0.1]),
    "double 3": (pa.float64(), [9007199254740992.0, -9007199254740991.0, 5e-324, 1.7976931348623157e308, 0.001]),
    "float": (pa.float32(), [0.1, 1e10, None, 16_777_216.0, 3.4028235e38]),
    "half": (pa.float16(), [np.float16(0.1), np.float16(1e-5), None, np.float16(2048), np.float16(1)]),
    "unsigned": (pa.uint64(), [2**64 - 1, 0, None, 1, 1]),
    "unsigned 32": (pa.uint32(), [2**32 - 1, 0, None, 1, 1]),
    "decimal": (pa.decimal128(9, 2), [Decimal("-12345.67"), Decimal("0.00"), None, Decimal(5), Decimal(5)]),
    "small": (pa.decimal128(30, 10), [Decimal("1E-10"), Decimal(0), None, Decimal("12.5"), Decimal(5)]),
    "instant": (pa.timestamp("us", "Europe/Paris"), [NOON * 10**6 + 789, MIDNIGHT * 10**6, None, -1, 0]),
    "instant ms": (pa.timestamp("ms", "UTC"), [NOON * 1000 + 5, MIDNIGHT * 1000, None, -1, 0]),
    "local": (pa.timestamp("ns"), [NOON * 10**9 + 1, MIDNIGHT * 10**9, None, -1, 0]),
    "time": (pa.time32("ms"), [38_096_000, 0, None, 1, 1]),
    "time us": (pa.time64("us"), [38_096_000_001, 0, None, 1, 1]),
    "duration": (pa.duration("s"), [60, -1, None, 0, 0]),
    "nothing": (pa.null(), [None] * 5),
}

OLD = {"Id": ["a", "b", "c"], "old": [MIDNIGHT * 10**6, NOON * 10**6 + 780_000, -62_135_596_800 * 10**6]}
"""The times of 96 bits, one of them long ago."""


def main() -> None:
    arrays = [pa.array(values, kind) for kind, values in COLUMNS.values()]
    pq.write_table(pa.Table.from_arrays(arrays, list(COLUMNS)), READER / "values.parquet", row_group_size=2)
    old = pa.table({"Id": OLD["Id"], "old": pa.array(OLD["old"], pa.timestamp("us"))})
    pq.write_table(old, READER / "old.parquet", use_deprecated_int96_timestamps=True)
    broken = pa.array([b"good", b"caf\xe9", b"\xff"], pa.binary())
    pq.write_table(pa.table({"Id": pa.array([b"1", b"2", b"\xff"]), "Stage": broken}), READER / "broken.parquet")


if __name__ == "__main__":
    main()
