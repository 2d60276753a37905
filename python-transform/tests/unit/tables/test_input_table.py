from __future__ import annotations

import csv
import itertools
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from anomaly_detection.errors import DataError
from anomaly_detection.row_error import RowError
from anomaly_detection.schema import ColumnType
from anomaly_detection.tables import records
from anomaly_detection.tables.input_table import InputTable, column_types


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def write(content: str | bytes) -> Path:
        path = tmp_path / "table.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def read(table: InputTable, size: int = 4096) -> tuple[list[dict[str, Any]], list[RowError]]:
    batches = list(table.batches(size))
    rows = [
        {"row": int(row)} | values
        for batch in batches
        for row, values in zip(batch.rows, batch.columns.to_pylist(), strict=True)
    ]
    return rows, [error for batch in batches for error in batch.errors]


def test_header_names_are_trimmed_and_translated(write: Any) -> None:
    table = InputTable(write("\ufeff Opportunity ID ,Account.Owner.Name,#,Won\n"), id_column="Opportunity ID")
    assert table.columns == ("Id", "AccountOwner", "#", "IsWon")
    assert table.id_column == "Id"
    assert list(table.types.values()) == ["STRING", "STRING", "STRING", "BOOLEAN"]
    assert read(table) == ([], [])


@pytest.mark.parametrize("id_column", ["Name", "Opportunity Name", " Name "])
def test_id_column_takes_either_name(write: Any, id_column: str) -> None:
    for header in ("Opportunity Name", "Name"):
        assert InputTable(write(f"{header},Amount\n"), id_column=id_column).id_column == "Name"


