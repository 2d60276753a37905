from __future__ import annotations

from typing import Any

import pytest

from anomaly_detection.config import Config
from anomaly_detection.errors import ConfigError
from anomaly_detection.schema import CONFIG

URIS = {"encoder_uri": "e", "model_uri": "m", "params_uri": "p"}


def test_absent_fields_take_the_defaults_of_the_contract() -> None:
    config = Config.of(URIS)
    for field in CONFIG.fields:
        found = getattr(config, field.name)
        expected = URIS.get(field.name, field.default)
        assert found == (tuple(expected) if isinstance(expected, list) else expected), field.name


def test_the_contract_has_the_defaults_that_the_design_names() -> None:
    config = Config.of(URIS)
    assert (config.id_field, config.alpha, config.explain) == ("Id", None, 3)
    assert (config.explain_all, config.batch_size, config.keep_fields) == (False, 16384, ())
    assert (config.field_names, config.field_types) == ((), ())


def test_null_is_absent() -> None:
    nothing = {name: None for name in CONFIG.names if name not in URIS}
    assert Config.of({**URIS, **nothing}) == Config.of(URIS)


def test_given_values_are_kept() -> None:
    given = {
        "id_field": "Key",
        "alpha": 0.2,
        "explain": 0,
        "explain_all": True,
        "batch_size": 1,
        "keep_fields": ["a", "b"],
        "field_names": ["x", "x"],
        "field_types": ["STRING", "any word"],
    }
    config = Config.of({**URIS, **given})
    for name, value in given.items():
        assert getattr(config, name) == (tuple(value) if isinstance(value, list) else value)


def test_the_config_has_the_fields_of_the_contract() -> None:
    assert tuple(Config.__dataclass_fields__) == CONFIG.names


@pytest.mark.parametrize("name", URIS)
@pytest.mark.parametrize("how", ["absent", "null"])
def test_a_uri_is_required(name: str, how: str) -> None:
    values: dict[str, Any] = {**URIS, name: None}
    if how == "absent":
        del values[name]
    with pytest.raises(ConfigError, match=f"^config: {name} is missing: "):
        Config.of(values)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"explian": 2}, "config: unknown field 'explian'; did you mean 'explain'?"),
        ({"zzz": 2}, f"config: unknown field 'zzz'; there are {', '.join(CONFIG.names)}"),
        ({"encoder_uri": ""}, "config: encoder_uri: expected STRING, found ''"),
        ({"encoder_uri": 5}, "config: encoder_uri: expected STRING, found 5"),
        ({"model_uri": b"m"}, "config: model_uri: expected STRING, found b'm'"),
        ({"id_field": ""}, "config: id_field: expected STRING, found ''"),
        ({"id_field": ["Id"]}, "config: id_field: expected STRING, found ['Id']"),
        ({"alpha": "0.1"}, "config: alpha: expected DOUBLE, found '0.1'"),
        ({"alpha": True}, "config: alpha: expected DOUBLE, found True"),
        ({"alpha": 0.0}, "config: alpha: expected a share between 0 and 1, found 0"),
        ({"alpha": 1}, "config: alpha: expected a share between 0 and 1, found 1"),
        ({"alpha": -0.5}, "config: alpha: expected a share between 0 and 1, found -0.5"),
        ({"alpha": float("nan")}, "config: alpha: expected a share between 0 and 1, found nan"),
        ({"explain": -1}, "config: explain: expected at least 0, found -1"),
        ({"explain": 2.0}, "config: explain: expected INT64, found 2.0"),
        ({"explain": False}, "config: explain: expected INT64, found False"),
        ({"explain_all": 1}, "config: explain_all: expected BOOLEAN, found 1"),
        ({"explain_all": "true"}, "config: explain_all: expected BOOLEAN, found 'true'"),
        ({"batch_size": 0}, "config: batch_size: expected at least 1, found 0"),
        ({"batch_size": -7}, "config: batch_size: expected at least 1, found -7"),
        ({"keep_fields": "Name"}, "config: keep_fields: expected ARRAY, found 'Name'"),
        ({"keep_fields": ["Name", 3]}, "config: keep_fields: expected ARRAY, found ['Name', 3]"),
        ({"keep_fields": ["Name", "Name"]}, "config: keep_fields: 'Name' is named twice"),
        ({"field_names": {"a": 1}}, "config: field_names: expected ARRAY, found {'a': 1}"),
        ({"field_types": "STRING"}, "config: field_types: expected ARRAY, found 'STRING'"),
        ({"field_types": [b"STRING"]}, "config: field_types: expected ARRAY, found [b'STRING']"),
        ({"field_types": ["STRING"]}, "config: field_types: expected one for each of 0 field_names, found 1"),
        ({"field_names": ["a", "b"], "field_types": ["STRING"]},
         "config: field_types: expected one for each of 2 field_names, found 1"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as error:
        Config.of({**URIS, **values})
    assert str(error.value) == message
    assert error.value.exit_code == 2


def test_a_message_stays_short_whatever_was_found() -> None:
    with pytest.raises(ConfigError) as error:
        Config.of({**URIS, "alpha": "x" * 100_000})
    assert len(str(error.value)) < 200


def test_many_names_are_checked_in_one_pass() -> None:
    names = [f"c{i}" for i in range(200_000)]
    config = Config.of({**URIS, "keep_fields": names, "field_names": names, "field_types": names})
    assert len(config.keep_fields) == len(config.field_types) == len(names)
