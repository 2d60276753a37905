"""The rows that `train` and `evaluate` learn from, and what is told of those that are left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import click
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from anomaly_detection.cli.console import cell_error, err
from anomaly_detection.cli.row_notes import TallCells, tell_errors
from anomaly_detection.errors import DataError
from anomaly_detection.features.checking import BadCell
from anomaly_detection.features.currency import Currency, currency_of, unconverted
from anomaly_detection.features.feature import Feature
from anomaly_detection.row_error import RowError
from anomaly_detection.schema import ColumnType
from anomaly_detection.tables.input_table import InputTable, column_types
from anomaly_detection.tables.table_files import Source

SHOWN_ERRORS = 5

_Command = TypeVar("_Command", bound=Callable[..., None])


def currency_options(command: _Command) -> _Command:
    """Add the options `--currency-rates` and `--money` to a command."""
    rates = click.option(
        "--currency-rates",
        type=click.Path(dir_okay=False),
        metavar="FILE",
        help="CSV of currency,rate: what a unit of each currency is worth in the corporate one.",
    )
    money = click.option(
        "--money",
        multiple=True,
        metavar="COLUMN",
        help="A column whose amounts are in the row's currency, beside Amount.",
    )
    return rates(money(command))


@dataclass(frozen=True, kw_only=True)
class TrainingRows:
    """The n good rows of files with the n positions of these files and the n numbers of the records, the types of the
    columns, the bad rows, the cells of many lines, and the currencies once they are known.
    """

    files: tuple[str, ...]
    id_name: str
    rows: pa.Table
    positions: NDArray[np.int64]
    numbers: NDArray[np.int64]
    types: dict[str, ColumnType]
    bad: list[RowError]
    tall: TallCells
    currency: Currency | None = None

    @classmethod
    def read(
        cls, sources: Source | Sequence[Source], id_column: str, given: Sequence[Feature] | None = None
    ) -> TrainingRows:
        """Read files; the features that are `given` say what their columns hold. Raise `DataError` as `InputTable`."""
        wanted = {feature.name: feature.column_type for feature in given or () if feature.is_column}
        table = InputTable(sources, id_column=id_column, types=wanted)
        files = tuple(file.path for file in table.files)
        for name in wanted:
            if name not in table.columns:
                raise DataError(f"{files[0]}: expected the column {name!r} (spec); it has {', '.join(table.columns)}")
        types = {**column_types(table), **wanted}
        table = table.with_types(types)
        batches = list(table.batches())
        tall = TallCells(table.columns)
        for batch in batches:
            tall.add(batch)
        nothing = np.empty(0, np.int64)
        return cls(
            files=files,
            id_name=table.id_column,
            rows=pa.Table.from_batches([batch.columns for batch in batches], schema=table.arrow_schema),
            positions=np.concatenate([nothing, *(np.full(len(b.rows), files.index(b.source)) for b in batches)]),
            numbers=np.concatenate([nothing, *(batch.rows for batch in batches)]),
            types=types,
            bad=[error for batch in batches for error in batch.errors],
            tall=tall,
        )

    def of_known_currency(
        self, features: Iterable[Feature], rates: Mapping[str, float] | None, money: Iterable[str]
    ) -> TrainingRows:
        """Return this without the rows that do not say which currency they are in, where the others do.

        Raises as `currency_of`.
        """
        currency = currency_of(self.rows, _numeric(features), rates, money=money)
        if currency is None:
            return self
        wrong = np.isnan(currency.factors(self.rows))
        cells = self.rows.filter(pa.array(wrong)).to_pylist()
        bad = [
            cell_error(
                BadCell(i, currency.column, currency.expected, cells[i][currency.column] or "nothing"),
                cells[i],
                source=self.files[position],
                row=int(number),
                id_column=self.id_name,
                stage="read",
            )
            for i, (position, number) in enumerate(zip(self.positions[wrong], self.numbers[wrong], strict=True))
        ]
        return replace(
            self,
            rows=self.rows.filter(pa.array(~wrong)),
            positions=self.positions[~wrong],
            numbers=self.numbers[~wrong],
            bad=sorted(self.bad + bad, key=lambda error: (self.files.index(error.source or ""), error.row or 0)),
            currency=currency,
        )

    def tell_bad(self, *, more: str) -> None:
        """Print how many bad rows are left out and the first of them; `more` says where all are, where they are not.

        Cells of many lines are told of first, since rows that are in them are none.
        """
        self.tall.tell()
        if not self.bad:
            return
        err.print(f"{len(self.bad):,} bad rows are left out:")
        tell_errors(
            self.bad[:SHOWN_ERRORS],
            with_file=len(self.files) > 1,
            more=more if len(self.bad) > SHOWN_ERRORS else None,
        )

    def tell_unconverted(self, features: Iterable[Feature]) -> None:
        """Print which numbers of rows of several currencies are compared as they are."""
        mixed = unconverted(self.rows, _numeric(features), self.currency)
        if mixed:
            err.print(
                f"taken for no amounts of money: {', '.join(mixed)}; name with --money those that are", soft_wrap=True
            )


def _numeric(features: Iterable[Feature]) -> list[str]:
    return [feature.name for feature in features if feature.kind == "numeric"]
