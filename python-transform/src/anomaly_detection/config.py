"""How rows are scored: the contract's config, checked.

>>> Config.of({"encoder_uri": "e", "model_uri": "m", "params_uri": "p", "explain": None}).explain
3
>>> Config.of({"encoder_uri": "e", "model_uri": "m", "params_uri": "p", "explian": 2})
Traceback (most recent call last):
anomaly_detection.errors.ConfigError: config: unknown field 'explian'; did you mean 'explain'?
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from anomaly_detection.errors import ConfigError
from anomaly_detection.schema import CONFIG, Field

_PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "STRING": (str,),
    "DOUBLE": (float, int),
    "INT64": (int,),
    "BOOLEAN": (bool,),
    "ARRAY": (list, tuple),
}


@dataclass(frozen=True, kw_only=True)
class Config:
    """The fields of `contract/schemas/config.json`, which has their descriptions and defaults."""

    encoder_uri: str
    model_uri: str
    params_uri: str
    id_field: str
    alpha: float | None
    explain: int
    explain_all: bool
    batch_size: int
    follow_model: bool
    keep_fields: tuple[str, ...]
    field_names: tuple[str, ...]
    field_types: tuple[str, ...]

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Config:
        """Check the values, fill in defaults for absent ones; raise `ConfigError` for the first that is wrong."""
        check_known(values)
        checked: dict[str, Any] = {field.name: _check(field, values.get(field.name)) for field in CONFIG.fields}
        checked = {name: tuple(value) if isinstance(value, list) else value for name, value in checked.items()}
        config = cls(**checked)
        for name, least in (("explain", 0), ("batch_size", 1)):
            if getattr(config, name) < least:
                raise ConfigError(f"config: {name}: expected at least {least}, found {getattr(config, name)}")
        if config.alpha is not None and not 0 < config.alpha < 1:
            raise ConfigError(f"config: alpha: expected a share between 0 and 1, found {config.alpha:g}")
        for name, times in Counter(config.keep_fields).items():
            if times > 1:
                raise ConfigError(f"config: keep_fields: {name!r} is named twice")
        if config.field_types and len(config.field_types) != len(config.field_names):
            raise ConfigError(
                f"config: field_types: expected one for each of {len(config.field_names)} field_names, "
                f"found {len(config.field_types)}"
            )
        return config


def check_known(names: Iterable[str]) -> None:
    """Raise `ConfigError` for the first of the names that no field has."""
    for name in names:
        if name not in CONFIG:
            close = difflib.get_close_matches(name[:80], CONFIG.names, 1)
            hint = f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(CONFIG.names)}"
            raise ConfigError(f"config: unknown field {name!r:.80}{hint}")


def _check(field: Field, value: Any) -> Any:
    if value is None:
        if not field.nullable:
            raise ConfigError(f"config: {field.name} is missing: {field.description}")
        return field.default
    right = isinstance(value, _PYTHON_TYPES[field.type])
    if isinstance(value, bool) and field.type != "BOOLEAN":
        right = False
    if right and field.type == "ARRAY":
        right = all(isinstance(item, str) for item in value)
    if right and field.type == "STRING":
        right = bool(value)
    if not right:
        raise ConfigError(f"config: {field.name}: expected {field.type}, found {value!r:.80}")
    return value
