"""A model that is stored anew while rows come in: which one scores which window."""

from __future__ import annotations

import shutil
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pytest
from apache_beam.transforms.window import GlobalWindow, IntervalWindow
from apache_beam.utils.timestamp import Timestamp

from anomaly_detection.beam.beam_schema import named_tuple
from anomaly_detection.beam.model_versions import KEPT, ModelVersions
from anomaly_detection.beam.score_blocks import ScoreBlocks
from anomaly_detection.beam.score_dofn import ScoreDoFn
from anomaly_detection.beam.score_rows import ScoreRows
from anomaly_detection.columns import read_column, write_column
from anomaly_detection.columns.blocks import block_schema
from anomaly_detection.config import Config
from anomaly_detection.features.feature import parse_features
from anomaly_detection.models.artifacts import ENCODER, MODEL, PARAMS
from anomaly_detection.models.detector import Detector
from anomaly_detection.models.training import TrainOptions, train
from anomaly_detection.schema import CONTRACT, SCORED

TYPES = {"Id": "STRING", "Stage": "STRING", "Amount": "DOUBLE"}
FILES = {"encoder_uri": ENCODER, "model_uri": MODEL, "params_uri": PARAMS}
HOUR = 3600.0
ROWS = 300


@dataclass(frozen=True)
class Model:
    """A model in a folder."""

    folder: Path
    id: str


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> list[Model]:
    """Return models that are alike, and as the last one a model of a column that the rows do not have."""
    found = []
    for seed in range(KEPT + 2):
        random = np.random.default_rng(seed)
        stages = random.choice(["Won", "Lost"], ROWS).tolist()
        table = pa.table(
            {"Id": [f"d{i}" for i in range(ROWS)], "Stage": stages, "Amount": random.lognormal(6, 1, ROWS)}
        )
        spec = [{"name": "Stage", "kind": "categorical"}, {"name": "Amount", "kind": "numeric"}]
        if seed == KEPT + 1:
            table = table.append_column("Owner", pa.array(stages))
            spec.append({"name": "Owner", "kind": "categorical"})
        folder = tmp_path_factory.mktemp(f"model{seed}")
        train(table, parse_features(spec, where="test"), id_column="Id", options=TrainOptions(alpha=0.1)).write(folder)
        found.append(Model(folder, Detector.load(folder).model_id))
    assert len({model.id for model in found}) == len(found)
    return found


