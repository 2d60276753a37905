"""Tables of several files, of CSV and of Parquet."""

from __future__ import annotations

import errno
import itertools
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from anomaly_detection.errors import DataError
from anomaly_detection.row_error import RowError
from anomaly_detection.tables import parquet_file
from anomaly_detection.tables.input_table import InputTable, column_types, read_all
from anomaly_detection.tables.parquet_cells import double_text, float_text, unreadable


def read(table: InputTable, size: int = 4096) -> tuple[list[tuple[str, int, Any]], list[RowError]]:
    batches = list(table.batches(size))
    rows = [
        (Path(batch.source).name, int(row), values["Id"])
        for batch in batches
        for row, values in zip(batch.rows, batch.columns.to_pylist(), strict=True)
    ]
    return rows, [error for batch in batches for error in batch.errors]


def parquet(path: Path, *, rows: int = 3, group: int = 2, **columns: Any) -> Path:
    table = pa.table({"Id": [f"{path.stem}{i}" for i in range(rows)], **columns})
    pq.write_table(table, path, row_group_size=group)
    return path


@pytest.mark.parametrize("size", [1, 2, 100])
def test_rows_and_errors_are_of_their_file_and_numbered_in_it(tmp_path: Path, size: int) -> None:
    (tmp_path / "a.csv").write_text("Id,Amount\na0,1\n\na1\na2,x\n", "utf-8")
    (tmp_path / "b.csv").write_text("Opportunity ID,Amount\n", "utf-8")
    (tmp_path / "c.csv").write_text("Id,Amount\nc0,1,2\nc1,1\n", "utf-8")
    table = InputTable(f"{tmp_path}/*.csv", id_column="Id")
    rows, errors = read(table, size)
    assert rows == [("a.csv", 1, "a0"), ("c.csv", 2, "c1")]
    assert [(Path(error.source or "").name, error.row, error.error) for error in errors] == [
        ("a.csv", 2, "expected 2 cells, found 1 cells"),
        ("a.csv", 3, "Amount: expected a finite number, found x"),
        ("c.csv", 1, "expected 2 cells, found 3 cells"),
    ]


def test_several_sources_keep_their_order_and_none_is_read_twice(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"{name}.csv").write_text(f"Id\n{name}\n", "utf-8")
    table = InputTable([tmp_path / "c.csv", f"{tmp_path}/[ab].csv"], id_column="Id")
    assert [source for source, _, _ in read(table)[0]] == ["c.csv", "a.csv", "b.csv"]
    with pytest.raises(DataError, match=r"b\.csv: expected every file once, found it twice"):
        InputTable([tmp_path / "b.csv", f"{tmp_path}/*.csv"], id_column="Id")
    (tmp_path / "link.csv").symlink_to(tmp_path / "a.csv")
    with pytest.raises(DataError, match=r"link\.csv: expected every file once"):
        InputTable(f"{tmp_path}/*.csv", id_column="Id")


@pytest.mark.parametrize("size", [1, 3, 100])
def test_parquet_is_read_in_batches_that_end_with_the_table(tmp_path: Path, size: int) -> None:
    parquet(tmp_path / "a.parquet", rows=7)
    parquet(tmp_path / "b.parquet", rows=0)
    parquet(tmp_path / "c.PARQUET", rows=2)
    table = InputTable(f"{tmp_path}/*", id_column="Id")
    assert [row for _, row, _ in read(table, size)[0]] == [1, 2, 3, 4, 5, 6, 7, 1, 2]
    ends = [batch.end for batch in table.batches(size)]
    assert ends == sorted(ends)
    assert ends[-1] == table.size == sum(path.stat().st_size for path in tmp_path.iterdir())


def test_a_csv_is_at_its_end_when_all_was_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Id\n" + "é\n" * 9, "utf-8")
    table = InputTable(tmp_path / "a.csv", id_column="Id")
    assert [batch.end for batch in table.batches(9)][-1] == table.size == (tmp_path / "a.csv").stat().st_size


def test_batches_of_long_values_are_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = parquet(tmp_path / "a.parquet", rows=40, group=20, Note=[f"{i}" * 500 for i in range(40)])
    monkeypatch.setattr(parquet_file, "_BATCH_BYTES", 5000)
    assert max(len(batch.rows) for batch in InputTable(path, id_column="Id").batches()) < 10


