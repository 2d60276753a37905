"""Packed columns under random values, cut short, and with bytes changed: the clear error or a column, nothing else."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from anomaly_detection.columns import read_column, write_column
from anomaly_detection.columns.blocks import together
from anomaly_detection.columns.types import NUMBERS, TEXTS
from anomaly_detection.errors import BlockError
from anomaly_detection.formats import written_out
from anomaly_detection.schema import SCORED, Field

ARROW = {**{name: arrow for name, (_, arrow) in NUMBERS.items()}, **TEXTS, "BOOLEAN": pa.bool_()}
BITS = {"INT16": 16, "INT32": 32, "INT64": 64}
WORDS = ["", "a", "Won", "Négociation", "東京", "🗼", "x" * 40, "a\0b", "\u07ff\u0800\uffff"]
REASON = SCORED["reasons"]
assert isinstance(REASON.items, tuple)
ROWS = pa.list_(pa.struct([(item.name, ARROW[item.type]) for item in REASON.items]))

FIELDS = [
    *(Field(name="It", type=type_, nullable=True) for type_ in ARROW),
    *(Field(name="It", type="ARRAY", items=type_, nullable=True) for type_ in ("STRING", "INT16", "BOOLEAN")),
    REASON,
]


def value(field: Field, random: random.Random) -> Any:
    if field.nullable and random.random() < 0.2:
        return None
    if field.type in BITS:
        return random.getrandbits(BITS[field.type]) - (1 << BITS[field.type] - 1)
    if field.type == "BOOLEAN":
        return random.random() < 0.5
    if field.type in ("DOUBLE", "FLOAT"):
        return float(pa.scalar(random.choice([0.0, -0.0, 1e-40, 1e38, random.gauss(0, 1)]), ARROW[field.type]).as_py())
    if field.type == "STRING":
        return random.choice(WORDS)
    if field.type == "BYTES":
        return random.randbytes(random.randrange(6))
    if isinstance(field.items, str):
        item = Field(name="", type=field.items, nullable=False)
        return [value(item, random) for _ in range(random.randrange(4))]
    return [{item.name: value(item, random) for item in field.items or ()} for _ in range(random.randrange(3))]


def arrow_type(field: Field) -> pa.DataType:
    if field.type != "ARRAY":
        return ARROW[field.type]
    return pa.list_(ARROW[field.items]) if isinstance(field.items, str) else ROWS


def some_array(field: Field, random: random.Random) -> pa.Array:
    """Return an array of random values, maybe a slice of a longer one, maybe with a dictionary."""
    before, rows, after = random.randrange(9), random.choice([0, 1, 7, 8, 9, 33, 64]), random.randrange(3)
    array = pa.array([value(field, random) for _ in range(before + rows + after)], arrow_type(field))
    if field.type in TEXTS and random.random() < 0.5:
        return array.slice(before, rows).dictionary_encode()
    return array.slice(before, rows)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: f"{field.type} {field.items or ''}")
def test_random_columns_come_back_as_they_went(field: Field) -> None:
    numbers = random.Random(field.type)  # noqa: S311
    for _ in range(60):
        array = some_array(field, numbers)
        data = write_column(array)
        found = read_column(data, field, rows=len(array))
        found.validate(full=True)
        assert found.type == array.type
        assert found.to_pylist() == array.to_pylist()
        assert write_column(found) == data


def use(array: pa.Array) -> None:
    """Do with an array what scoring does, and more."""
    array.validate(full=True)
    array.to_pylist()
    batch = pa.RecordBatch.from_arrays([array], ["It"])
    written_out(together([batch, batch, batch.slice(len(array) // 2)])).validate(full=True)
    batch.take(pa.array(range(0, len(array), 2), pa.int64())).validate(full=True)
    pc.is_valid(array).to_pylist()
    if array.type in TEXTS.values():
        array.dictionary_encode().validate(full=True)


def harmless(data: bytes, field: Field, rows: int) -> bool:
    """Tell whether bytes are a column; whatever they are, they raise nothing but the clear error of one line."""
    try:
        array = read_column(data, field, rows=rows)
    except BlockError as error:
        refused = str(error)
    else:
        refused = ""
    if refused:
        assert re.fullmatch(f"column '{field.name}': .{{9,300}}", refused)
        return False
    assert len(array) == rows
    use(array)
    written = write_column(array)
    assert write_column(read_column(written, field, rows=rows)) == written
    return True


def cut(data: bytes, random: random.Random) -> bytes:
    return data[: random.randrange(len(data))]


def longer(data: bytes, random: random.Random) -> bytes:
    return data + random.randbytes(random.choice([1, 4, 8, 16]))


def moved(data: bytes, random: random.Random) -> bytes:
    begin, end = sorted(random.sample(range(len(data) + 1), 2))
    return data[:begin] + data[end:] + data[begin:end]


def flipped(data: bytes, random: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(random.choice([1, 1, 2])):
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def replaced(data: bytes, random: random.Random) -> bytes:
    changed = bytearray(data)
    width = random.choice([1, 4, 8])
    at = random.randrange(0, max(len(data) - width, 0) // width + 1) * width
    new = random.choice([0, 1, -1, 2 ** (8 * width - 1) - 1, -(2 ** (8 * width - 1)), len(data)])
    changed[at : at + width] = (new & (1 << 8 * width) - 1).to_bytes(width, "little")
    return bytes(changed)


@pytest.mark.parametrize("damage", [cut, longer, moved, flipped, replaced], ids=lambda damage: damage.__name__)
@pytest.mark.parametrize("field", FIELDS, ids=lambda field: f"{field.type} {field.items or ''}")
def test_damage_is_the_clear_error_or_a_column(field: Field, damage: Callable[[bytes, random.Random], bytes]) -> None:
    numbers = random.Random(f"{field} {damage.__name__}")  # noqa: S311
    columns = [some_array(field, numbers) for _ in range(12)]
    read = [harmless(damage(write_column(array), numbers), field, len(array)) for array in columns for _ in range(25)]
    assert not all(read)
    if damage in (cut, longer):
        assert not any(read)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: f"{field.type} {field.items or ''}")
def test_noise_and_columns_of_another_type_or_length_are_harmless(field: Field) -> None:
    numbers = random.Random(f"noise {field}")  # noqa: S311
    for _ in range(150):
        header = bytes([numbers.randrange(2), numbers.randrange(2), 0, 0, numbers.randrange(5), 0, 0, 0])
        harmless(header + numbers.randbytes(numbers.randrange(80)), field, numbers.randrange(1, 20))
        other = some_array(numbers.choice(FIELDS), numbers)
        harmless(write_column(other), field, len(other))
        harmless(write_column(some_array(field, numbers)), field, numbers.choice([0, 1, 8, 65536]))


@pytest.mark.parametrize("layouts", [(True, True), (True, False), (False, False)])
def test_blocks_of_either_layout_are_put_together(layouts: Sequence[bool]) -> None:
    texts = [["a", None, "b", "a"], ["c", "b", None]]
    coded = [
        pa.array(some).dictionary_encode() if code else pa.array(some)
        for some, code in zip(texts, layouts, strict=True)
    ]
    nothing = pa.array([None, None], pa.string()).dictionary_encode()
    batches = [
        pa.RecordBatch.from_arrays([array, pa.array(range(len(array)))], ["a", "b"]) for array in [*coded, nothing]
    ]
    whole = together(batches)
    assert written_out(whole).to_pylist() == [row for batch in batches for row in written_out(batch).to_pylist()]
    assert together(batches[:1]) is batches[0]


def test_a_column_is_read_without_a_copy() -> None:
    data = write_column(pa.array([1.0, 2.0, 3.0]))
    field = Field(name="It", type="DOUBLE", nullable=True)
    _, values = read_column(data, field, rows=3).buffers()
    assert values.address == pa.py_buffer(data).address + 8


def test_few_bytes_never_stand_for_more_than_the_plain_layout_holds() -> None:
    text = Field(name="It", type="STRING", nullable=True)
    values, rows = pa.array(["x" * 40_000, "y"]), 2**16

    def column(long: int) -> bytes:
        codes = pa.array([0] * long + [1] * (rows - long), pa.int32())
        return write_column(pa.DictionaryArray.from_arrays(codes, values))

    most = (2**31 - 1 - rows) // 39_999
    assert len(read_column(column(most), text, rows=rows)) == rows
    with pytest.raises(BlockError, match=r"^column 'It': expected values of at most 2147483647 bytes, found too long"):
        read_column(column(most + 1), text, rows=rows)
