"""Files that an org starts with, and files that it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from salesforce_mock.cli import main
from salesforce_mock.errors import LoadError
from salesforce_mock.loading import load
from salesforce_mock.schema import Field
from salesforce_mock.store import Store

from .conftest import CONTRACT, Clock, sample

ID = "0069904007yrr9JAAQ"


def read(tmp_path: Path, text: str, *more: Field) -> Store:
    path = tmp_path / "file.csv"
    path.write_bytes(text.encode())
    return load(path, contract=CONTRACT, more=more, clock=Clock())


def values(store: Store) -> dict[str, object]:
    (row,) = store.rows()
    return {each.path: row[each.slot] for each in store.schema.columns}


def test_paths_of_soql_and_columns_of_ones_own(tmp_path: Path) -> None:
    extra = Field(name="Rank__c", type="double", precision=18)
    text = f"\ufeffId,StageName,Account.Name,CurrencyIsoCode,Weight (kg),Rank__c\n{ID},Won,Acme,EUR,5,2\n"
    found = values(read(tmp_path, text, extra))
    assert (found["StageName"], found["Account.Name"], found["CurrencyIsoCode"]) == ("Won", "Acme", "EUR")
    assert (found["Weight_kg__c"], found["Rank__c"]) == ("5", 2.0)


def test_what_is_not_in_the_file_is_made_up_the_same_way(tmp_path: Path) -> None:
    found = values(read(tmp_path, f"Id,ForecastCategory,CreatedDate\n{ID[:15]},Best Case,2025-03-01\n"))
    assert (found["Id"], found["ForecastCategory"], found["Probability"]) == (ID, "BestCase", 50.0)
    assert found["CreatedDate"] == found["SystemModstamp"] == "2025-03-01T00:00:00.000Z"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Name\nx\n", "expected a header with Id"),
        ("Id,Stage,StageName\n", "no column twice"),
        (f"Id,Amount\n{ID},much\n", "file.csv, row 1, column Amount: expected a finite number, found 'much'"),
        (f"Id,IsWon\n{ID},yes\n", "row 1, column IsWon: expected true or false, found 'yes'"),
        (f"Id,CloseDate\n{ID},2025-02-30\n", "row 1, column CloseDate: "),
        (f"Id\n{ID}\n{ID}\n", "row 2, column Id: expected an id of its own"),
        ("Id\n42\n", "row 1, column Id: expected an id of its own, found '42'"),
        (f"Id,Name\n{ID}\n", "row 1: expected 2 cells, found 1"),
        (f'Id,Name\n{ID},"a\n', "after row 0: "),
    ],
)
def test_refused_files(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(LoadError, match=r"file\.csv") as caught:
        read(tmp_path, text)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("Id,Straße\n".encode("latin-1"), "header: 'utf-8' codec can't decode byte 0xdf"),
        (f"Id,Name\n{ID},Straße\n".encode("latin-1"), "'utf-8' codec can't decode byte 0xdf"),
        (b'Id,"Name\n', "header: unexpected end of data"),
    ],
)
def test_files_that_are_not_csv_in_utf_8_are_refused(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    with pytest.raises(LoadError, match=r"file\.csv") as caught:
        load(path, contract=CONTRACT, more=(), clock=Clock())
    assert says in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="cannot be read: Is a directory") as caught:
        load(tmp_path, contract=CONTRACT, more=(), clock=Clock())
    assert str(tmp_path) in str(caught.value)


def test_a_key_file_in_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "key"
    done = CliRunner().invoke(main, ["--port=0", f"--private-key-file={path}"])
    assert (done.exit_code, done.output) == (
        1,
        f"Error: --private-key-file: cannot write to {path}: No such file or directory\n",
    )


def test_the_contract_has_a_path_for_every_column_of_the_sample() -> None:
    assert list(json.loads(CONTRACT.read_text("utf-8"))) == list(sample()[0])
