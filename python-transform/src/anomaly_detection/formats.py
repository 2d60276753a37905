"""How the text of a cell becomes a value, a column at a time: the rules of `contract/formats.json`.

>>> parse(pa.array(["1e3", "-.5", "1,5", "NaN", None]), "DOUBLE").values.to_pylist()
[1000.0, -0.5, None, None, None]
>>> parse(pa.array(["TRUE", "0", "yes"]), "BOOLEAN").bad.tolist()
[False, False, True]
>>> parse(pa.array(["1/31/24", "2024-01-31T23:30:00-05:00", "2023-02-30"]), "date").values.to_pylist()
['2024-01-31', '2024-01-31T23:30:00-05:00', None]
>>> expectation("DOUBLE")
'a finite number'
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from anomaly_detection.schema import ColumnType, contract_json

_FORMATS = contract_json("formats.json")
_NUMBER = f"^(?:{_FORMATS['number']['pattern']})$"
_ISO = re.compile(_FORMATS["date"]["iso"])
_SHORT = re.compile(_FORMATS["date"]["short"])
_SHORT_YEAR = 2
_SHORT_YEARS = tuple(_FORMATS["date"]["short_years"])
_TRUE: list[str] = _FORMATS["boolean"]["true"]
_BOOLEANS = pa.array(_TRUE + _FORMATS["boolean"]["false"])
_EPOCH = date(1970, 1, 1).toordinal()
_ISO_LENGTH = len("yyyy-MM-dd")

ARROW_TYPES: dict[ColumnType, pa.DataType] = {
    "STRING": pa.string(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "date": pa.string(),
}
"""What a column of each type holds in memory."""


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """A column of n cells: its values, and which cells hold none although they are not empty.

    `values` is an array of n, null where a cell is missing or bad; `bad` is n booleans.
    """

    values: pa.Array
    bad: npt.NDArray[np.bool_]


def expectation(kind: ColumnType) -> str:
    """Return what a cell of this type must be, in words."""
    key = {"DOUBLE": "number", "BOOLEAN": "boolean", "date": "date"}.get(kind)
    return _FORMATS[key]["expected"] if key else "UTF-8 text"


def parse(texts: pa.Array, kind: ColumnType) -> Parsed:
    """Read n texts as values of one type; null stays null and is not bad."""
    if kind == "DOUBLE":
        return _parse_numbers(texts)
    if kind == "BOOLEAN":
        return _parse_booleans(texts)
    if kind == "date":
        return _parse_dates(texts)
    return Parsed(values=texts, bad=np.zeros(len(texts), dtype=np.bool_))


def parse_days(dates: pa.Array) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Return n days since 1970-01-01 (NaN where missing or bad), and which of the n texts are bad.

    The day is the one that is written: a time of day or a zone never moves it.

    >>> parse_days(pa.array(["1970-01-02T23:59:59-08:00", "1/3/70", "12/31/68", None]))
    (array([1.0000e+00,        nan, 3.6159e+04,        nan]), array([False,  True, False, False]))
    """
    if isinstance(dates, pa.ChunkedArray):
        dates = dates.combine_chunks()
    written = _Written.of(dates)
    numbers = [np.nan if day is None else day.toordinal() - _EPOCH for day in written.days]
    days = np.array(numbers)[written.day_codes][written.codes]
    return days, np.isnan(days) & present(dates)


def written_out(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return a batch whose texts may have dictionaries without them."""
    columns = [column.dictionary_decode() if isinstance(column, pa.DictionaryArray) else column for column in batch]
    return pa.RecordBatch.from_arrays(columns, batch.schema.names)


def null_where(mask: pa.Array, values: pa.Array) -> pa.Array:
    """Return n values without those that a mask says."""
    # Not pc.if_else: Arrow 16 reads beside the values of a slice when the other branch is a scalar.
    return pc.replace_with_mask(values, mask, pa.scalar(None, values.type))


def present(values: Any) -> npt.NDArray[np.bool_]:
    """Return which of n values are not null."""
    valid: npt.NDArray[np.bool_] = pc.is_valid(values).to_numpy(zero_copy_only=False)
    return valid


def _parse_numbers(texts: pa.Array) -> Parsed:
    matched = null_where(pc.invert(pc.match_substring_regex(texts, _NUMBER)), texts)
    try:
        values = pc.cast(pc.utf8_ltrim(matched, "+"), pa.float64())
    except pa.ArrowInvalid:
        # Arrow refuses a whole column for one number beyond the range of a double; Python rounds it.
        values = pa.array([None if text is None else float(text) for text in matched.to_pylist()], pa.float64())
    values = null_where(pc.invert(pc.is_finite(values)), values)
    return Parsed(values=values, bad=present(texts) & ~present(values))


def _parse_booleans(texts: pa.Array) -> Parsed:
    values = pc.less(pc.index_in(texts, value_set=_BOOLEANS, skip_nulls=True), len(_TRUE))
    return Parsed(values=values, bad=present(texts) & ~present(values))


def _parse_dates(texts: pa.Array) -> Parsed:
    written = _Written.of(texts)
    days = pa.array([day and day.isoformat() for day in written.days], pa.string())
    normal = days.take(pa.array(written.day_codes))
    keep = pc.and_(written.is_iso, pc.is_valid(normal))
    values = pc.if_else(keep, written.distinct, normal).take(pa.array(written.codes))
    return Parsed(values=values, bad=present(texts) & ~present(values))


@dataclass(frozen=True, kw_only=True)
class _Written:
    """A column of n dates, taken apart: dates repeat, and the days of moments do, so that few are parsed.

    `codes` are n positions in `distinct`, the different texts and a null at the end; `is_iso` says which of
    those have ISO form, and `day_codes` are their positions in `days`, which has None where there is no day.
    """

    codes: npt.NDArray[np.int64]
    distinct: pa.Array
    is_iso: pa.Array
    day_codes: npt.NDArray[np.int64]
    days: list[date | None]

    @classmethod
    def of(cls, texts: pa.Array) -> _Written:
        codes, distinct = _encode(texts)
        is_iso = pc.fill_null(pc.match_substring_regex(distinct, f"^(?:{_ISO.pattern})$"), False)
        heads = pc.if_else(is_iso, pc.utf8_slice_codeunits(distinct, 0, _ISO_LENGTH), distinct)
        day_codes, different = _encode(heads)
        days = [None if text is None or len(text) > _ISO_LENGTH else _day(text) for text in different.to_pylist()]
        return cls(codes=codes, distinct=distinct, is_iso=is_iso, day_codes=day_codes, days=days)


def _encode(texts: pa.Array) -> tuple[npt.NDArray[np.int64], pa.Array]:
    """Return positions of n texts among the different ones, where null comes last."""
    encoded = texts.dictionary_encode()
    codes = pc.fill_null(encoded.indices, len(encoded.dictionary)).to_numpy(zero_copy_only=False)
    return codes.astype(np.int64), pa.concat_arrays([encoded.dictionary, pa.nulls(1, pa.string())])


@lru_cache(maxsize=2**14)
def _day(text: str) -> date | None:
    if match := _ISO.fullmatch(text):
        year, month, day = map(int, match.groups())
    elif match := _SHORT.fullmatch(text):
        month, day, year = map(int, match.groups())
        if len(match[3]) == _SHORT_YEAR:
            first, last = _SHORT_YEARS
            year += first
            if year > last:
                return None
    else:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None
