from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import tracemalloc
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from anomaly_detection.errors import ConfigError
from anomaly_detection.generate import KINDS, write_opportunities
from anomaly_detection.generate.catalogue import catalogue
from anomaly_detection.generate.csv_lines import csv_lines
from anomaly_detection.generate.ids import MOST_ROWS, check_suffix, opportunity_ids
from anomaly_detection.generate.rows import CHUNK_ROWS, MISSING_SHARES, MOST_MISSING
from anomaly_detection.generate.writer import COLUMNS

Row = dict[str, str]
DATA = Path(__file__).parents[4] / "data"
NOT_MISSED = set(COLUMNS) - set(MISSING_SHARES)


def read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def determined(rows: list[Row], by: str, column: str) -> dict[str, str]:
    values: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row[by] and row[column]:
            values[row[by]].add(row[column])
    assert all(len(found) == 1 for found in values.values()), f"{by} does not determine {column}"
    return {key: next(iter(found)) for key, found in values.items()}


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    path = tmp_path_factory.mktemp("clean") / "rows.csv"
    write_opportunities(path, rows=20_000, seed=3)
    return read(path)


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Row], list[Row]]:
    folder = tmp_path_factory.mktemp("faulty")
    write_opportunities(folder / "rows.csv", rows=20_000, seed=3, anomalies=0.1, labels=folder / "labels.csv")
    return read(folder / "rows.csv"), read(folder / "labels.csv")


def originals(label: Row) -> dict[str, str]:
    columns = label["column"].split("|")
    return dict(zip(columns, json.loads(label["original"]) if len(columns) > 1 else [label["original"]], strict=True))


class TestFiles:
    def test_shipped_data_is_reproduced_byte_for_byte(self, tmp_path: Path) -> None:
        output, labels = tmp_path / "opportunities.csv", tmp_path / "labels.csv"
        write_opportunities(output, rows=2000, seed=7, anomalies=0.02, labels=labels)
        assert output.read_bytes() == (DATA / "opportunities.csv").read_bytes()
        assert labels.read_bytes() == (DATA / "labels.csv").read_bytes()

    def test_shipped_readme_names_every_column_and_kind(self) -> None:
        text = (DATA / "README.md").read_text("utf-8")
        assert [name for name in (*COLUMNS, *KINDS) if f"`{name}`" not in text] == []

    def test_hash_seed_does_not_matter(self, tmp_path: Path) -> None:
        code = (
            "import sys; from pathlib import Path;"
            "from anomaly_detection.generate import write_opportunities as w;"
            "w(Path(sys.argv[1]), rows=500, seed=5, anomalies=0.1, labels=Path(sys.argv[1] + '.labels'))"
        )
        for hash_seed in ("1", "2"):
            environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)}
            subprocess.run([sys.executable, "-c", code, str(tmp_path / hash_seed)], check=True, env=environment)
        assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()
        assert (tmp_path / "1.labels").read_bytes() == (tmp_path / "2.labels").read_bytes()

    @pytest.mark.parametrize("rows", [1, 700, CHUNK_ROWS, CHUNK_ROWS + 1])
    @pytest.mark.parametrize("anomalies", [0.0, 0.07])
    def test_fewer_rows_are_the_beginning_of_more(self, tmp_path: Path, rows: int, anomalies: float) -> None:
        for name, count in (("few", rows), ("many", 2 * CHUNK_ROWS + 5)):
            labels = tmp_path / f"{name}.labels" if anomalies else None
            write_opportunities(tmp_path / name, rows=count, seed=11, anomalies=anomalies, labels=labels)
        few, many = ((tmp_path / name).read_bytes() for name in ("few", "many"))
        assert many.startswith(few)
        assert len(read(tmp_path / "few")) == rows
        if anomalies:
            ids = {row["Id"] for row in read(tmp_path / "few")}
            expected = [label for label in read(tmp_path / "many.labels") if label["Id"] in ids]
            assert read(tmp_path / "few.labels") == expected

    def test_memory_does_not_grow_with_rows(self, tmp_path: Path) -> None:
        def peak(rows: int) -> int:
            tracemalloc.start()
            try:
                write_opportunities(tmp_path / "rows.csv", rows=rows, anomalies=0.02, labels=tmp_path / "labels.csv")
                return tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

        assert peak(6 * CHUNK_ROWS) < 1.1 * peak(2 * CHUNK_ROWS)

    def test_what_needs_quotes_survives_the_csv_module(self, clean: list[Row], tmp_path: Path) -> None:
        names = [row["Name"] for row in clean]
        for special in (",", '"', "\n"):
            assert sum(special in name for name in names) > 100
        assert sum(not name.isascii() for name in names) > 1000
        write_opportunities(tmp_path / "rows.csv", rows=20_000, seed=3)
        text = (tmp_path / "rows.csv").read_bytes().decode("utf-8")
        again = io.StringIO()
        writer = csv.writer(again, lineterminator="\n")
        writer.writerows(csv.reader(io.StringIO(text, newline=""), strict=True))
        assert text == again.getvalue()

    @pytest.mark.parametrize("cell", ['"', '""', ",", "\n", "a\r\nb", "\r", "", " ", 'say "hi", ok\n', "Zoë\0"])
    def test_any_cell_survives_the_csv_module(self, cell: str) -> None:
        text = csv_lines([["first", cell], [cell, "last"]])
        assert list(csv.reader(io.StringIO(text, newline=""), strict=True)) == [
            ["first", cell],
            [cell, "last"],
        ]

    def test_progress_counts_the_rows_written(self, tmp_path: Path) -> None:
        seen: list[int] = []
        write_opportunities(tmp_path / "rows.csv", rows=CHUNK_ROWS + 7, progress=seen.append)
        assert seen == [CHUNK_ROWS, CHUNK_ROWS + 7]