def test_absent_id_column_is_told_with_the_columns_there_are(write: Any) -> None:
    with pytest.raises(DataError, match=r"table\.csv.*'Key'.*Name, Amount") as caught:
        InputTable(write("Opportunity Name,Amount\na,1\n"), id_column="Key")
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "empty"),
        ("\ufeff", "empty"),
        ("\r\n\n", "empty"),
        ("Id,\n", "column 2: expected a name"),
        ("Id,  ,x\n", "column 2: expected a name"),
        ("Id,x,x\n", "column 3: .*'x' and 'x'"),
        ("Id,Stage,StageName\n", "'Stage' and 'StageName', which both mean Stage"),
        (b"Id,caf\xe9\n", r"column 2: expected UTF-8 text, found caf\\xe9"),
        ('Id,"Stage\na,b\n', "header is not CSV"),
        ('Id,"Stage"x\na,b\n', "header is not CSV"),
    ],
)
def test_headers_that_cannot_be_used(write: Any, content: str | bytes, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        InputTable(write(content), id_column="Id")
    assert caught.value.exit_code == 2


def test_missing_file_and_folder_are_told(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.csv", tmp_path):
        with pytest.raises(DataError, match=str(path)) as caught:
            InputTable(path, id_column="Id")
        assert caught.value.exit_code == 2


def test_file_that_goes_away_is_told(write: Any) -> None:
    path = write("Id\na\n")
    table = InputTable(path, id_column="Id")
    path.unlink()
    with pytest.raises(DataError, match=r"table\.csv"):
        list(table.batches())


@pytest.mark.parametrize("size", [1, 2, 100])
@pytest.mark.parametrize(
    ("broken", "row"),
    [('c,"open,1\nd,2\n', 3), ('c,"open\n\nd,"x"\n', 3), ('c,"x"y\nd,2\n', 3), ('"open', 3)],
)
def test_open_quote_ends_the_run_at_its_record(write: Any, broken: str, row: int, size: int) -> None:
    table = InputTable(write('Id,Name\n\na,"two\nlines"\nb,2\n' + broken), id_column="Id")
    seen: list[int] = []
    with pytest.raises(DataError, match=rf"table\.csv: record {row} is not CSV") as caught:
        seen.extend(row for batch in table.batches(size) for row in batch.rows.tolist())
    assert caught.value.exit_code == 1
    assert seen == [1, 2]


def test_open_quote_in_a_huge_file_is_told_before_all_is_read(write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "_CELL_LIMIT", 200_000)
    path = write('Id,Name\na,1\nb,"open\n' + "c,2\n" * 100_000)
    before = csv.field_size_limit(100_000)
    try:
        with pytest.raises(DataError, match=r"record 2 is not CSV.*field limit \(200000\)"):
            list(InputTable(path, id_column="Id").batches())
    finally:
        csv.field_size_limit(before)


def test_given_types_win_and_the_id_is_text(write: Any) -> None:
    types: dict[str, ColumnType] = {"Key": "DOUBLE", "Size": "DOUBLE", "On": "date", "Amount": "STRING"}
    table = InputTable(write("Size,Key,On,Amount,Note\n1.5,007,1/2/24,ten,\n"), id_column="Key", types=types)
    rows, errors = read(table)
    assert errors == []
    assert rows == [
        {"row": 1, "Size": 1.5, "Key": "007", "On": "2024-01-02", "Amount": "ten", "Note": None},
    ]
    assert table.arrow_schema.types == [pa.float64(), pa.string(), pa.string(), pa.string(), pa.string()]


def test_one_error_for_a_row_and_its_first_bad_column(write: Any) -> None:
    rows, errors = read(InputTable(write("Won,Id,Amount\nmaybe,a,ten\ntrue,b,2\n"), id_column="Id"))
    assert [row["Id"] for row in rows] == ["b"]
    (error,) = errors
    assert error.as_dict() == {
        "source": error.source,
        "row": 1,
        "id": "a",
        "column": "IsWon",
        "expected": "true or false",
        "found": "maybe",
        "error": "IsWon: expected true or false, found maybe",
        "stage": "read",
        "element": '{"IsWon":"maybe","Id":"a","Amount":"ten"}',
    }
    assert Path(error.source or "").name == "table.csv"


def test_source_is_the_path_as_it_was_given(write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write('Id\n""\n').parent)
    assert read(InputTable(Path("table.csv"), id_column="Id"))[1][0].source == "table.csv"


def test_every_record_is_either_good_or_an_error(write: Any) -> None:
    ids = [b"a", b"", b"\xff"]
    amounts = [b"1", b"", b"x", b"1\xff"]
    lines = [b"%s,%s\n" % cells for cells in itertools.product(ids, amounts)] * 50
    content = b"Id,Amount\n" + b"".join(lines) + b"a,1,2\nb\n"
    expected = None
    for size in (1, 3, 64, 4096):
        rows, errors = read(InputTable(write(content), id_column="Id"), size)
        assert sorted([row["row"] for row in rows] + [error.row for error in errors]) == list(range(1, 603))
        assert [error.row for error in errors] == sorted(error.row or 0 for error in errors)
        assert len(rows) == 100
        expected = expected or (rows, errors)
        assert (rows, errors) == expected


def test_undecodable_bytes_are_kept_as_base64(write: Any) -> None:
    _, errors = read(InputTable(write(b"Id,Note\na,caf\xe9\n\xff\xfe\n"), id_column="Id"))
    assert json.loads(errors[0].element) == {"Id": "a", "Note": {"base64": "Y2Fm6Q=="}}
    assert errors[0].found == r"caf\xe9"
    assert json.loads(errors[1].element) == [{"base64": "//4="}]


def test_empty_lines_count_nowhere_and_quoted_nothing_is_a_record(write: Any) -> None:
    rows, errors = read(InputTable(write('\n\nId\n\na\r\n\r\n""\n\n\nb'), id_column="Id"))
    assert rows == [{"row": 1, "Id": "a"}, {"row": 3, "Id": "b"}]
    assert [(error.row, error.error) for error in errors] == [(2, "Id: expected an id, found nothing")]


def test_cells_beyond_the_csv_modules_default_limit(write: Any) -> None:
    long = "x" * 300_000
    rows, _ = read(InputTable(write(f'Id,{long}\na,{long}\nb,"{long}\n"\n'), id_column="Id"))
    assert [row[long] for row in rows] == [long, long + "\n"]


def test_nul_is_a_character_like_any_other(write: Any) -> None:
    rows, _ = read(InputTable(write("Id,Note\na\0,\0\n"), id_column="Id"))
    assert rows == [{"row": 1, "Id": "a\0", "Note": "\0"}]


def test_memory_does_not_grow_with_the_file(write: Any) -> None:
    def peak(content: str) -> int:
        table = InputTable(write(content), id_column="Id")
        tracemalloc.start()
        for batch in table.batches(256):
            assert len(batch.rows) <= 256
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    line = "a,some text,1,2024-01-01,true\n"
    header = "Id,Note,Amount,Close Date,Won\n"
    assert peak(header + line * 20_000) < 1.5 * peak(header + line * 2_000)


def test_blocks_of_long_cells_are_cut(write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "_BLOCK_LIMIT", 1000)
    path = write("Id,Note\n" + f"a,{'x' * 300}\n" * 10)
    blocks = list(records.read_blocks(path, ["Id", "Note"], 100))
    assert [len(block.records) for block in blocks] == [4, 4, 2]
    assert [block.first for block in blocks] == [1, 5, 9]


def test_column_types_are_guessed_from_all_cells(write: Any) -> None:
    content = (
        "key,number,mostly,flag,bits,mixed,day,none,text,Amount,Won\n"
        "1,1.5,1,true,0,1,2024-01-31,,a,x,y\n"
        "2,-2e3,2,FALSE,1,TRUE,1/31/24,,1,,\n"
        "3,,x,,,,,,,,\n"
        "4,x\n"
    )
    table = InputTable(write(content), id_column="key")
    assert column_types(table) == {
        "key": "STRING",
        "number": "DOUBLE",
        "mostly": "STRING",
        "flag": "BOOLEAN",
        "bits": "DOUBLE",
        "mixed": "BOOLEAN",
        "day": "date",
        "none": "STRING",
        "text": "STRING",
        "Amount": "DOUBLE",
        "IsWon": "BOOLEAN",
    }


def test_guessing_passes_over_bytes_that_are_not_utf8(write: Any) -> None:
    assert column_types(InputTable(write(b"key,n\na,1\nb,\xff\n"), id_column="key"))["n"] == "DOUBLE"


def test_guessing_looks_beyond_the_first_block(write: Any) -> None:
    table = InputTable(write("key,n\n" + "a,1\n" * 5000 + "b,one\n"), id_column="key")
    assert column_types(table)["n"] == "STRING"
