"""Blocks of columns through the transform: the results of rows, bit by bit, whichever way the rows came."""

from __future__ import annotations

import json
import math
import pickle
import random
import struct
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pytest
from apache_beam import coders
from apache_beam.metrics import MetricsFilter
from apache_beam.portability.api import schema_pb2
from apache_beam.testing import test_pipeline
from apache_beam.testing.util import assert_that
from apache_beam.transforms.window import FixedWindows, GlobalWindows, SlidingWindows, TimestampedValue
from apache_beam.typehints.row_type import RowTypeConstraint
from apache_beam.utils.timestamp import Timestamp

from anomaly_detection import AnomalyDetection
from anomaly_detection.beam.beam_schema import named_tuple
from anomaly_detection.beam.score_blocks import ScoreBlocks
from anomaly_detection.columns import packed_type, read_column, write_column
from anomaly_detection.columns.blocks import FARTHEST, block_schema, result_schema
from anomaly_detection.columns.types import NUMBERS, TEXTS
from anomaly_detection.errors import BlockError, ConfigError, SchemaError
from anomaly_detection.features.feature import parse_features
from anomaly_detection.models.artifacts import ENCODER, MODEL, PARAMS
from anomaly_detection.models.training import TrainOptions, train
from anomaly_detection.schema import CONTRACT, SCORED, Field

TYPES = {"Id": "STRING", "Stage": "STRING", "Won": "BOOLEAN", "Amount": "DOUBLE", "Closed": "STRING",
         "CurrencyIsoCode": "STRING", "Big": "INT64", "Raw": "BYTES", "Since": "DATETIME"}  # fmt: skip
"""Columns of the model, and three that pass by: a number, bytes, and what only the sender understands."""

PYTHON = {"STRING": str, "BOOLEAN": bool, "DOUBLE": float, "INT64": int}
ARROW = {**{name: arrow for name, (_, arrow) in NUMBERS.items()}, **TEXTS, "BOOLEAN": pa.bool_()}
RATES = {"EUR": 1.0, "JPY": 0.006}
Row = dict[str, Any]


def deals(rows: int, *, seed: int = 0) -> list[Row]:
    numbers = np.random.default_rng(seed)
    found = []
    for i in range(rows):
        won = bool(numbers.random() < 0.5)
        currency = str(numbers.choice(list(RATES)))
        found.append(
            {
                "Id": f"deal-{i}",
                "Stage": None if i % 23 == 0 else ("Gewonnen ✓" if won else "Lost"),
                "Won": None if i % 31 == 0 else won,
                "Amount": None if i % 17 == 0 else float(numbers.lognormal(9 if won else 6, 0.3)) / RATES[currency],
                "Closed": str(np.datetime64("2024-01-01") + int(numbers.integers(0, 200))),
                "CurrencyIsoCode": currency,
                "Big": None if i % 3 else 2**62 + i,
                "Raw": None if i % 5 else bytes([i % 256, 0xFF]),
                "Since": f"{i}".encode(),
            }
        )
    return found


def nasty(seed: int = 5) -> list[Row]:
    """Return rows as no training saw them, good ones and bad ones."""
    good = deals(1, seed=seed)[0] | {"Id": "n", "Stage": "Lost", "Won": False, "Amount": 400.0}
    changes: list[Row] = [
        {"Stage": "never seen"}, {"Stage": ""}, {"Stage": "x" * 5000}, {"Stage": "a\0b"}, {"Stage": "🗼 é"},
        {"Amount": -0.0}, {"Amount": 5e-324}, {"Amount": 1.7e308}, {"Amount": -1.7e308}, {"Amount": 1e9},
        {"Closed": "1/31/24"}, {"Closed": "2024-02-29T23:59:59-08:00"}, {"Closed": None}, {"Closed": "0001-01-01"},
        {"Won": True}, {"Won": None, "Stage": None, "Amount": None, "Closed": None},
        {"Amount": math.nan}, {"Amount": math.inf}, {"Amount": -math.inf}, {"Closed": "2024-02-30"}, {"Closed": ""},
        {"Closed": "tomorrow", "Amount": math.nan}, {"CurrencyIsoCode": "CHF"}, {"CurrencyIsoCode": None},
        {"Id": None}, {"Id": ""}, {"Id": None, "Amount": math.nan, "Raw": b"\xff\xfe"},
    ]  # fmt: skip
    return [good | {"Id": f"nasty-{i}"} | change for i, change in enumerate(changes)]


