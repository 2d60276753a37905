"""Packed columns, as rows cross the language boundary in blocks: bytes to Arrow arrays and back.

The format is that of `contract/columns.md`.

>>> import pyarrow as pa
>>> from anomaly_detection.schema import Field
>>> stages = pa.array(["Won", None, "Won"])
>>> data = write_column(stages.dictionary_encode())
>>> len(data)
44
>>> read_column(data, Field(name="Stage", type="STRING", nullable=True), rows=3).to_pylist()
['Won', None, 'Won']
>>> read_column(data[:-1], Field(name="Stage", type="STRING", nullable=True), rows=3)
Traceback (most recent call last):
anomaly_detection.errors.BlockError: column 'Stage': too short: its codes would end at byte 44, and it has 43
"""

from anomaly_detection.columns.reading import read_column
from anomaly_detection.columns.types import PACKED_TYPES, packed_type
from anomaly_detection.columns.writing import write_column

__all__ = ["PACKED_TYPES", "packed_type", "read_column", "write_column"]
