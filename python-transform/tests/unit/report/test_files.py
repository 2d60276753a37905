"""Which files of a run are read."""

from __future__ import annotations

from pathlib import Path

import pytest

from anomaly_detection.errors import ConfigError, DataError
from anomaly_detection.report import find_files

from .lines import error, write


class TestFiles:
    def test_a_folder_of_a_run(self, tmp_path: Path) -> None:
        for shard in range(3):
            write(tmp_path / f"scored-0000{shard}-of-00003.jsonl", [])
        for shard in range(2):
            write(tmp_path / f"errors-0000{shard}-of-00002.jsonl", [])
        (tmp_path / "summary.json").write_text("{}")
        assert self.errors(tmp_path) == {
            "scored-00000-of-00003.jsonl": ["errors-00000-of-00002.jsonl", "errors-00001-of-00002.jsonl"],
            "scored-00001-of-00003.jsonl": [],
            "scored-00002-of-00003.jsonl": [],
        }

    def errors(self, *paths: Path) -> dict[str, list[str]]:
        return {file.path.name: [errors.name for errors in file.errors] for file in find_files(paths)}

    def test_a_window_without_a_scored_row_and_rows_that_came_late_have_errors_too(self, tmp_path: Path) -> None:
        first, second, late = "20261129T010500Z", "20261129T010600Z", "late-1764378300000-6f2a"
        names = [f"{first}-00000-of-00001", f"{first}-{late}a", f"{second}-00000-of-00001", f"{second}-{late}b"]
        for name in names:
            write(tmp_path / f"errors-{name}.jsonl", [error(1)])
        for name in (f"{first}-00000-of-00001", f"{first}-{late}c"):
            write(tmp_path / f"scored-{name}.jsonl", [])
        assert self.errors(tmp_path) == {
            f"scored-{first}-00000-of-00001.jsonl": [f"errors-{name}.jsonl" for name in names],
            f"scored-{first}-{late}c.jsonl": [],
        }
        assert self.errors(tmp_path / f"scored-{first}-00000-of-00001.jsonl") == {
            f"scored-{first}-00000-of-00001.jsonl": [f"errors-{name}.jsonl" for name in names[:2]],
        }

    def test_a_missing_file_of_errors_is_named(self, tmp_path: Path) -> None:
        for name in ("scored-00000-of-00001", "errors-00000-of-00002"):
            write(tmp_path / f"{name}.jsonl", [])
        with pytest.raises(DataError, match=r"expected all 2 files errors-.* found 1; .* number 00001"):
            find_files([tmp_path])

    def test_errors_beside_a_file_of_score(self, tmp_path: Path) -> None:
        for name, beside in (("out.jsonl", "out.errors.jsonl"), ("out.json", "out.json.errors.jsonl")):
            errors = write(tmp_path / beside, [])
            assert find_files([write(tmp_path / name, [])])[0].errors == (errors,)
        assert find_files([write(tmp_path / "lone.jsonl", [])])[0].errors == ()

    def test_a_missing_shard_is_named(self, tmp_path: Path) -> None:
        for shard in (0, 2):
            write(tmp_path / f"scored-0000{shard}-of-00003.jsonl", [])
        with pytest.raises(DataError, match=r"expected all 3 files .* found 2; .* number 00001"):
            find_files([tmp_path])

    def test_files_of_two_runs_are_not_mixed(self, tmp_path: Path) -> None:
        write(tmp_path / "scored-00000-of-00001.jsonl", [])
        write(tmp_path / "scored-00000-of-00002.jsonl", [])
        with pytest.raises(DataError, match="files of one run"):
            find_files([tmp_path])

    @pytest.mark.parametrize("form", [".csv", ".parquet"])
    def test_a_run_of_another_format(self, tmp_path: Path, form: str) -> None:
        for kind in ("scored", "errors"):
            (tmp_path / f"{kind}-00000-of-00001{form}").touch()
        [file] = find_files([tmp_path])
        assert (file.path.suffix, file.errors) == (form, (tmp_path / f"errors-00000-of-00001{form}",))

    def test_formats_are_not_mixed(self, tmp_path: Path) -> None:
        write(tmp_path / "scored-00000-of-00001.jsonl", [])
        for name in ("scored", "errors"):
            other = tmp_path / f"{name}-00000-of-00001.csv"
            other.touch()
            with pytest.raises(DataError, match=r"found \.csv and \.jsonl"):
                find_files([tmp_path])
            other.unlink()

    def test_windows_may_have_different_numbers_of_files(self, tmp_path: Path) -> None:
        for name in ("a-00000-of-00001", "b-00000-of-00002", "b-00001-of-00002"):
            write(tmp_path / f"scored-{name}.jsonl", [])
        assert len(find_files([tmp_path])) == 3

    def test_a_file_counts_once(self, tmp_path: Path) -> None:
        path = write(tmp_path / "scored-00000-of-00001.jsonl", [])
        with pytest.raises(ConfigError, match="found it twice"):
            find_files([tmp_path, path])

    @pytest.mark.parametrize("name", ["out.errors.jsonl", "errors-00000-of-00001.jsonl"])
    def test_a_file_of_errors_is_no_scored_file(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(ConfigError, match="found a file of errors"):
            find_files([write(tmp_path / name, [])])

    def test_nothing_there(self, tmp_path: Path) -> None:
        with pytest.raises(DataError, match="expected files named scored-"):
            find_files([tmp_path])
        with pytest.raises(DataError, match="found nothing there"):
            find_files([tmp_path / "none.jsonl"])

    def test_an_input_for_each_file(self, tmp_path: Path) -> None:
        files = [write(tmp_path / f"{name}.jsonl", []) for name in "ab"]
        with pytest.raises(ConfigError, match="one for each of the 2 scored files"):
            find_files(files, inputs=[tmp_path / "a.csv"])