class TestIds:
    def test_suffix_of_known_ids(self) -> None:
        assert check_suffix("001D000000IqhSL") == "IAZ"
        assert check_suffix("a00000000000000") == "AAA"

    def test_ids_are_salesforce_ids(self, clean: list[Row]) -> None:
        for row in clean[:3000]:
            assert len(row["Id"]) == 18
            assert row["Id"].startswith("006")
            assert row["Id"].isalnum()
            assert row["Id"][15:] == check_suffix(row["Id"][:15])

    def test_ids_are_unique_far_apart_and_across_seeds(self) -> None:
        starts = (0, 50_000, 10**7, 10**8, MOST_ROWS - 50_000)
        ids = [id_ for seed in (0, 1) for start in starts for id_ in opportunity_ids(seed, start, 50_000)]
        assert len(set(ids)) == len(ids)
        assert len({id_.lower() for id_ in ids}) == len(ids)


class TestCleanRows:
    def test_columns_are_those_of_the_contract(self, clean: list[Row]) -> None:
        assert tuple(clean[0]) == COLUMNS
        assert len({row["Id"] for row in clean}) == len(clean)

    @pytest.mark.parametrize(
        ("by", "column"),
        [("Owner", "OwnerRole"), ("Product", "ProductFamily"), ("BillingState", "BillingCountry")]
        + [("Stage", column) for column in ("ForecastCategory", "IsClosed", "IsWon")]
        + [
            ("Account", column)
            for column in (
                "Industry",
                "Segment",
                "AccountType",
                "BillingCountry",
                "BillingState",
                "AccountOwner",
            )
        ],
    )
    def test_one_column_determines_another(self, clean: list[Row], by: str, column: str) -> None:
        found = determined(clean, by, column)
        assert len(set(found.values())) > 1
        counts = Counter(row[by] for row in clean[:5000])
        assert all(counts[value] >= 3 for value in found), "too rare to be learned from 5,000 rows"

    def test_the_org_is_the_same_for_every_seed(self, clean: list[Row], tmp_path: Path) -> None:
        write_opportunities(tmp_path / "rows.csv", rows=20_000, seed=4)
        other = read(tmp_path / "rows.csv")
        for by, column in (("Account", "AccountOwner"), ("Owner", "OwnerRole"), ("Product", "ProductFamily")):
            assert determined(clean, by, column) == determined(other, by, column)
        assert [row["Amount"] for row in clean] != [row["Amount"] for row in other]

    def test_values_are_those_of_the_picklists(self, clean: list[Row]) -> None:
        for column, values in catalogue().picklists.items():
            assert {row[column] for row in clean} - {""} == set(values)

    def test_dates_and_stages_agree_with_the_day_of_the_export(self, clean: list[Row]) -> None:
        for row in clean:
            assert row["CreatedDate"][:10] < row["CloseDate"]
            assert row["CreatedDate"][:10] <= "2025-06-30"
            assert (row["IsClosed"] == "true") == (row["CloseDate"] <= "2025-06-30")
        share_open = np.mean([row["IsClosed"] == "false" for row in clean])
        assert 0.1 < share_open < 0.4

    def test_sales_to_larger_segments_take_longer(self, clean: list[Row]) -> None:
        days: dict[str, list[int]] = defaultdict(list)
        for row in clean:
            taken = np.datetime64(row["CloseDate"]) - np.datetime64(row["CreatedDate"][:10])
            days[row["Segment"]].append(int(taken.astype(int)))
        medians = [float(np.median(days[segment])) for segment in ("SMB", "Mid-Market", "Enterprise")]
        assert medians == pytest.approx([29, 74, 149], abs=4)

    def test_amounts_are_log_normal_by_product_and_segment(self, clean: list[Row]) -> None:
        logs: dict[tuple[str, str], list[float]] = defaultdict(list)
        for row in clean:
            if row["Amount"] and row["Segment"]:
                logs[row["Product"], row["Segment"]].append(float(np.log(float(row["Amount"]))))
        residuals: NDArray[np.float64] = np.concatenate([np.array(g) - np.mean(g) for g in logs.values()])
        assert residuals.std() == pytest.approx(0.4, abs=0.01)
        assert (residuals**3).mean() / residuals.std() ** 3 == pytest.approx(0, abs=0.1)
        assert (residuals**4).mean() / residuals.var() ** 2 == pytest.approx(3, abs=0.2)
        means = {key: np.mean(group) for key, group in logs.items()}
        steps = [means[product, "Enterprise"] - means[product, "SMB"] for product in catalogue().products]
        assert np.mean(steps) == pytest.approx(np.log(9), abs=0.05)

    def test_cells_are_missing_at_their_rates(self, clean: list[Row]) -> None:
        stateless = {country for country, states in catalogue().states.items() if not states}
        for column in COLUMNS:
            share = np.mean([row[column] == "" for row in clean if row["BillingCountry"] not in stateless])
            if column in NOT_MISSED:
                assert share == 0
            elif column == "Amount":
                assert 0.01 < share < 0.04
            else:
                assert share == pytest.approx(MISSING_SHARES[column], abs=0.005)
        assert all(not row["BillingState"] for row in clean if row["BillingCountry"] in stateless)
        for row in clean:
            missing = [column for column in COLUMNS if not row[column]]
            if row["BillingCountry"] in stateless:
                missing.remove("BillingState")
            assert len(missing) <= MOST_MISSING


