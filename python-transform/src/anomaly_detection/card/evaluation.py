"""What an `evaluation.json` says of models of this kind, as the tables of a card."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NoReturn

from anomaly_detection.errors import DataError
from anomaly_detection.evaluate.contest import OURS
from anomaly_detection.evaluate.kinds import KINDS, NAMED
from anomaly_detection.evaluate.run import MIXTURE, Evaluation, Record
from anomaly_detection.evaluate.summary import KindLine, Line, kind_lines, lines

MOST_RIVALS = 3
"""How many of the other detectors the card names, the best."""

_TYPES: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "bool": (bool,),
    "int": (int,),
    "float": (float, int),
    "float | None": (float, int, type(None)),
}


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Our detector and the best of the others on all errors together, and ours by kind; means over the seeds.

    `outside` names the kinds that are not part of the errors together.
    """

    seeds: int
    ours: list[Line]
    rivals: list[Line]
    compared: int
    kinds: list[KindLine]
    outside: list[str]


def read_figures(path: Path, *, encoder: str) -> Figures:
    """Read what `evaluate` wrote; the kinds are those of our detector with this encoder.

    Raises:
        DataError: the file cannot be read, or is no evaluation of our detector.
    """
    records = _records(path)
    kinds = list(dict.fromkeys(record.kind for record in records if record.kind != MIXTURE))
    seeds = dict.fromkeys(record.seed for record in records)
    mixture = {seed: _mixture([record.kind for record in records if record.seed == seed]) for seed in seeds}
    shown = lines(Evaluation(records=records, mixture=mixture))
    ours = [line for line in shown if line.detector == OURS[0]]
    if not ours:
        raise DataError(f"{path}: expected figures of {OURS[0]}, found {', '.join(dict.fromkeys(_names(shown)))}")
    rivals = [line for line in shown if line.detector != OURS[0]]
    own = encoder if encoder in {line.encoding for line in ours} else ours[0].encoding
    return Figures(
        seeds=len(seeds),
        ours=ours,
        rivals=rivals[:MOST_RIVALS],
        compared=len(rivals),
        kinds=[line for line in kind_lines(Evaluation(records=records), OURS[0], own) if line.kind != MIXTURE],
        outside=[kind for kind in kinds if not any(kind in mixed for mixed in mixture.values())],
    )


def _mixture(kinds: list[str]) -> list[str]:
    named = any(kind in NAMED for kind in kinds)
    return [kind for kind in dict.fromkeys(kinds) if kind in KINDS or (kind != MIXTURE and not named)]


def _names(shown: Sequence[Line]) -> list[str]:
    return [line.detector for line in shown]


def _records(path: Path) -> list[Record]:
    try:
        found = json.loads(path.read_text("utf-8"), parse_constant=_no_constant)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: expected the JSON that `evaluate` writes, found something else: {error}") from error
    if not isinstance(found, list) or not found:
        raise DataError(f"{path}: expected a list of records as `evaluate` writes it, found {found!r:.80}")
    return [_record(item, where=f"{path}: record {i}") for i, item in enumerate(found, start=1)]


def _record(item: Any, *, where: str) -> Record:
    if not isinstance(item, dict):
        raise DataError(f"{where}: expected an object, found {item!r:.80}")
    cells: dict[str, Any] = {}
    for field in fields(Record):
        if field.name not in item:
            raise DataError(f"{where}: expected {field.name!r} as `evaluate` writes it, found {', '.join(item)!r:.200}")
        value = item[field.name]
        types = _TYPES[str(field.type)]
        if type(value) not in types or (isinstance(value, float) and not math.isfinite(value)):
            raise DataError(f"{where}: {field.name}: expected {field.type}, found {value!r:.80}")
        cells[field.name] = value
    return Record(**cells)


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")