def test_columns_of_files_are_compared_whatever_their_types(tmp_path: Path) -> None:
    parquet(tmp_path / "a.parquet", Amount=[1, 2, 3])
    parquet(tmp_path / "b.parquet", Amount=[1.5, float("nan"), 3])
    rows, errors = read_all(InputTable(f"{tmp_path}/*.parquet", id_column="Id"))
    assert rows["Amount"].to_pylist() == [1, 2, 3, 1.5, 3]
    assert [error.error for error in errors] == ["Amount: expected a finite number, found NaN"]
    parquet(tmp_path / "c.parquet")
    with pytest.raises(
        DataError, match=r"c\.parquet: expected the columns of .*a\.parquet, Id, Amount, found no Amount"
    ):
        InputTable(f"{tmp_path}/*.parquet", id_column="Id")


def test_types_are_guessed_from_all_files_and_known_where_parquet_has_them(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Id,n,day\na,1,2024-01-31\n", "utf-8")
    (tmp_path / "b.csv").write_text("Id,n,day\na,one,\n", "utf-8")
    types = column_types(InputTable(f"{tmp_path}/*.csv", id_column="Id"))
    assert types == {"Id": "STRING", "n": "STRING", "day": "date"}
    path = parquet(
        tmp_path / "c.parquet",
        number=[float("nan"), 1.5, 2.0],
        flag=[True, False, None],
        day=pa.array([0, 1, None], pa.timestamp("us")),
        text=["1", "2", "3"],
        words=["1", "two", "3"],
        time=pa.array([0, 1, None], pa.time32("ms")),
        none=[None] * 3,
    )
    assert column_types(InputTable(path, id_column="Id")) == {
        "Id": "STRING",
        "number": "DOUBLE",
        "flag": "BOOLEAN",
        "day": "date",
        "text": "DOUBLE",
        "words": "STRING",
        "time": "STRING",
        "none": "STRING",
    }


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (pa.array([[1], [2], [3]]), "a list"),
        (pa.array([[("a", 1)]] * 3, pa.map_(pa.string(), pa.int32())), "a map"),
        (pa.array([{"w": 1}] * 3), "a group of columns"),
    ],
)
def test_columns_that_no_cell_can_hold_are_refused(tmp_path: Path, values: pa.Array, found: str) -> None:
    path = parquet(tmp_path / "nested.parquet", v=values)
    with pytest.raises(DataError) as caught:
        InputTable(path, id_column="Id")
    assert str(caught.value) == (
        f"{path}, column v: expected text, a number, a boolean, a date or a time, found {found}; "
        "leave the column out, or write it as text"
    )


def test_kinds_of_bytes_that_are_no_text_are_refused() -> None:
    assert [unreadable(pa.binary(12), logical) for logical in ("INTERVAL", "BSON", "NONE")] == [
        "INTERVAL",
        "BSON",
        None,
    ]


@pytest.mark.parametrize("compression", ["snappy", "gzip", "zstd", "none"])
def test_compressions(tmp_path: Path, compression: str) -> None:
    pq.write_table(pa.table({"Id": ["a"] * 100}), tmp_path / "a.parquet", compression=compression)
    assert len(read(InputTable(tmp_path / "a.parquet", id_column="Id"))[0]) == 100


def test_what_is_no_parquet_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "no.parquet").write_text("Id,Amount\n1,2\n", "utf-8")
    for name, message in (("no.parquet", "expected a Parquet file, found "), ("gone.parquet", "found none: No such")):
        with pytest.raises(DataError, match=message) as caught:
            InputTable(tmp_path / name, id_column="Id")
        assert str(caught.value).startswith(str(tmp_path / name))
        assert caught.value.exit_code == 2