class TestErrors:
    def test_the_share_and_the_kinds_are_even_in_every_part(self, faulty: tuple[list[Row], list[Row]]) -> None:
        rows, labels = faulty
        assert len(labels) == pytest.approx(0.1 * len(rows), abs=2)
        assert set(Counter(label["kind"] for label in labels)) == set(KINDS)
        places = {row["Id"]: i for i, row in enumerate(rows)}
        for part in range(0, 20_000, 2000):
            counts = Counter(label["kind"] for label in labels if part <= places[label["Id"]] < part + 2000)
            assert all(15 <= counts[kind] <= 25 for kind in KINDS)

    def test_rows_without_error_are_those_of_a_file_without_errors(
        self, clean: list[Row], faulty: tuple[list[Row], list[Row]]
    ) -> None:
        rows, labels = faulty
        wrong = {label["Id"] for label in labels}
        assert [row for row in rows if row["Id"] not in wrong] == [row for row in clean if row["Id"] not in wrong]

    def test_every_label_names_what_changed(self, clean: list[Row], faulty: tuple[list[Row], list[Row]]) -> None:
        rows, labels = faulty
        before, after = ({row["Id"]: row for row in table} for table in (clean, rows))
        assert len({label["Id"] for label in labels}) == len(labels)
        for label in labels:
            row, replaced = after[label["Id"]], originals(label)
            assert all(row[column] != text for column, text in replaced.items())
            if label["kind"] == "duplicate_other_amount":
                continue
            mended = {**row, **replaced}
            # Whatever an error-free row misses by chance, a row with an error has.
            for column, text in before[label["Id"]].items():
                assert mended[column] == text or text == ""

    def test_every_error_breaks_what_holds_without(self, clean: list[Row], faulty: tuple[list[Row], list[Row]]) -> None:
        rows, labels = faulty
        after = {row["Id"]: row for row in rows}
        places = {row["Id"]: i for i, row in enumerate(rows)}
        wrong = {label["Id"] for label in labels}
        stages = {(r["Stage"], r["ForecastCategory"], r["IsClosed"], r["IsWon"]) for r in clean}
        family = determined(clean, "Product", "ProductFamily")
        role = determined(clean, "Owner", "OwnerRole")
        country = determined(clean, "BillingState", "BillingCountry")
        seen = {column: {row[column] for row in clean} for column in COLUMNS}
        for label in labels:
            row, before = after[label["Id"]], originals(label)
            match label["kind"]:
                case "amount_too_high":
                    assert 9.99 < float(row["Amount"]) / float(before["Amount"]) < 100.01
                case "amount_too_low":
                    assert 95 < float(before["Amount"]) / float(row["Amount"]) < 3200
                case "stage_conflict":
                    assert (
                        row["Stage"],
                        row["ForecastCategory"],
                        row["IsClosed"],
                        row["IsWon"],
                    ) not in stages
                case "close_before_created":
                    assert row["CloseDate"] < row["CreatedDate"][:10]
                case "state_outside_country":
                    assert country[row["BillingState"]] != row["BillingCountry"]
                case "product_outside_family":
                    assert family[row["Product"]] != row["ProductFamily"]
                    assert row["ProductFamily"] in seen["ProductFamily"]
                case "owner_with_other_role":
                    assert role[row["Owner"]] != row["OwnerRole"]
                    assert row["OwnerRole"] in seen["OwnerRole"]
                case "unseen_category":
                    assert row[label["column"]] not in seen[label["column"]]
                case "three_missing":
                    assert len(before) == 3
                    assert all(row[column] == "" and text != "" for column, text in before.items())
                case "duplicate_other_amount":
                    source = after[before["Id"]]
                    assert {**row, **before} == source
                    assert before["Id"] not in wrong
                    assert places[before["Id"]] < places[row["Id"]]
                    assert abs(np.log(float(row["Amount"]) / float(before["Amount"]))) > 0.1
                case kind:
                    pytest.fail(f"no check of {kind}")

    def test_half_of_the_rows_may_have_errors(self, tmp_path: Path) -> None:
        write_opportunities(tmp_path / "rows.csv", rows=1000, anomalies=0.5, labels=tmp_path / "labels.csv")
        assert len(read(tmp_path / "labels.csv")) == pytest.approx(500, abs=2)

    def test_rare_errors_come_over_many_chunks(self, tmp_path: Path) -> None:
        write_opportunities(tmp_path / "rows.csv", rows=60_000, anomalies=5e-5, labels=tmp_path / "labels.csv")
        assert 2 <= len(read(tmp_path / "labels.csv")) <= 4


