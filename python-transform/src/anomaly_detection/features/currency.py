"""Amounts of several currencies: never compared unconverted.

A model of a table that says which currency its amounts are in knows the rate of each, in units of the corporate
currency. Amounts are converted where they become features, and only there: errors and reasons show what was written.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from anomaly_detection.errors import ConfigError, DataError
from anomaly_detection.schema import INPUT
from anomaly_detection.tables.records import read_blocks, read_header

CURRENCY = "CurrencyIsoCode"
MONEY = tuple(field.name for field in INPUT.fields if field.currency == CURRENCY)
"""The contract's columns of money; a table has others of its own."""

_SHOWN = 12


@dataclass(frozen=True, kw_only=True)
class Currency:
    """The column that names each row's currency, what a unit of each is worth, and the columns it is about."""

    column: str
    rates: Mapping[str, float]
    money: tuple[str, ...]

    @property
    def expected(self) -> str:
        """What a cell of the column must be, in words."""
        known = sorted(self.rates)
        more = ["…"] if len(known) > _SHOWN else []
        return ("one of " if len(known) > 1 else "") + ", ".join(known[:_SHOWN] + more)

    def factors(self, batch: pa.RecordBatch | pa.Table) -> NDArray[np.float64]:
        """Return what each row's amounts are multiplied by, (n,); NaN where there is no rate."""
        encoded = _array(batch[self.column]).dictionary_encode()
        worth = [self.rates.get(name, math.nan) for name in encoded.dictionary.to_pylist()]
        indices = pc.fill_null(encoded.indices, len(worth)).to_numpy(zero_copy_only=False)
        factors: NDArray[np.float64] = np.array([*worth, math.nan])[indices]
        return factors

    def as_json(self) -> dict[str, Any]:
        """Return this as it stands in `model.params`."""
        return {"column": self.column, "rates": dict(sorted(self.rates.items())), "money": list(self.money)}

    @classmethod
    def of_json(cls, data: Any, numeric: Iterable[str]) -> Currency:
        """Undo `as_json`; raise `ValueError` for what no training writes. `numeric` are the numeric features."""
        if not isinstance(data, dict) or data.keys() != {"column", "rates", "money"}:
            raise ValueError(f"currency: expected a column, rates and money, found {data!r:.80}")
        column, rates, money = data["column"], data["rates"], data["money"]
        if not isinstance(column, str) or not column:
            raise ValueError(f"currency: expected a column, found {column!r:.80}")
        if not isinstance(money, list) or not money or not set(money) <= set(numeric):
            raise ValueError(f"currency: expected money to be numeric features, found {money!r:.80}")
        if not isinstance(rates, dict) or not rates or not all(map(_is_rate, rates.values())):
            raise ValueError(f"currency: expected rates that are positive and finite, found {rates!r:.80}")
        return cls(column=column, rates={name: float(rate) for name, rate in rates.items()}, money=tuple(money))


def currency_of(
    table: pa.Table, numeric: Iterable[str], rates: Mapping[str, float] | None, *, money: Iterable[str] = ()
) -> Currency | None:
    """Return which currencies a table's amounts are in, None where it does not say.

    `numeric` are the numeric features, of which the contract's and those in `money` are amounts. A table of one
    currency needs no rates: it has the rate 1, so that rows of others are known to be others.

    Raises:
        ConfigError: there are rates, and nothing to convert; or `money` names no numeric feature.
        DataError: there are several currencies and no rates, or none for one of them.
    """
    money = tuple(dict.fromkeys((*MONEY, *money)))
    for name in money:
        if name not in (*numeric, *MONEY):
            raise ConfigError(f"money: expected a numeric feature ({', '.join(numeric)}), found {name!r}")
    converted = tuple(name for name in numeric if name in money)
    found = _counts(table) if CURRENCY in table.column_names else {}
    if rates is not None and not (found and converted):
        missing = CURRENCY if not found else " or ".join(money)
        raise ConfigError(f"currency rates: expected amounts to convert, found no values of a column {missing}")
    if not (found and converted):
        return None
    if rates is None and len(found) > 1:
        raise DataError(
            f"column {CURRENCY!r}: expected one currency, or rates to convert {', '.join(converted)} with, "
            f"found {_listed(found)}; give them with --currency-rates FILE, a CSV of currency,rate"
        )
    rates = {next(iter(found)): 1.0} if rates is None else rates
    unknown = {name: rows for name, rows in found.items() if name not in rates}
    if unknown:
        raise DataError(
            f"column {CURRENCY!r}: expected currencies that have a rate ({', '.join(sorted(rates))}), "
            f"found {_listed(unknown)}; add them to the file of --currency-rates"
        )
    return Currency(column=CURRENCY, rates=dict(rates), money=converted)


def read_rates(path: Path | str) -> dict[str, float]:
    """Read a CSV with the header `currency,rate`: what one unit of each is worth in the corporate currency.

    Raises:
        ConfigError: it cannot be read, or a rate is not a positive number, or a currency is there twice.
    """
    try:
        names, _ = read_header(path)
        records = [record for block in read_blocks(path, names, 4096) for record in block.records]
    except DataError as error:
        raise ConfigError(str(error)) from error
    header = [cell.strip().lower() for cell in names]
    if header != ["currency", "rate"]:
        raise ConfigError(f"{path}: expected the header currency,rate, found {','.join(header):.80}")
    rates: dict[str, float] = {}
    for row, record in enumerate(records, start=1):
        cells = [cell.strip() for cell in record]
        rate = _number(cells[1]) if len(cells) == 2 else math.nan
        if not cells[0] or not _is_rate(rate):
            raise ConfigError(
                f"{path}: record {row}: expected a currency and a rate above 0, found {','.join(cells):.80}"
            )
        if cells[0] in rates:
            raise ConfigError(f"{path}: record {row}: expected each currency once, found {cells[0]} again")
        rates[cells[0]] = rate
    if not rates:
        raise ConfigError(f"{path}: expected a currency and its rate, found no record")
    return rates


def unconverted(table: pa.Table, numeric: Iterable[str], currency: Currency | None) -> tuple[str, ...]:
    """Return the numeric features of a table of several currencies that are not converted."""
    if CURRENCY not in table.column_names or len(_counts(table)) < 2:
        return ()
    return tuple(name for name in numeric if currency is None or name not in currency.money)


def _counts(table: pa.Table) -> dict[str, int]:
    counted = pc.value_counts(_array(table[CURRENCY]).drop_null()).to_pylist()
    pairs = sorted((-item["counts"], item["values"]) for item in counted)
    return {name: -rows for rows, name in pairs}


def _listed(found: Mapping[str, int]) -> str:
    shown = [f"{name} in {rows:,} rows" for name, rows in list(found.items())[:_SHOWN]]
    return ", ".join(shown + ["…"] * (len(found) > _SHOWN))


def _is_rate(rate: Any) -> bool:
    try:
        return isinstance(rate, (int, float)) and not isinstance(rate, bool) and 0 < float(rate) < math.inf
    except OverflowError:
        return False


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _array(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