@pytest.fixture(scope="module")
def uris(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A model of deals in two currencies."""
    spec = [
        {"name": "Stage", "kind": "categorical"},
        {"name": "Won", "kind": "categorical", "type": "BOOLEAN"},
        {"name": "Amount", "kind": "numeric"},
        {"name": "Closed", "kind": "date"},
    ]
    folder = tmp_path_factory.mktemp("deals")
    options = TrainOptions(alpha=0.05, currency_rates=RATES)
    train(pa.Table.from_pylist(deals(400)), parse_features(spec, where="test"), id_column="Id", options=options).write(
        folder
    )
    files = {"encoder_uri": ENCODER, "model_uri": MODEL, "params_uri": PARAMS}
    return {field: str(folder / name) for field, name in files.items()}


def transform(uris: Mapping[str, str], types: Mapping[str, str] = TYPES, **options: Any) -> AnomalyDetection:
    return AnomalyDetection(**{**uris, "field_names": list(types), "field_types": list(types.values()), **options})


def packed(values: Sequence[Any], word: str, *, coded: bool) -> bytes:
    type_ = packed_type(word)
    array = pa.array(values, ARROW[type_])
    return write_column(array.dictionary_encode() if coded and type_ in TEXTS else array)


def block(rows: Sequence[Row], times: Sequence[int], types: Mapping[str, str] = TYPES, *, seed: int = 0) -> Any:
    """Return rows as a block, their texts in either layout."""
    layouts = random.Random(seed)  # noqa: S311
    columns = [packed([row[n] for row in rows], word, coded=layouts.random() < 0.6) for n, word in types.items()]
    make = named_tuple(block_schema(len(types)))
    return make(CONTRACT.blocks.version, len(rows), struct.pack(f"<{len(rows)}q", *times), *columns)


def unpacked(result: Any, keep: Sequence[str] = (), types: Mapping[str, str] = TYPES) -> list[tuple[Row, int]]:
    """Return the scored rows of a block of results, each with its timestamp."""
    n = result.rows
    scored = np.flatnonzero(np.unpackbits(np.frombuffer(result.scored, np.uint8), count=n, bitorder="little"))
    assert len(result.scored) == -(-n // 8)
    assert int.from_bytes(result.scored, "little") >> n == 0
    times = struct.unpack(f"<{n}q", result.timestamps)
    ids = read_column(result.id, Field(name="id", type="STRING", nullable=True), rows=n).to_pylist()
    columns = {
        name: read_column(getattr(result, name), SCORED[name], rows=len(scored)).to_pylist()
        for name in SCORED.names
        if name != "id"
    }
    kept = {
        name: read_column(
            getattr(result, f"k{i}"), Field(name=name, type=packed_type(types[name]), nullable=True), rows=n
        ).to_pylist()
        for i, name in enumerate(keep)
    }
    rows = []
    for j, i in enumerate(scored.tolist()):
        cells = {"id": ids[i], **{name: column[j] for name, column in columns.items()}}
        rows.append((cells | {name: column[i] for name, column in kept.items()}, times[i]))
    return rows


def plain(value: Any) -> Any:
    if hasattr(value, "_asdict"):
        return {name: plain(item) for name, item in value._asdict().items()}
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value


class Stamped(beam.DoFn):
    """Gives what there is as it is, with its timestamp in milliseconds and its window."""

    def process(self, row: Any, stamp: Any = beam.DoFn.TimestampParam, window: Any = beam.DoFn.WindowParam) -> Any:
        yield row, stamp.micros // 1000, str(window)


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Any]:
    """Run a pipeline and return what came out: (row, milliseconds, window) by output, and the counters."""

    def call(source: Any, transform: beam.PTransform) -> dict[str, Any]:
        def save(path: Path) -> Callable[[Any], None]:
            return lambda found: path.write_bytes(pickle.dumps(list(found))) and None

        pipeline = test_pipeline.TestPipeline()
        outputs = pipeline | source | transform
        for name, output in outputs.items():
            stamped = output | f"Stamp {name}" >> beam.ParDo(Stamped())
            assert_that(stamped, save(tmp_path / name), label=name, use_global_window=True)
        result = pipeline.run()
        result.wait_until_finish()
        counters = result.metrics().query(MetricsFilter().with_namespace("anomaly_detection"))["counters"]
        found = {name: pickle.loads((tmp_path / name).read_bytes()) for name in outputs}
        return {**found, "counters": {counter.key.metric.name: counter.committed for counter in counters}}

    return call


def blocks(found: Sequence[Any], types: Mapping[str, str] = TYPES, *, window: Any = None) -> Any:
    """Return a transform that makes these blocks with their timestamps, in one bundle."""
    made = beam.Create([TimestampedValue(one, Timestamp(micros=1000 * t)) for one, t in found], reshuffle=False)
    typed = made | beam.Map(lambda one: one).with_output_types(named_tuple(block_schema(len(types))))
    return typed | beam.WindowInto(window or GlobalWindows())


def in_blocks(rows: Sequence[Row], sizes: Iterator[int] | int, times: Sequence[int]) -> Iterator[tuple[Any, int]]:
    begin = 0
    while begin < len(rows):
        size = sizes if isinstance(sizes, int) else next(sizes)
        some = times[begin : begin + size]
        yield block(rows[begin : begin + size], some, seed=begin), min(some)
        begin += size


def one_by_one(rows: Sequence[Row], times: Sequence[int], *, window: Any = None) -> Any:
    """Return a transform that makes the rows as rows, without the column that only a sender of blocks has."""
    types = {name: PYTHON.get(word, bytes) | None for name, word in TYPES.items()}
    made = beam.Create([TimestampedValue(row, Timestamp(micros=1000 * t)) for row, t in zip(rows, times, strict=True)],
                       reshuffle=False)  # fmt: skip
    typed = made | beam.Map(lambda cells: beam.Row(**cells)).with_output_types(
        RowTypeConstraint.from_fields(list(types.items()))
    )
    return typed | beam.WindowInto(window or GlobalWindows())


def exact(value: Any) -> Any:
    """Return a value that is equal to another only if it is bit by bit."""
    if isinstance(value, float):
        return struct.pack("<d", value)
    if isinstance(value, Mapping):
        return tuple((name, exact(item)) for name, item in value.items())
    return tuple(map(exact, value)) if isinstance(value, (list, tuple)) else value


def told(found: Mapping[str, Any], keep: Sequence[str] = ()) -> Counter[Any]:
    """Return all that came out, row by row, whether in blocks or not."""
    rows: list[Any] = []
    for row, stamp, window in found["scored"]:
        if hasattr(row, "timestamps"):
            rows += [("scored", exact(cells), time, window) for cells, time in unpacked(row, keep)]
        else:
            rows.append(("scored", exact(plain(row)), stamp, window))
    rows += [("errors", exact(plain(row)), stamp, window) for row, stamp, window in found["errors"]]
    return Counter(rows)


def counted(found: Mapping[str, Any]) -> dict[str, int]:
    """Return the counters; those of shares are rounded at every batch."""
    return {name: value for name, value in found["counters"].items() if "expected" not in name and "per_" not in name}


@pytest.mark.parametrize("size", [1, 7, 64, 5000], ids="blocks of {}".format)
def test_results_are_bit_by_bit_those_of_rows(uris: dict[str, str], run: Any, size: int) -> None:
    rows = [*deals(2000, seed=9), *nasty()] if size > 7 else [*deals(40, seed=9), *nasty()]
    random.Random(1).shuffle(rows)  # noqa: S311
    times = [1_700_000_000_000 + 7 * i for i in range(len(rows))]
    options = {"keep_fields": ["Raw", "Stage", "Big"], "explain_all": size != 64, "batch_size": 512}
    in_rows = run(one_by_one(rows, times), AnomalyDetection(**uris, **options))
    columns = run(blocks(list(in_blocks(rows, size, times))), transform(uris, **options))
    expected = told(in_rows)
    assert expected.total() == len(rows)
    assert told(columns, options["keep_fields"]) == expected
    assert counted(columns) == counted(in_rows)
    assert len(columns["scored"]) == math.ceil(len(rows) / size)
    assert {kind for kind, *_ in expected} == {"scored", "errors"}


def windowed(rows: Sequence[Row], times: Sequence[int], seconds: int) -> Iterator[tuple[Any, int]]:
    """Return blocks of the rows of so many seconds each: those are in the same windows."""
    by_span: dict[int, list[int]] = {}
    for i, time in enumerate(times):
        by_span.setdefault(time // 1000 // seconds, []).append(i)
    for span, where in by_span.items():
        found = [times[i] for i in where]
        yield block([rows[i] for i in where], found, seed=span), min(found)


@pytest.mark.parametrize(
    ("window", "copies"), [(FixedWindows(20), 1), (SlidingWindows(60, 20), 3)], ids=["fixed", "sliding"]
)
def test_every_row_keeps_its_timestamp_and_window(uris: dict[str, str], run: Any, window: Any, copies: int) -> None:
    rows = [*deals(60, seed=3), *nasty()]
    random.Random(2).shuffle(rows)  # noqa: S311
    times = [100_000 + 7001 * i for i in range(len(rows))]
    in_rows = run(one_by_one(rows, times, window=window), AnomalyDetection(**uris))
    columns = run(blocks(list(windowed(rows, times, 20)), window=window), transform(uris))
    expected = told(in_rows)
    assert expected.total() == copies * len(rows)
    assert told(columns) == expected
    assert len({where for *_, where in expected}) > 20


def test_a_block_of_results_has_the_timestamp_of_the_block(uris: dict[str, str], run: Any) -> None:
    found = run(blocks([(block(deals(3), [5000, 4000, 6000]), 4000)]), transform(uris))
    assert [stamp for _, stamp, _ in found["scored"]] == [4000]


def test_columns_come_back_as_they_went(uris: dict[str, str], run: Any) -> None:
    rows = [*deals(30, seed=4), *nasty()]
    sent = block(rows, range(len(rows)), seed=8)
    found = run(blocks([(sent, 0)]), transform(uris, keep_fields=["Since", "Stage", "Id"]))
    ((result, _, _),) = found["scored"]
    names = list(TYPES)
    assert result.id == sent[3 + names.index("Id")]
    assert (result.k0, result.k1, result.k2) == tuple(sent[3 + names.index(n)] for n in ("Since", "Stage", "Id"))
    assert (result.version, result.rows, result.timestamps) == sent[:3]


def test_what_only_the_sender_understands_is_told_in_base64(uris: dict[str, str], run: Any) -> None:
    row = deals(1)[0] | {"Closed": "never", "Raw": b"\xff", "Since": b"text"}
    found = run(blocks([(block([row], [0]), 0)]), transform(uris))
    ((error, _, _),) = found["errors"]
    element = json.loads(error.element)
    assert list(element) == list(TYPES)
    assert element == row | {"Raw": {"base64": "/w=="}, "Since": {"base64": "dGV4dA=="}}


def test_a_block_of_bad_rows_comes_back_empty(uris: dict[str, str], run: Any) -> None:
    rows = [row | {"Amount": math.nan} for row in deals(9)]
    good = deals(4, seed=6)
    found = run(blocks([(block(rows, [0] * 9), 0), (block(good, [1] * 4), 1)]), transform(uris, keep_fields=["Raw"]))
    empty, full = sorted((row for row, _, _ in found["scored"]), key=lambda row: -row.rows)
    assert (empty.rows, empty.scored, unpacked(empty, ["Raw"])) == (9, b"\0\0", [])
    assert (full.rows, full.scored, len(unpacked(full, ["Raw"]))) == (4, b"\x0f", 4)
    assert len(found["errors"]) == 9
    assert (found["counters"]["scored"], found["counters"]["errors"]) == (4, 9)


def test_no_blocks_give_nothing(uris: dict[str, str], run: Any) -> None:
    found = run(blocks([]), transform(uris))
    assert (found["scored"], found["errors"]) == ([], [])


# Batches.


class Bundles:
    """A `ScoreBlocks` without a pipeline, and how many rows it scored at a time."""

    def __init__(self, uris: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, **options: Any) -> None:
        self.score = ScoreBlocks(transform(uris, **options).config)
        self.score.setup()
        self.scored: list[int] = []
        score = self.score._score

        def counting(batch: pa.RecordBatch) -> Any:
            self.scored.append(batch.num_rows)
            return score(batch)

        monkeypatch.setattr(self.score, "_score", counting)

    def __call__(self, sizes: Sequence[int]) -> list[int]:
        """Return how many blocks came back at each block of these sizes, and at the end."""
        self.scored.clear()
        self.score.start_bundle()
        found = [
            len(list(self.score.process(block(deals(size), [0] * size), Timestamp(0), GlobalWindows()) or ()))
            for size in sizes
        ]
        return [*found, len(list(self.score.finish_bundle() or ()))]


@pytest.mark.parametrize(
    ("sizes", "given", "scored"),
    [
        ([3, 3, 3], [0, 0, 0, 3], [9]),
        ([3, 3, 4, 1], [0, 0, 3, 0, 1], [10, 1]),
        ([4, 4, 4], [0, 0, 2, 1], [8, 4]),
        ([1, 25, 1], [0, 2, 0, 1], [1, 25, 1]),
        ([10, 10], [1, 1, 0], [10, 10]),
        ([1] * 23, [*[0] * 9, 10, *[0] * 9, 10, 0, 0, 0, 3], [10, 10, 3]),
        ([], [0], []),
    ],
    ids=str,
)
def test_blocks_of_a_bundle_are_scored_together_up_to_a_batch(
    uris: dict[str, str], monkeypatch: pytest.MonkeyPatch, sizes: list[int], given: list[int], scored: list[int]
) -> None:
    bundles = Bundles(uris, monkeypatch, batch_size=10)
    for _ in range(2):
        assert bundles(sizes) == given
        assert bundles.scored == scored


# What is refused.


def in_pipeline(uris: Mapping[str, str], sent: Any) -> None:
    with test_pipeline.TestPipeline() as pipeline:
        _ = pipeline | blocks([(sent, 0)]) | transform(uris)


def test_a_malformed_block_fails_its_bundle_and_says_why(uris: dict[str, str]) -> None:
    sent = block(deals(8), range(8))
    with pytest.raises(BlockError, match=r"^column 'Amount': too short: its values would end at byte 80"):
        in_pipeline(uris, sent._replace(f3=sent.f3[:-1]))
    with pytest.raises(BlockError, match=r"^column 'Since': too long: "):
        in_pipeline(uris, sent._replace(f8=sent.f8 + b"\0"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "block: expected version 1, found 2"),
        ({"version": -1}, "block: expected version 1, found -1"),
        ({"rows": 0}, "block: expected from 1 to 65536 rows, found 0"),
        ({"rows": -8}, "block: expected from 1 to 65536 rows, found -8"),
        ({"rows": 65537}, "block: expected from 1 to 65536 rows, found 65537"),
        ({"rows": 2**63 - 1}, f"block: expected from 1 to 65536 rows, found {2**63 - 1}"),
        ({"rows": 9}, "block: expected timestamps of 72 bytes, found 64"),
        ({"timestamps": b""}, "block: expected timestamps of 64 bytes, found 0"),
        ({"timestamps": bytes(65)}, "block: expected timestamps of 64 bytes, found 65"),
        ({"timestamps": struct.pack("<8q", *[0] * 7, FARTHEST + 1)},
         f"block: expected timestamps at most {FARTHEST} ms from 1970, found one beyond"),
        ({"timestamps": struct.pack("<8q", -(2**63), *[0] * 7)},
         f"block: expected timestamps at most {FARTHEST} ms from 1970, found one beyond"),
        ({"f0": b""}, "column 'Id': too short: its header would end at byte 8, and it has 0"),
    ],
)  # fmt: skip
def test_a_block_of_another_form_is_refused(
    uris: dict[str, str], monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], message: str
) -> None:
    bundles = Bundles(uris, monkeypatch)
    with pytest.raises(BlockError) as error:
        list(bundles.score.process(block(deals(8), range(8))._replace(**change), Timestamp(0), GlobalWindows()))
    assert str(error.value) == message


def test_the_farthest_timestamps_are_those_of_beam(uris: dict[str, str], run: Any) -> None:
    rows = [row | {"Amount": math.nan} for row in deals(2)]
    found = run(blocks([(block(rows, [-FARTHEST, FARTHEST]), 0)]), transform(uris))
    assert {stamp for _, stamp, _ in found["errors"]} == {-FARTHEST, FARTHEST}


FIELDS: dict[str, Any] = {"version": int, "rows": int, "timestamps": bytes, **{f"f{i}": bytes for i in range(9)}}
SENT = "input: expected blocks of 9 columns, as there are field_types in the config: "


@pytest.mark.parametrize(
    ("fields", "options", "kind", "message"),
    [
        (FIELDS | {"version": str}, {}, SchemaError, SENT + "expected version INT64 as field 1, found version STRING"),
        (FIELDS | {"timestamps": bytes | None}, {}, SchemaError,
         SENT + "expected timestamps BYTES as field 3, found timestamps nullable BYTES"),
        (FIELDS | {"f9": bytes}, {}, SchemaError, SENT + "expected nothing as field 13, found f9 BYTES"),
        (dict(list(FIELDS.items())[:-1]), {}, SchemaError, SENT + "expected f8 BYTES as field 12, found nothing"),
        (dict(reversed(FIELDS.items())), {}, SchemaError, SENT + "expected version INT64 as field 1, found f8 BYTES"),
        ({"Id": str, "Stage": str}, {}, SchemaError, SENT + "expected version INT64 as field 1, found Id STRING"),
        (FIELDS, {"field_names": [*list(TYPES)[:-1], "Id"]}, SchemaError,
         "input: expected columns of different names, found 'Id' twice"),
        (FIELDS, {"field_types": ["STRING"] * 9}, SchemaError,
         "column 'Won': expected BOOLEAN (PARAMS), found STRING"),
        (FIELDS, {"field_types": ["STRING", "DATETIME", *["STRING"] * 7]}, SchemaError,
         "column 'Stage': expected STRING (PARAMS), found DATETIME"),
        (FIELDS, {"id_field": "Raw"}, SchemaError,
         "column 'Raw': expected STRING (id_field of the config), found BYTES"),
        (FIELDS, {"id_field": "f0"}, SchemaError,
         f"column 'f0': expected STRING (id_field of the config), found no such column; there are {', '.join(TYPES)}"),
        (FIELDS, {"keep_fields": ["f0"]}, SchemaError,
         f"keep_fields: there is no column 'f0'; there are {', '.join(TYPES)}"),
        (FIELDS, {"field_types": ["STRING"] * 8}, ConfigError,
         "config: field_types: expected one for each of 9 field_names, found 8"),
    ],
)  # fmt: skip
def test_inputs_and_configs_that_do_not_fit_are_refused(
    uris: dict[str, str], fields: dict[str, Any], options: dict[str, Any], kind: type[Exception], message: str
) -> None:
    rows = beam.Create([]) | beam.Map(lambda row: row).with_output_types(
        RowTypeConstraint.from_fields(list(fields.items()))
    )
    with pytest.raises(kind) as error:
        _ = test_pipeline.TestPipeline() | rows | transform(uris, **options)
    assert str(error.value) == message.replace("PARAMS", uris["params_uri"])


def test_elements_that_are_no_rows_are_refused(uris: dict[str, str]) -> None:
    with pytest.raises(SchemaError, match=r"^input: expected rows with a schema"):
        _ = test_pipeline.TestPipeline() | beam.Create(["text"]) | transform(uris)


def test_outputs_have_row_coders_that_other_languages_can_read(uris: dict[str, str]) -> None:
    outputs = test_pipeline.TestPipeline() | blocks([]) | transform(uris, keep_fields=["Raw", "Since"])
    coder = coders.registry.get_coder(outputs["scored"].element_type)
    assert isinstance(coder, coders.RowCoder)
    expected = [(field.name, {"INT64": schema_pb2.INT64, "BYTES": schema_pb2.BYTES}[field.type])
                for field in result_schema(2).fields]  # fmt: skip
    assert [(field.name, field.type.atomic_type) for field in coder.schema.fields] == expected
    assert not any(field.type.nullable for field in coder.schema.fields)
    assert [name for name, _ in expected][-3:] == ["reasons", "k0", "k1"]
