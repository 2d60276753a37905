"""A column of n cells that were read, as texts or as values that have types already.

>>> import pyarrow as pa
>>> amounts = ValueCells(pa.array([1250.0, 0.1, None, float("nan")]), written=lambda values: values)
>>> amounts.parse("DOUBLE").bad.tolist(), amounts.missing.tolist()
([False, False, False, True], [False, False, True, False])
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from anomaly_detection.formats import Parsed, null_where, parse, present
from anomaly_detection.row_error import is_utf8
from anomaly_detection.schema import ColumnType

Mask = npt.NDArray[np.bool_]
"""n booleans."""


class Cells(Protocol):
    """A column of n cells."""

    @property
    def missing(self) -> Mask:
        """Which cells hold nothing that can be read."""

    @property
    def undecoded(self) -> Mask:
        """Which cells are not UTF-8; they are missing, too."""

    @property
    def known_type(self) -> ColumnType | None:
        """What the cells are by themselves, None where their texts have to be looked at."""

    def parse(self, kind: ColumnType) -> Parsed:
        """Return the cells as values of a type; those that are not UTF-8 are null and not bad."""

    def text(self, position: int) -> str:
        """Return what stands in a cell, "" where nothing does; bytes that are not UTF-8 as lone surrogates."""


@dataclass(frozen=True, kw_only=True)
class TextCells:
    """Texts: `texts` are null where a cell is empty or not UTF-8, `read` gives what stands in one."""

    texts: pa.Array
    undecoded: Mask
    read: Callable[[int], str]
    known_type: ColumnType | None = None

    @classmethod
    def of_bytes(cls, content: pa.Array) -> TextCells:
        """Return the cells of n byte strings, null where there is nothing."""
        undecoded: Mask = np.zeros(len(content), np.bool_)
        try:
            texts = content.cast(pa.string())
        except pa.ArrowInvalid:
            cells = [cell and _decoded(cell) for cell in content.to_pylist()]
            undecoded = np.array([cell is not None and not is_utf8(cell) for cell in cells], np.bool_)
            texts = pa.array([None if bad else cell for cell, bad in zip(cells, undecoded, strict=True)], pa.string())
        texts = null_where(pc.equal(pc.binary_length(texts), 0), texts)
        return cls(texts=texts, undecoded=undecoded, read=lambda i: _decoded(content[i].as_py() or b""))

    @property
    def missing(self) -> Mask:
        """Which cells are empty or not UTF-8."""
        return ~present(self.texts)

    def parse(self, kind: ColumnType) -> Parsed:
        """Return the texts as values of a type."""
        return parse(self.texts, kind)

    def text(self, position: int) -> str:
        """Return what stands in a cell."""
        return self.read(position)


@dataclass(frozen=True)
class ValueCells:
    """Numbers, booleans, dates and times; `written` turns them into the texts that a CSV has for them."""

    values: pa.Array
    written: Callable[[pa.Array], pa.Array]
    known_type: ColumnType | None = None

    @property
    def missing(self) -> Mask:
        """Which values are null."""
        return ~present(self.values)

    @property
    def undecoded(self) -> Mask:
        """None of them."""
        return np.zeros(len(self.values), np.bool_)

    @cached_property
    def texts(self) -> pa.Array:
        """The values as texts."""
        return self.written(self.values)

    def parse(self, kind: ColumnType) -> Parsed:
        """Return the values as those of a type: as their texts would be read, where they are not of it already."""
        own = self.values.type
        if kind == "DOUBLE" and (pa.types.is_float64(own) or pa.types.is_integer(own)):
            # The zero below zero is zero, as its text is.
            values = pc.add(self.values.cast(pa.float64(), safe=False), 0.0)
            values = null_where(pc.invert(pc.is_finite(values)), values)
            return Parsed(values=values, bad=present(self.values) & ~present(values))
        if kind == "BOOLEAN" and pa.types.is_boolean(own):
            return Parsed(values=self.values, bad=np.zeros(len(self.values), np.bool_))
        return parse(self.texts, kind)

    def text(self, position: int) -> str:
        """Return the text of a value."""
        return self.texts[position].as_py() or ""


def _decoded(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")
