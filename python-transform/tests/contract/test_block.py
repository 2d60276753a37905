"""A whole block and its result have the bytes of `contract/golden/block.json`; Java sends the one, reads the other."""

from __future__ import annotations

import json
import runpy
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from apache_beam import coders

from anomaly_detection.beam.beam_schema import named_tuple
from anomaly_detection.beam.score_blocks import to_result
from anomaly_detection.columns import packed_type
from anomaly_detection.columns.blocks import Block, block_schema, result_schema
from anomaly_detection.models.detector import Scored
from anomaly_detection.schema import Field
from anomaly_detection.scoring.clustering import Prediction
from anomaly_detection.scoring.reasons import Reason

PATH = Path(__file__).parents[3] / "contract" / "golden" / "block.json"
GOLDEN: dict[str, Any] = json.loads(PATH.read_text("utf-8"))
NAMES = [field["name"] for field in GOLDEN["fields"]]
SENT, RESULT = bytes.fromhex(GOLDEN["sent_hex"]), bytes.fromhex(GOLDEN["result_hex"])


def exact(value: Any) -> Any:
    """Return a value of a row so that equal ones are equal bit by bit."""
    if isinstance(value, dict):
        value = float(value["double"])
    return struct.pack("<d", value) if isinstance(value, float) else value


@pytest.fixture
def sent() -> Any:
    return coders.registry.get_coder(named_tuple(block_schema(len(NAMES)))).decode(SENT)


def test_the_file_is_what_its_script_writes() -> None:
    script = runpy.run_path(str(Path(__file__).with_name("block_golden.py")))
    assert script["text"]() == PATH.read_text("utf-8")


def test_a_block_is_read_and_written(sent: Any) -> None:
    fields = [Field(name=f["name"], type=packed_type(f["type"]), nullable=True) for f in GOLDEN["fields"]]
    block = Block.read(sent, fields)
    assert block.timestamps.tolist() == GOLDEN["timestamps"]
    found = [[exact(row[name]) for name in NAMES] for row in block.columns.to_pylist()]
    assert found == [[exact(row[name]) for name in NAMES] for row in GOLDEN["rows"]]
    assert coders.registry.get_coder(named_tuple(block_schema(len(NAMES)))).encode(sent) == SENT


def test_a_result_is_written(sent: Any) -> None:
    positions = [i for i, row in enumerate(GOLDEN["scored"]) if row]
    rows = [GOLDEN["scored"][i] for i in positions]
    column = {name: np.array([row[name] for row in rows]) for name in rows[0] if name != "reasons"}
    # As if the block had been scored behind another one of three rows.
    found = Scored(
        positions=np.array([1, *(3 + i for i in positions)]),
        score=np.array([0.5, *column["score"]]),
        label=np.array([0, *column["label"]]),
        threshold=rows[0]["threshold"],
        p_value=np.array([0.5, *column["p_value"]]),
        prediction=Prediction(
            cluster=np.array([7, *column["cluster"]]),
            membership=np.array([0.5, *column["membership"]]),
            outlier_score=np.array([0.5, *column["outlier_score"]]),
        ),
        reasons=[(), *(tuple(Reason(**reason) for reason in row["reasons"]) for row in rows)],
        bad=[],
        unseen={},
    )
    make = named_tuple(result_schema(len(GOLDEN["keep_fields"])))
    copied = {"id": "f0", **{f"k{i}": f"f{NAMES.index(name)}" for i, name in enumerate(GOLDEN["keep_fields"])}}
    result = to_result(make, sent, copied, found, 3, 3 + len(GOLDEN["rows"]), model_id=rows[0]["model_id"])
    coder = coders.registry.get_coder(make)
    assert coder.encode(result).hex() == GOLDEN["result_hex"]
    assert coder.decode(RESULT) == result