def test_a_damaged_file_ends_the_run_at_its_record(tmp_path: Path) -> None:
    path = parquet(tmp_path / "a.parquet", rows=6, group=3)
    table = InputTable(path, id_column="Id")
    metadata = pq.read_metadata(path)
    content = bytearray(path.read_bytes())
    begin = metadata.row_group(1).column(0).dictionary_page_offset
    content[begin : begin + 40] = b"\x7f" * 40
    path.write_bytes(content)
    seen: list[int] = []
    with pytest.raises(DataError, match=r"a\.parquet: record 4 cannot be read: ") as caught:
        seen.extend(row for batch in table.batches(3) for row in batch.rows.tolist())
    assert (caught.value.exit_code, seen) == (1, [1, 2, 3])


def test_a_file_that_was_changed_meanwhile_is_told(tmp_path: Path) -> None:
    table = InputTable(parquet(tmp_path / "a.parquet"), id_column="Id")
    parquet(tmp_path / "a.parquet", rows=4)
    with pytest.raises(DataError, match=r"a\.parquet was changed while it was read"):
        list(table.batches())


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
@pytest.mark.parametrize("columns", [["Id", "Stage", "Owner"], ["Id", "Owner", "Region"]])
def test_cells_of_a_file_that_was_replaced_meanwhile_are_not_put_under_other_columns(
    tmp_path: Path, name: str, columns: list[str]
) -> None:
    def put(names: list[str]) -> None:
        if name == "a.csv":
            (tmp_path / name).write_text(f"{','.join(names)}\na,b,c\n", "utf-8")
        else:
            pq.write_table(pa.table({one: ["a"] for one in names}), tmp_path / name)

    put(["Id", "Owner", "Stage"])
    table = InputTable(tmp_path / name, id_column="Id")
    assert len(read(table)[0]) == 1
    put(columns)
    with pytest.raises(DataError, match=rf"{name} was changed while it was read") as caught:
        list(table.batches())
    assert caught.value.exit_code == 1


def test_a_pipe_is_refused_since_its_rows_would_be_lost(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"Id,Stage\n" + b"a,Won\n" * 100)
    os.close(writing)
    try:
        with pytest.raises(
            DataError, match=rf"/dev/fd/{reading}: expected a file that can be read twice, found a pipe"
        ):
            InputTable(f"/dev/fd/{reading}", id_column="Id")
    finally:
        os.close(reading)


def test_a_folder_of_a_pattern_that_cannot_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for day in (1, 2):
        (tmp_path / f"day={day}").mkdir()
        (tmp_path / f"day={day}" / "a.csv").write_text(f"Id\n{day}\n", "utf-8")
    assert len(InputTable(f"{tmp_path}/day=*/*.csv", id_column="Id").files) == 2
    scandir = os.scandir

    def refuse(folder: str) -> Any:
        if folder.endswith("day=2"):
            raise PermissionError(errno.EACCES, "Permission denied", folder)
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(DataError, match=r"/day=2 cannot be read: Permission denied"):
        InputTable(f"{tmp_path}/day=*/*.csv", id_column="Id")


def test_what_is_in_the_way_of_a_pattern_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Id\n", "utf-8")
    (tmp_path / "day=2").symlink_to("day=2")
    with pytest.raises(DataError, match=r"/day=2 cannot be read: Too many levels of symbolic links"):
        InputTable(f"{tmp_path}/day=*/a.csv", id_column="Id")
    os.mkfifo(tmp_path / "b.csv")
    with pytest.raises(DataError, match=r"b\.csv: expected a file, found what is neither a file nor a folder"):
        InputTable(f"{tmp_path}/*.csv", id_column="Id")


def test_numbers_are_written_as_java_writes_them() -> None:
    texts = {1e7: "10000000.0", 1.5e7: "15000000.0", 9999999.5: "9999999.5", 12345678.5: "1.23456785E7", 2e23: "2.0E23"}
    texts |= {0.001: "0.001", 0.00099: "9.9E-4", 1e16: "1.0E16", 123456789.25: "1.2345678925E8", -1e-5: "-1.0E-5"}
    assert {value: double_text(value) for value in texts} == texts
    assert [float_text(value) for value in (0.1, 1e-10, 16777216.0, 1e38)] == ["0.1", "1.0E-10", "16777216.0", "1.0E38"]
    for value in itertools.accumulate([0.1] * 300, lambda x, _: x * 1.7):
        assert float(double_text(value)) == value
