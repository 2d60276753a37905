"""The Python client of the contract tests: has cases scored, all in one job, and writes what came out.

A case is an object: its `name`; its `way` to the transform; the `fields` of its rows, as in `contract/schemas`; its
`rows`, an object each; and its `config`, with `fields` and one `row` too. Where JSON has no form for a value, bytes are
`{"hex": …}` and numbers `{"double": "NaN"}`. For each row that comes out there is a line with `name`, `output` and
`row`; for a case that is refused while the pipeline is built, one with `name` and `refused`. The Java client,
`java-pipeline/src/test/java/org/anomalydetection/client`, reads and writes the same.

Ways are URN, NAME (of the Python class) and DIRECT: the transform itself in this process, without any service.
"""

from __future__ import annotations

import json
import math
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Optional

import apache_beam as beam
import numpy as np
from apache_beam.io import WriteToText
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.transforms.external import ExternalTransform, ImplicitSchemaPayloadBuilder
from apache_beam.transforms.fully_qualified_named_transform import (
    PYTHON_FULLY_QUALIFIED_NAMED_TRANSFORM_URN,
    FullyQualifiedNamedTransform,
)
from apache_beam.typehints.row_type import RowTypeConstraint

CONTRACT = json.loads((Path(__file__).parents[4] / "contract" / "contract.json").read_text("utf-8"))
TYPES: dict[str, Any] = {
    "STRING": str,
    "BYTES": bytes,
    "BOOLEAN": bool,
    "DOUBLE": float,
    "FLOAT": np.float32,
    "INT64": np.int64,
    "INT32": np.int32,
    "INT16": np.int16,
}


def type_of(field: Mapping[str, Any]) -> Any:
    """Return the Python type of a field."""
    if field["type"] == "ARRAY":
        items = field["items"]
        type_: Any = Sequence[TYPES[items] if isinstance(items, str) else row_type(items)]  # type: ignore[misc]
    else:
        type_ = TYPES[field["type"]]
    return Optional[type_] if field["nullable"] else type_  # noqa: UP045


def row_type(fields: Sequence[Mapping[str, Any]]) -> Any:
    """Return the type of rows."""
    return RowTypeConstraint.from_fields([(field["name"], type_of(field)) for field in fields])


def row_of(fields: Sequence[Mapping[str, Any]], values: Mapping[str, Any]) -> Any:
    """Return a row of its JSON."""
    return beam.Row(**{field["name"]: value_of(field, values[field["name"]]) for field in fields})


def value_of(field: Mapping[str, Any], value: Any) -> Any:
    """Return a value of its JSON."""
    if value is None:
        return None
    if field["type"] == "ARRAY":
        items = field["items"]
        return [value_of({"type": items}, item) if isinstance(items, str) else row_of(items, item) for item in value]
    if field["type"] == "BYTES":
        return bytes.fromhex(value["hex"])
    return TYPES[field["type"]](value["double"] if isinstance(value, dict) else value)


def json_of(value: Any) -> Any:
    """Return the JSON of a value."""
    if hasattr(value, "_asdict"):
        return {name: json_of(item) for name, item in value._asdict().items()}
    if isinstance(value, beam.Row):
        return {name: json_of(item) for name, item in value.as_dict().items()}
    if isinstance(value, (list, tuple)):
        return [json_of(item) for item in value]
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return {"double": "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"}
    return value


class ToLine(beam.DoFn):  # type: ignore[misc]
    """Makes a line of what came out."""

    def __init__(self, name: str, output: str) -> None:
        self._name, self._output = name, output

    def process(self, row: Any) -> Iterator[str]:
        """Give the line."""
        yield json.dumps({"name": self._name, "output": self._output, "row": json_of(row)})


def transform(way: str, config: Mapping[str, Any], address: str) -> Any:
    """Return the transform by one of the ways."""
    if way == "URN":
        return ExternalTransform(CONTRACT["urn"], ImplicitSchemaPayloadBuilder(config), address)
    if way == "NAME":
        call = FullyQualifiedNamedTransform(CONTRACT["transform"], (), config).to_runner_api_parameter(None)[1]
        return ExternalTransform(PYTHON_FULLY_QUALIFIED_NAMED_TRANSFORM_URN, call.SerializeToString(), address)
    from anomaly_detection import AnomalyDetection

    return AnomalyDetection(**{name: json_of(value) for name, value in config.items()})


def expand(pipeline: beam.Pipeline, case: Mapping[str, Any], address: str) -> list[Any]:
    """Add a case to a pipeline, and return its lines."""
    name, fields, rows = case["name"], case["fields"], case["rows"]
    given = row_of(case["config"]["fields"], case["config"]["row"]).as_dict()
    made = (
        pipeline
        | f"{name}: JSON" >> beam.Create([json.dumps(rows)])
        | f"{name}: Rows"
        >> beam.FlatMap(lambda text: [row_of(fields, row) for row in json.loads(text)]).with_output_types(
            row_type(fields)
        )
    )
    outputs = made | f"{name}: Score" >> transform(case["way"], given, address)
    return [outputs[tag] | f"{name}: {tag}" >> beam.ParDo(ToLine(name, tag)) for tag in CONTRACT["outputs"]]


def main(expansion_service: str, cases: str, results: str) -> None:
    """Run on the runner in this process.

    Prism cannot tell the counters of two Python workers apart, that of this client and that of the service.
    """
    refused, lines = [], []
    pipeline = beam.Pipeline(runner=FnApiRunner())
    for case in json.loads(Path(cases).read_text("utf-8")):
        try:
            expand(beam.Pipeline(), case, expansion_service)
        except Exception as error:
            refused.append(json.dumps({"name": case["name"], "refused": str(error)}))
        else:
            lines += expand(pipeline, case, expansion_service)
    if lines:
        _ = lines | beam.Flatten() | WriteToText(results, num_shards=1, shard_name_template="")
        pipeline.run().wait_until_finish()
    with Path(results).open("a", encoding="utf-8") as stream:
        stream.writelines(f"{line}\n" for line in refused)


if __name__ == "__main__":
    warnings.simplefilter("ignore", FutureWarning)
    main(*sys.argv[1:])
