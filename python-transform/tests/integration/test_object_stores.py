"""Models and data in object stores: the pipeline as a whole, and how a worker loads a model."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apache_beam as beam
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from apache_beam.testing.util import assert_that, equal_to
from apache_beam.transforms.external import ExternalTransform, ImplicitSchemaPayloadBuilder

from anomaly_detection.cli import main
from anomaly_detection.models.artifacts import ENCODER, MODEL, PARAMS
from anomaly_detection.schema import CONTRACT, SCORED

from .stores import Store, gcs, s3

ROOT = Path(__file__).parents[3]
APP = ROOT / "java-pipeline" / "build" / "install" / "java-pipeline" / "bin" / "java-pipeline"
SHARDS, SECONDS = 4, 150
FILES = (ENCODER, MODEL, PARAMS)

LOADER = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import PipelineOptions
from anomaly_detection.errors import ModelError
from anomaly_detection.beam.model_uris import load_detector

def load(uris):
    try:
        return load_detector(*uris)
    except ModelError as error:
        return error

FileSystems.set_options(PipelineOptions([]))
with ThreadPoolExecutor(8) as threads:
    for line in sys.stdin:
        found = list(threads.map(load, [json.loads(line)] * 8))
        said = sorted({getattr(one, "model_id", str(one)) for one in found})
        print(json.dumps([len(set(map(id, found))), said]), flush=True)
"""


