"""Rows of the input beside their scores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from anomaly_detection.errors import ConfigError, DataError
from anomaly_detection.report import ScoredFile, find_files
from anomaly_detection.report.join import joined_rows

from .lines import error, line, write


class TestJoin:
    def files(self, folder: Path, ids: list[str], records: str, errors: list[int] | None = None) -> ScoredFile:
        (folder / "in.csv").write_text(records, "utf-8")
        scored = write(folder / "out.jsonl", [line(i, id=id_) for i, id_ in enumerate(ids)])
        if errors is not None:
            write(folder / "out.errors.jsonl", [error(row) for row in errors])
        return find_files([scored], inputs=[folder / "in.csv"])[0]

    def cells(self, file: ScoredFile, **options: Any) -> list[str]:
        return [row.cells["Stage"] for row in joined_rows(file, **options)]

    def test_each_row_gets_the_cells_of_its_record(self, tmp_path: Path) -> None:
        file = self.files(tmp_path, ["a", "b"], "Opportunity ID,StageName\na,1\n\nb,2\n")
        assert self.cells(file) == ["1", "2"]

    def test_numbers_of_the_contract_are_numbers(self, tmp_path: Path) -> None:
        file = self.files(tmp_path, ["a", "b", "c"], "Id,Amount,Zip\na,1e3,01234\nb,ten,2\nc,,3\n")
        assert [row.cells["Amount"] for row in joined_rows(file)] == [1000.0, "ten", None]
        assert [row.cells["Zip"] for row in joined_rows(file)] == ["01234", "2", "3"]

    def test_rows_in_error_are_passed_over_also_where_ids_repeat(self, tmp_path: Path) -> None:
        records = "Id,Stage,Amount\na,1,ten\na,2,5\nb,3,x\na,4,5\na,5,6\n"
        file = self.files(tmp_path, ["a", "a", "a"], records, errors=[1, 3])
        assert self.cells(file) == ["2", "4", "5"]

    def test_records_that_cannot_be_read_are_passed_over(self, tmp_path: Path) -> None:
        file = self.files(tmp_path, ["a", "c"], "Id,Stage\na,1\nb\n,2\nc,3\n")
        assert self.cells(file) == ["1", "3"]

    def test_errors_of_a_file_that_is_not_among_the_inputs_leave_no_row_with_cells_of_another(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("a", "b"):
            (tmp_path / f"{name}.csv").write_text("Id,Stage,Amount\nx,bad,ten\nx,good,1\n", "utf-8")
        scored = write(tmp_path / "out.jsonl", [line(0, id="x"), line(1, id="x")])
        write(tmp_path / "out.errors.jsonl", [error(1, source="a.csv"), error(1, source="b.csv")])
        monkeypatch.chdir(tmp_path)
        (file,) = find_files([scored], inputs=[tmp_path / "a.csv", tmp_path / "b.csv"])
        assert self.cells(file) == ["good", "good"]
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")
        with pytest.raises(DataError, match=r"found errors .* of another one, .*/elsewhere/a\.csv; name all inputs"):
            self.cells(file)
        monkeypatch.chdir(tmp_path)
        (one,) = find_files([scored], inputs=[tmp_path / "a.csv"])
        with pytest.raises(DataError, match=r"found errors beside it of another one, .*/b\.csv; name all inputs"):
            self.cells(one)

    def test_another_id_column(self, tmp_path: Path) -> None:
        file = self.files(tmp_path, ["7"], "Code,Stage\n7,1\n")
        assert self.cells(file, id_column="Code") == ["1"]
        with pytest.raises(DataError, match="expected the id column 'Id'"):
            self.cells(file)

    def test_another_csv_is_refused(self, tmp_path: Path) -> None:
        file = self.files(tmp_path, ["b", "a"], "Id,Stage\na,1\nb,2\n")
        with pytest.raises(DataError, match="no record with the id 'a' after the row before it"):
            self.cells(file)

    def test_rows_that_carry_their_columns_need_no_input(self, tmp_path: Path) -> None:
        (tmp_path / "in.csv").write_text("Id\nid0\n", "utf-8")
        scored = write(tmp_path / "out.jsonl", [line(0, Stage="Won")])
        with pytest.raises(ConfigError, match="has its rows' columns already"):
            list(joined_rows(find_files([scored], inputs=[tmp_path / "in.csv"])[0]))
