"""Which columns a model reads: categorical (text or boolean), numbers, dates, and durations between two dates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from anomaly_detection.errors import ConfigError
from anomaly_detection.schema import ColumnType

Kind = Literal["categorical", "numeric", "date", "duration"]

_TYPES: dict[Kind, tuple[str, ...]] = {
    "categorical": ("STRING", "BOOLEAN"),
    "numeric": ("DOUBLE",),
    "date": ("STRING",),
    "duration": ("",),
}


@dataclass(frozen=True, kw_only=True)
class Feature:
    """One thing that the model looks at: an input column, or the days between two date columns."""

    name: str
    kind: Kind
    type: str = ""
    start: str = ""
    end: str = ""

    @property
    def column_type(self) -> ColumnType:
        """What the input column holds."""
        return "date" if self.kind == "date" else cast(ColumnType, self.type)

    @property
    def is_column(self) -> bool:
        """Whether the feature is a column of the input rather than derived from two."""
        return self.kind != "duration"

    def as_json(self) -> dict[str, str]:
        """Return the feature as it stands in `model.params` and in a spec file."""
        data = {"name": self.name, "kind": self.kind, "type": self.type, "from": self.start, "to": self.end}
        return {key: value for key, value in data.items() if value}


def parse_features(spec: Any, *, where: str) -> tuple[Feature, ...]:
    """Read features from their JSON form; raise `ConfigError` that says what is wrong with which.

    >>> parse_features([{"name": "Stage", "kind": "categorical"}], where="spec")[0].type
    'STRING'
    >>> parse_features([{"name": "Stage", "kind": "color"}], where="spec")
    Traceback (most recent call last):
    anomaly_detection.errors.ConfigError: spec: feature 'Stage': expected a kind of ... duration, found 'color'
    """
    if not isinstance(spec, list) or not spec:
        raise ConfigError(f"{where}: expected a list of features, found {spec!r:.80}")
    features: list[Feature] = []
    for item in spec:
        if not isinstance(item, dict) or not isinstance(item.get("name"), str):
            raise ConfigError(f"{where}: expected a feature with a name and a kind, found {item!r:.80}")
        features.append(_parse_feature(item, where=f"{where}: feature {item['name']!r}"))
    for name, times in Counter(feature.name for feature in features).items():
        if times > 1:
            raise ConfigError(f"{where}: feature {name!r} is there twice")
    dates = {feature.name for feature in features if feature.kind == "date"}
    for feature in features:
        if feature.kind == "duration" and not {feature.start, feature.end} <= dates:
            raise ConfigError(
                f"{where}: feature {feature.name!r}: expected 'from' and 'to' to be date features "
                f"({', '.join(sorted(dates)) or 'there are none'}), found {feature.start!r}, {feature.end!r}"
            )
    if not any(feature.kind in ("categorical", "numeric", "duration") for feature in features):
        raise ConfigError(f"{where}: expected at least one categorical, numeric or duration feature")
    return tuple(features)


def _parse_feature(item: dict[str, Any], *, where: str) -> Feature:
    unknown = set(item) - {"name", "kind", "type", "from", "to"}
    if unknown:
        raise ConfigError(f"{where}: unknown key {sorted(unknown)[0]!r}")
    kind: Kind | None = item.get("kind")
    if kind not in get_args(Kind):
        raise ConfigError(f"{where}: expected a kind of {', '.join(get_args(Kind))}, found {kind!r}")
    types = _TYPES[cast(Kind, kind)]
    column_type = item.get("type", types[0])
    if column_type not in types:
        raise ConfigError(f"{where}: expected a {kind} type of {' or '.join(types)}, found {column_type!r}")
    for key in ("from", "to"):
        if (kind == "duration") != isinstance(item.get(key), str) or (kind != "duration" and key in item):
            raise ConfigError(
                f"{where}: expected 'from' and 'to' with a duration and nowhere else, found {item.get(key)!r:.80}"
            )
    return Feature(
        name=item["name"],
        kind=cast(Kind, kind),
        type=column_type,
        start=item.get("from", ""),
        end=item.get("to", ""),
    )


def scored_numbers(features: Iterable[Feature]) -> tuple[Feature, ...]:
    """Return the numeric features, durations, and dates that no duration is made of."""
    features = tuple(features)
    used = {name for feature in features for name in (feature.start, feature.end)}
    return tuple(
        feature
        for feature in features
        if feature.kind in ("numeric", "duration") or (feature.kind == "date" and feature.name not in used)
    )