@pytest.fixture(scope="module", params=["s3", "gs"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with s3() if request.param == "s3" else gcs(tmp_path_factory.mktemp("login")) as running:
        for name in FILES:
            running.objects.put(f"pretrained/{name}", (ROOT / "pretrained" / name).read_bytes())
        yield running


def shards() -> list[list[list[str]]]:
    """The records of the sample in files, each with the header; of the second one has no id."""
    with (ROOT / "data" / "opportunities.csv").open(newline="", encoding="utf-8") as file:
        header, *records = csv.reader(file)
    records[1][header.index("Id")] = ""
    return [[header, *records[first::SHARDS]] for first in range(SHARDS)]


def as_csv(records: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(records)
    return text.getvalue().encode()


def as_parquet(records: list[list[str]]) -> bytes:
    """Records with numbers and booleans of their own, in several row groups."""
    types: dict[str, Any] = dict.fromkeys(records[0], pa.string())
    types |= {"Amount": pa.float64(), "IsWon": pa.bool_(), "IsClosed": pa.bool_()}
    table = pyarrow.csv.read_csv(
        io.BytesIO(as_csv(records)),
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(column_types=types, strings_can_be_null=True, null_values=[""]),
    )
    file = io.BytesIO()
    pq.write_table(table, file, row_group_size=200)
    return file.getvalue()


def run(*options: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [APP, *options], cwd=ROOT, env={**os.environ, **(env or {})}, capture_output=True, text=True, timeout=SECONDS,
        check=False,
    )  # fmt: skip


def results(content: bytes) -> list[dict[str, Any]]:
    return in_order(list(map(json.loads, content.splitlines())))


def in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """What the same shards give on the local disk, by kind."""
    folder = tmp_path_factory.mktemp("local")
    for number, records in enumerate(shards()):
        (folder / f"part-{number}.csv").write_bytes(as_csv(records))
    done = run(f"--input={folder}/part-*.csv", f"--output={folder}/out", "--report=false")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("2,000 rows of 4 files read: 1,999 scored, ")
    return {
        kind: results(b"".join(file.read_bytes() for file in folder.glob(f"out/{kind}-*.jsonl")))
        for kind in ("scored", "errors")
    }


def test_a_run_in_a_store_gives_what_a_local_one_does(store: Store, expected: dict[str, list[dict[str, Any]]]) -> None:
    # One form in each store: runs take seconds, and stores open files alike whatever is in them.
    form = "csv" if store.root.startswith("s3") else "parquet"
    write: Callable[[list[list[str]]], bytes] = {"csv": as_csv, "parquet": as_parquet}[form]
    for number, records in enumerate(shards()):
        store.objects.put(f"data/{form}/part-{number}.{form}", write(records))
    store.objects.put(f"data/{form}/part-4.{form}", b"not looked at")
    for stale in ("scored-00000-of-00002.csv", "report.html"):
        store.objects.put(f"{form}/out/{stale}", b"of an earlier run")
    done = run(
        f"--input={store.root}/data/{form}/part-[!4-9].{form}", f"--model={store.root}/pretrained",
        f"--output={store.root}/{form}/out", *store.options, env=dict(store.env),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert f"reading 4 files, {store.root}/data/{form}/part-[!4-9].{form}" in done.stderr
    assert done.stdout.startswith("2,000 rows of 4 files read: 1,999 scored, ")
    names = store.objects.names(f"{form}/")
    assert {name.rpartition("/")[2].partition("-")[0] for name in names} == {"scored", "errors"}
    found = {
        kind: results(b"".join(store.objects.get(name) for name in names if f"/{kind}-" in name))
        for kind in ("scored", "errors")
    }
    assert found["scored"] == expected["scored"]
    (error,) = found["errors"]
    assert error["source"] == f"{store.root}/data/{form}/part-1.{form}"
    assert {**error, "source": None, "element": None} == {**expected["errors"][0], "source": None, "element": None}


@pytest.fixture
def run_here(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Run the Python command in this process: its exit status, and what it says."""
    monkeypatch.chdir(ROOT)

    def run_here(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["anomaly-detection", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(str(ended.value.code or 0)), capfd.readouterr().err

    return run_here


@pytest.fixture
def command(store: Store, monkeypatch: pytest.MonkeyPatch, run_here: Any) -> Callable[..., tuple[int, str]]:
    """The same, with ROOT for the store, and its logins."""
    for name, value in store.env.items():
        monkeypatch.setenv(name, value)
    return lambda *arguments: run_here(*(argument.replace("ROOT", store.root) for argument in arguments))


def cells_of(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of the pipeline as the command has them: without the columns of the input."""
    return in_order([{name: row[name] for name in SCORED.names} for row in rows])


@pytest.mark.parametrize("form", ["csv", "shards", "parquet"])
def test_the_command_finds_what_the_pipeline_does(
    form: str, expected: dict[str, list[dict[str, Any]]], tmp_path: Path, run_here: Any
) -> None:
    whole = [shards()[0][0], *(record for _, *records in shards() for record in records)]
    size = -(-len(whole) // 8)
    if form == "parquet":
        (tmp_path / "all.parquet").write_bytes(as_parquet(whole))
    else:
        for start in range(1, len(whole), size if form == "shards" else len(whole)):
            part = [whole[0], *whole[start : start + (size if form == "shards" else len(whole))]]
            (tmp_path / f"part-{start:05d}.csv").write_bytes(as_csv(part))
    status, said = run_here("score", f"{tmp_path}/*", "--model=pretrained", f"--output={tmp_path}/out.jsonl")
    assert status == 0, said
    files = " of 8 files" if form == "shards" else ""
    assert said.startswith(f"2,000 rows{files} read, 1,999 scored, ")
    assert results((tmp_path / "out.jsonl").read_bytes()) == cells_of(expected["scored"])
    (error,) = results((tmp_path / "out.errors.jsonl").read_bytes())
    assert error["error"] == expected["errors"][0]["error"] == "Id: expected an id, found nothing"


def test_the_command_reads_and_writes_in_a_store(store: Store, expected: dict[str, list[dict[str, Any]]]) -> None:
    form = "csv" if store.root.startswith("s3") else "parquet"
    write: Callable[[list[list[str]]], bytes] = {"csv": as_csv, "parquet": as_parquet}[form]
    for number, records in enumerate(shards()):
        store.objects.put(f"{form}/in/part-{number}.{form}", write(records))
    for other in (f"part-4.{form}", f"deeper/part-1.{form}", f"part-/.{form}"):
        store.objects.put(f"{form}/in/{other}", b"not looked at")
    store.objects.put(f"{form}/python/out.jsonl", b"of an earlier run")
    done = subprocess.run(
        [sys.executable, "-c", "from anomaly_detection.cli import main; main()", "score",
         f"{store.root}/{form}/in/part-[!4-9].{form}", f"--model={store.root}/pretrained/",
         f"--output={store.root}/{form}/python/out.jsonl"],
        env={**os.environ, **store.env, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("2,000 rows of 4 files read, 1,999 scored, ")
    names = [f"{form}/python/out.{end}" for end in ("errors.jsonl", "jsonl")]
    assert sorted(store.objects.names(f"{form}/python/")) == names
    assert results(store.objects.get(names[1])) == cells_of(expected["scored"])
    (error,) = results(store.objects.get(names[0]))
    # The second record of the sample is the first one of the second shard.
    assert (error["source"], error["row"]) == (f"{store.root}/{form}/in/part-1.{form}", 1)


def test_the_command_leaves_nothing_of_a_run_that_fails(store: Store, command: Any) -> None:
    header, *records = shards()[0]
    store.objects.put("broken/in.csv", as_csv([header, *records[:5]]) + b'"never closed')
    store.objects.put("broken/out.jsonl", b"of an earlier run")
    status, said = command("score", "ROOT/broken/in.csv", "--output=ROOT/broken/out.jsonl", "--model=pretrained")
    assert status == 1
    assert said.startswith(f"error: {store.root}/broken/in.csv: record 6 is not CSV: ")
    assert sorted(store.objects.names("broken/")) == ["broken/in.csv", "broken/out.jsonl"]
    assert store.objects.get("broken/out.jsonl") == b"of an earlier run"


def test_the_command_writes_an_empty_object_of_no_errors(store: Store, command: Any) -> None:
    header, *records = shards()[0]
    store.objects.put("good/in.csv", as_csv([header, *records[:5]]))
    status, said = command("score", "ROOT/good/in.csv", "--output=ROOT/good/out", "--model=ROOT/pretrained")
    assert status == 0, said
    assert store.objects.get("good/out.errors.jsonl") == b""
    assert len(results(store.objects.get("good/out"))) == 5
    assert len(store.objects.names("good/")) == 3


def test_other_commands_read_in_a_store_too(store: Store, command: Any) -> None:
    store.objects.put("reviewed/in.csv", b"currency,rate\nEUR,1\n")
    assert command("inspect", "ROOT/pretrained") == (0, "")
    assert command("card", "ROOT/pretrained", "--output=ROOT/card/CARD.md")[0] == 0
    assert store.objects.get("card/CARD.md").startswith(b"# ")
    arguments = ("score", "ROOT/none.csv", "--output=ROOT/o", "--model=pretrained", "--ignore=ROOT/reviewed/in.csv")
    said = f"error: --ignore {store.root}/reviewed/in.csv, line 1: expected the header id,column, found currency,rate"
    assert command(*arguments) == (2, said + "\n")


NO_FILE = "there is no such file"


@pytest.mark.parametrize(
    ("source", "model", "output", "said"),
    [
        ("ROOT/none.csv", "", "", f"ROOT/none.csv: expected a CSV file that can be read, found: {NO_FILE}"),
        ("ROOT/no/*.csv", "", "", "ROOT/no/*.csv: expected files, found none"),
        ("ROOT/none.parquet", "", "", f"ROOT/none.parquet: expected a Parquet file, found none: {NO_FILE}"),
        (
            "", "ROOT/none", "",
            "ROOT/none/encoder.pth: cannot be read: MODEL; URIs are resolved where the Python transform runs",
        ),
        ("", "", "ROOTx/o", "ROOTx/o: cannot be written: BUCKET"),
        (
            "hdfs://bucket/a.csv", "", "",
            "hdfs://bucket/a.csv: expected a CSV file that can be read, found: expected a path of this machine, gs:// "
            "or s3://, found hdfs://",
        ),
    ],
)  # fmt: skip
def test_what_is_missing_in_a_store_is_one_line_of_the_command(
    store: Store, command: Any, source: str, model: str, output: str, said: str
) -> None:
    if store.root.startswith("s3"):
        why = {
            "MODEL": "[Errno 2] Not found: ROOT/none/encoder.pth",
            "BUCKET": "An error occurred (NoSuchBucket) when calling the CreateMultipartUpload operation: The "
            "specified bucket does not exist",
        }
    else:
        object_ = f"{store.env['STORAGE_EMULATOR_HOST']}/storage/v1/b/bucket/o/none%2Fencoder.pth"
        why = {
            "MODEL": f"404 GET {object_}?projection=noAcl&prettyPrint=false: unknown error",
            "BUCKET": "Request failed with status code 404 Expected one of 200 201",
        }
    for name, text in why.items():
        said = said.replace(name, text)
    arguments = (
        source or "data/opportunities.csv",
        f"--model={model or 'pretrained'}",
        f"--output={output or 'ROOT/o'}",
    )
    assert command("score", *arguments) == (2, f"error: {said.replace('ROOT', store.root)}\n")


def test_what_is_missing_in_a_store_is_named_before_the_run(store: Store) -> None:
    done = run(f"--input={store.root}/none.csv", f"--output={store.root}x/out", *store.options, env=dict(store.env))
    assert done.returncode == 2
    assert f"input {store.root}/none.csv: expected a CSV file, found none" in done.stderr
    assert f"--output: expected a folder that can be written, found {store.root}x/out: " in done.stderr
    assert "Exception" not in done.stderr


@contextmanager
def loading(store: Store) -> Iterator[Callable[[str], tuple[int, list[str]]]]:
    """A worker process that loads models by their folder, by eight threads at once: how many objects these have, and
    the ids of their models, or what errors say."""
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", LOADER],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, **store.env, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        stdin, stdout = process.stdin, process.stdout

        def load(folder: str) -> tuple[int, list[str]]:
            stdin.write(json.dumps([f"{store.root}/{folder}/{name}" for name in FILES]) + "\n")
            stdin.flush()
            models, said = json.loads(stdout.readline())
            return models, said

        yield load
        stdin.close()


def test_a_worker_fetches_a_model_once_and_notices_another(store: Store, config: dict[str, str]) -> None:
    trained = [Path(config[field]).read_bytes() for field in ("encoder_uri", "model_uri", "params_uri")]
    other = dict(zip(FILES, trained, strict=True))
    shipped = {name: (ROOT / "pretrained" / name).read_bytes() for name in FILES}
    for name, content in shipped.items():
        store.objects.put(f"changing/{name}", content)
    with loading(store) as load:
        assert load("changing") == (1, [json.loads(shipped[PARAMS])["model_id"]])
        assert load("changing") == (1, [json.loads(shipped[PARAMS])["model_id"]])
        for name in (ENCODER, MODEL):
            assert store.requests(f"/changing/{name}") == once(store)

        # In the middle of a change, its parameters are of one model and its encoder of another.
        store.objects.put(f"changing/{PARAMS}", other[PARAMS])
        _, (said,) = load("changing")
        assert said.startswith(f"{store.root}/changing/{ENCODER}: expected SHA-256 ")
        assert f"({store.root}/changing/{PARAMS})" in said

        for name in (ENCODER, MODEL):
            store.objects.put(f"changing/{name}", other[name])
        assert load("changing") == (1, [json.loads(other[PARAMS])["model_id"]])

        store.objects.delete(f"changing/{PARAMS}")
        _, (said,) = load("changing")
        assert said.startswith(f"{store.root}/changing/{PARAMS}: cannot be read: ")


def test_a_worker_of_a_pool_fetches_a_model(
    store: Store, config: dict[str, Any], start_pool: Any, start_service: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is a process in which no pipeline was made, whose options Beam would have had."""
    for name, value in store.env.items():
        monkeypatch.setenv(name, value)
    stored = dict(config)
    for field in ("encoder_uri", "model_uri", "params_uri"):
        store.objects.put(f"pool/{field}", Path(config[field]).read_bytes())
        stored[field] = f"{store.root}/pool/{field}"
    rows = [beam.Row(Id=str(i), Stage="Won", Amount=9000.0) for i in range(20)]
    with (
        start_pool() as pool,
        start_service(worker_pool=pool.address) as service,
        beam.Pipeline() as pipeline,
    ):
        payload = ImplicitSchemaPayloadBuilder(stored).payload()
        scored = pipeline | beam.Create(rows) | ExternalTransform(CONTRACT.urn, payload, service.address)
        assert_that(scored["scored"] | beam.combiners.Count.Globally(), equal_to([len(rows)]))


def once(store: Store) -> int:
    """How many requests a fetch is: Google's asks for what it is about first."""
    return 1 if store.root.startswith("s3") else 2