class TestBadArguments:
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"rows": 0}, "rows: expected 1 to 1000000000, found 0"),
            ({"rows": MOST_ROWS + 1}, "rows: expected 1 to 1000000000, found 1000000001"),
            ({"seed": -1}, "seed: expected 0 or more, found -1"),
            ({"anomalies": 0.51}, "anomalies: expected a share from 0 to 0.5, found 0.51"),
            ({"anomalies": -0.1}, "anomalies: expected a share from 0 to 0.5, found -0.1"),
            ({"anomalies": float("nan")}, "anomalies: expected a share from 0 to 0.5, found nan"),
            ({"labels": Path("labels.csv")}, "labels: expected none without errors, found labels.csv"),
        ],
    )
    def test_are_refused_before_anything_is_written(
        self, tmp_path: Path, arguments: dict[str, object], message: str
    ) -> None:
        with pytest.raises(ConfigError, match=f"^{message}"):
            write_opportunities(tmp_path / "rows.csv", **{"rows": 1, **arguments})  # type: ignore[arg-type]
        assert list(tmp_path.iterdir()) == []

    def test_output_and_labels_are_two_files(self, tmp_path: Path) -> None:
        output = tmp_path / "rows.csv"
        with pytest.raises(ConfigError, match="expected another file than the output"):
            write_opportunities(output, rows=1, anomalies=0.1, labels=tmp_path / "." / "rows.csv")
        assert not output.exists()

    @pytest.mark.parametrize("place", ["no-such-folder/rows.csv", "a-file/rows.csv", "", "/dev/null"])
    def test_a_path_that_cannot_be_written_is_named(self, tmp_path: Path, place: str) -> None:
        (tmp_path / "a-file").write_text("kept")
        with pytest.raises(ConfigError, match="cannot be written") as caught:
            write_opportunities(tmp_path / place, rows=1)
        assert str(caught.value).startswith(f"{tmp_path / place}: ")
        assert [path.name for path in tmp_path.iterdir()] == ["a-file"]

    def test_unwritable_labels_leave_no_output_behind(self, tmp_path: Path) -> None:
        labels = tmp_path / "no-such-folder" / "labels.csv"
        with pytest.raises(ConfigError, match="no-such-folder"):
            write_opportunities(tmp_path / "rows.csv", rows=10, anomalies=0.1, labels=labels)
        assert list(tmp_path.iterdir()) == []

    def test_a_full_disk_is_blamed_on_the_file_that_hits_it(self, tmp_path: Path) -> None:
        code = (
            "import resource, signal, sys; from pathlib import Path;"
            "from anomaly_detection.generate import write_opportunities as w;"
            "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000));"
            "w(Path(sys.argv[1]), rows=5000, anomalies=0.1, labels=Path(sys.argv[2]))"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "rows.csv"), str(tmp_path / "labels.csv")],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert "DataError: " + str(tmp_path / "rows.csv") + ": cannot be written: File too large" in done.stderr
        assert list(tmp_path.iterdir()) == []

    def test_an_interrupted_run_keeps_the_file_that_was_there(self, tmp_path: Path) -> None:
        output = tmp_path / "rows.csv"
        output.write_text("before")

        def interrupt(rows: int) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            write_opportunities(output, rows=10, progress=interrupt)
        assert output.read_text() == "before"
        assert list(tmp_path.iterdir()) == [output]