class Store:
    """A folder where models are stored."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, model: Model, names: Sequence[str] = tuple(FILES.values())) -> None:
        for name in names:
            # As people copy: the copy has the date of the original.
            shutil.copy2(model.folder / name, self.folder / name)

    def config(self, **options: Any) -> Config:
        uris = {field: str(self.folder / name) for field, name in FILES.items()}
        return Config.of({**uris, "follow_model": True, **options})

    def versions(self) -> Versions:
        return Versions(ModelVersions(self.config(), tuple(TYPES.items())))


class Versions:
    """The ids of models, and why some were refused."""

    def __init__(self, versions: ModelVersions) -> None:
        self.versions = versions
        self.refused: list[str] = []

    def at(self, start: float) -> str:
        return self.versions.at(start, self.refused.append).model_id


@pytest.fixture
def store(tmp_path: Path, models: list[Model]) -> Store:
    found = Store(tmp_path)
    found.put(models[0])
    return found


def later() -> float:
    """Return a time after all that was stored, where the clock of files ticks."""
    time.sleep(0.02)
    return time.time()


def test_a_model_scores_the_windows_that_begin_after_it_was_stored(store: Store, models: list[Model]) -> None:
    versions, between = store.versions(), later()
    store.put(models[1])
    after = later()
    assert [versions.at(start) for start in (between - HOUR, between, after)] == [
        models[0].id,
        models[0].id,
        models[1].id,
    ]
    # Whatever comes late is scored as it would have been.
    assert versions.at(between) == models[0].id


def test_a_worker_that_starts_after_a_change_has_the_new_model_for_what_is_late_too(
    store: Store, models: list[Model]
) -> None:
    there, before = store.versions(), later()
    store.put(models[1])
    after = later()
    assert [there.at(after), there.at(before)] == [models[1].id, models[0].id]
    assert [store.versions().at(start) for start in (after, before)] == [models[1].id, models[1].id]


def test_half_a_model_waits_for_the_rest(store: Store, models: list[Model]) -> None:
    versions = store.versions()
    store.put(models[1], [PARAMS, MODEL])
    half = later()
    assert versions.at(half) == models[0].id
    (refused,) = versions.refused
    assert str(store.folder / ENCODER) in refused
    store.put(models[1], [ENCODER])
    whole = later()
    assert [versions.at(start) for start in (half, whole)] == [models[0].id, models[1].id]


@pytest.mark.parametrize("gone", FILES.values())
def test_without_its_files_a_model_goes_on(store: Store, models: list[Model], gone: str) -> None:
    versions = store.versions()
    (store.folder / gone).unlink()
    assert versions.at(later()) == models[0].id
    assert f"{store.folder / gone}: cannot be read" in versions.refused[0]


def test_a_model_of_other_columns_is_refused(store: Store, models: list[Model]) -> None:
    versions = store.versions()
    store.put(models[-1])
    assert versions.at(later()) == models[0].id
    assert "column 'Owner': expected STRING" in versions.refused[0]
    store.put(models[1])
    assert versions.at(later()) == models[1].id


def test_some_models_are_kept_for_windows_that_are_late(store: Store, models: list[Model]) -> None:
    versions, starts = store.versions(), [time.time()]
    for model in models[1 : KEPT + 1]:
        store.put(model)
        starts.append(later())
        assert versions.at(starts[-1]) == model.id
    ids = [model.id for model in models]
    assert [versions.at(start) for start in starts] == [ids[1], *ids[1 : KEPT + 1]]


def test_the_same_model_stored_again_is_no_other(store: Store, models: list[Model]) -> None:
    versions = store.versions()
    first = versions.versions.at(0, pytest.fail)
    store.put(models[0])
    assert versions.versions.at(later(), pytest.fail) is first


def rows_of(config: Config) -> tuple[ScoreDoFn, Callable[[int], Any]]:
    names = {name: name for name in TYPES}
    return ScoreRows(config, TYPES, names, []), lambda i: beam.Row(Id=f"{i}", Stage="Won", Amount=400.0)


def blocks_of(config: Config) -> tuple[ScoreDoFn, Callable[[int], Any]]:
    make = named_tuple(block_schema(len(TYPES)))
    cells = (lambda i: f"{i}", lambda i: "Won", lambda i: 400.0)

    def block(i: int) -> Any:
        packed = [write_column(pa.array([cell(i)])) for cell in cells]
        return make(CONTRACT.blocks.version, 1, np.zeros(1, "<i8").tobytes(), *packed)

    named = Config.of({**vars(config), "field_names": list(TYPES), "field_types": list(TYPES.values())})
    return ScoreBlocks(named), block


def told(result: Any) -> tuple[str, str]:
    """Return the id of a row, and the model that scored it."""
    row = result.value
    if isinstance(row.id, str):
        return row.id, row.model_id
    (id_,) = read_column(row.id, SCORED["id"], rows=1).to_pylist()
    (model,) = read_column(row.model_id, SCORED["model_id"], rows=1).to_pylist()
    return id_, model


WAYS = pytest.mark.parametrize("way", [rows_of, blocks_of], ids=["rows", "blocks"])


@WAYS
def test_rows_name_the_model_that_scored_them_and_none_is_lost(store: Store, models: list[Model], way: Any) -> None:
    score, element = way(store.config(batch_size=100))
    score.setup()
    score.start_bundle()
    found: list[Any] = []
    old = IntervalWindow(time.time() - 60, time.time())
    take = lambda i, window: found.extend(score.process(element(i), Timestamp(0), window) or ())  # noqa: E731
    take(0, old)
    take(1, GlobalWindow())
    store.put(models[1])
    new = IntervalWindow(later(), later() + 60)
    for i, window in enumerate([old, new, new, GlobalWindow(), old, new], start=2):
        take(i, window)
    found.extend(score.finish_bundle() or ())
    before, after = models[0].id, models[1].id
    expected = [before, before, before, after, after, before, before, after]
    assert [told(result) for result in found] == [(f"{i}", id_) for i, id_ in enumerate(expected)]


@WAYS
def test_a_run_that_does_not_follow_keeps_its_model(store: Store, models: list[Model], way: Any) -> None:
    score, element = way(store.config(follow_model=False))
    score.setup()
    score.start_bundle()
    store.put(models[1])
    found = list(score.process(element(0), Timestamp(0), IntervalWindow(later(), later() + 1)) or ())
    found.extend(score.finish_bundle() or ())
    assert [told(result) for result in found] == [("0", models[0].id)]


@WAYS
def test_who_is_set_up_again_goes_on_with_the_model_that_was_good(store: Store, models: list[Model], way: Any) -> None:
    config = store.config()
    way(config)[0].setup()
    (store.folder / PARAMS).unlink()
    score, element = way(config)
    score.setup()
    score.start_bundle()
    window = IntervalWindow(later(), later() + 1)
    found = [*(score.process(element(0), Timestamp(0), window) or ()), *(score.finish_bundle() or ())]
    assert [told(result) for result in found] == [("0", models[0].id)]


def test_all_who_score_a_window_take_the_same_model(store: Store, models: list[Model]) -> None:
    """Many workers, none of which knows of the others, while models change no faster than all of them see."""
    lag, length, workers, turns = 0.1, 0.05, 8, 5
    of_worker = [store.versions() for _ in range(workers)]
    begin = time.time()
    reached = [begin] * workers
    over = threading.Event()

    def work(worker: int) -> dict[int, str]:
        seen = {}
        while not over.is_set():
            i = len(seen)
            start = begin + i * length
            # Each is late by as much as the others are not.
            time.sleep(max(0.0, start + length + lag * (1 + worker / 2) - time.time()))
            seen[i] = of_worker[worker].at(start)
            reached[worker] = start
        return seen

    def change() -> None:
        try:
            for turn in range(1, turns + 1):
                for name in (PARAMS, ENCODER, MODEL):
                    # Whole files, one after the other, as an object store has them.
                    part = store.folder / f"{name}.part"
                    shutil.copy2(models[turn % 3].folder / name, part)
                    part.replace(store.folder / name)
                    time.sleep(0.02)
                stored = time.time()
                while min(reached) <= stored:
                    time.sleep(0.01)
        finally:
            over.set()

    with ThreadPoolExecutor(workers + 1) as pool:
        working = [pool.submit(work, worker) for worker in range(workers)]
        pool.submit(change).result(timeout=120)
        seen = [one.result() for one in working]
    by_window = defaultdict(set)
    for i, model in (pair for one in seen for pair in one.items()):
        by_window[i].add(model)
    assert [i for i, found in by_window.items() if len(found) > 1] == []
    assert {model for found in by_window.values() for model in found} == {model.id for model in models[:3]}
