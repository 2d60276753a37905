"""Parameters that do not fit together."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from anomaly_detection.models.artifacts import ENCODER, FORMAT_VERSION, PARAMS

from .changed import Edit, refused, refused_cheaply


def test_a_changed_parameter_is_refused(small: Any) -> None:
    params = {**json.loads(small.artifacts.params), "alpha": 0.5}
    message = refused(replace(small.artifacts, params=json.dumps(params).encode()), PARAMS)
    assert message == f"{PARAMS}: its content does not match its model_id; it was changed or damaged"


@pytest.mark.parametrize("version", [0, FORMAT_VERSION - 1, FORMAT_VERSION + 1, "2", None, 1.5, True, [1], "x" * 1000])
def test_another_format_version_is_refused(with_params: Any, version: Any) -> None:
    message = refused(with_params(lambda params: params.update(format_version=version)), PARAMS)
    assert message.startswith(f"{PARAMS}: expected format version {FORMAT_VERSION}, found ")
    newer = version == FORMAT_VERSION + 1
    assert message.endswith("version of this package that made it" if newer else "the columns of the old model.params")
    assert len(message) < 200


def test_a_converted_model_of_another_format_version_is_to_be_converted_again(with_params: Any) -> None:
    message = refused(with_params(lambda p: p.update(format_version=2, encoder={"kind": "accelerator"})), PARAMS)
    assert message.endswith(", found 2; convert it again with this version")


@pytest.mark.parametrize("model_id", ["0" * 16, None, 7])
def test_another_model_id_is_refused(small: Any, model_id: Any) -> None:
    params = {**json.loads(small.artifacts.params), "model_id": model_id}
    refused(replace(small.artifacts, params=json.dumps(params).encode()), PARAMS)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x80\x04N.",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b"\xff\xfe{}",
        b"{}",
        b'{"format_version": ' + b"1" * 10_000 + b"}",
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    ],
)
def test_parameters_that_are_no_object_of_json_are_refused(small: Any, content: bytes) -> None:
    refused(replace(small.artifacts, params=content), PARAMS)


@pytest.mark.parametrize("depth", range(100, 1100, 50))
def test_json_of_any_depth_is_refused_and_not_a_crash(small: Any, depth: int) -> None:
    params = json.loads(small.artifacts.params)
    text = json.dumps(params)[:-1] + ', "deep": ' + "[" * depth + "]" * depth + "}"
    refused(replace(small.artifacts, params=text.encode()), PARAMS)


KEYS = ["id_column", "alpha", "features", "vocabularies", "scales", "encoder", "training", "libraries", "files"]


@pytest.mark.parametrize("key", KEYS[:-1])
def test_a_missing_parameter_is_refused(with_params: Any, key: str) -> None:
    assert key in refused(with_params(lambda params: params.pop(key)), PARAMS)


@pytest.mark.parametrize("key", KEYS[:-1])
@pytest.mark.parametrize("value", [None, [], [[]], "text", {"a": None}, {"Route": {}}, float("nan"), 10**400])
def test_a_parameter_of_another_kind_is_refused(with_params: Any, key: str, value: Any) -> None:
    accepted = (key, type(value)) in {("training", dict), ("libraries", dict), ("id_column", str)}
    changed = with_params(lambda params: params.update({key: value}))
    if accepted:
        changed.detector()
    else:
        refused(changed, PARAMS)


@pytest.mark.parametrize("files", [None, [], "text", {}, {"encoder": None}])
def test_missing_hashes_are_refused(small: Any, files: Any) -> None:
    from anomaly_detection.models.artifacts import _model_id

    params = {**json.loads(small.artifacts.params), "files": files}
    params["model_id"] = _model_id(params)
    refused(replace(small.artifacts, params=json.dumps(params).encode()), ENCODER)


def set_in(*path: Any) -> Edit:
    """Return an edit that sets the value at a path, both given in one row."""
    *where, last, value = path

    def edit(params: Any) -> None:
        for key in where:
            params = params[key]
        params[last] = value

    return edit


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (lambda params: params["features"].append(params["features"][0]), "'Route' is there twice"),
        (lambda params: params["features"].pop(0), "the encoder is not one of these features"),
        (set_in("features", 0, "kind", "numeric"), "expected a numeric type of DOUBLE"),
        (set_in("features", 0, "name", 3), "expected a feature with a name and a kind"),
        (set_in("features", 0, "name", "Other"), "'Other' is missing"),
        (set_in("features", 2, "name", "Other"), "'Other' is missing"),
        (set_in("features", 6, "from", "Weight"), "expected 'from' and 'to' to be date features"),
        (set_in("features", 6, "from", []), "expected 'from' and 'to' with a duration"),
        (set_in("vocabularies", "Route", "abc"), "the vocabulary of 'Route': expected a list of texts"),
        (set_in("vocabularies", "Route", {"north": 1, "sea": 1, "south": 1}), "the vocabulary of 'Route'"),
        (set_in("vocabularies", "Route", ["north", "sea", 3]), "the vocabulary of 'Route'"),
        (set_in("vocabularies", "Route", ["north", "sea", None]), "the vocabulary of 'Route'"),
        (set_in("vocabularies", "Route", ["north", "sea", "\ud800"]), "the vocabulary of 'Route'"),
        (set_in("vocabularies", "Route", ["north", "sea"]), "the encoder is not one of these features"),
        (set_in("vocabularies", {}), "'Route' is missing"),
        (lambda params: params["scales"].pop("Weight"), "'Weight' is missing"),
        (lambda params: params["scales"]["Weight"].pop("mean"), "'mean' is missing"),
        (set_in("scales", "Weight", "deviation", 0.0), "the scale of 'Weight' is not usable"),
        (set_in("scales", "Weight", "deviation", -1.0), "the scale of 'Weight' is not usable"),
        (set_in("scales", "Weight", "deviation", float("nan")), "the scale of 'Weight' is not usable"),
        (set_in("scales", "Weight", "mean", float("inf")), "the scale of 'Weight' is not usable"),
        (set_in("scales", "Weight", "mean", "much"), "could not convert"),
        (set_in("scales", "Weight", "mean", None), "cannot be used"),
        (set_in("alpha", 1e-6), "alpha: expected a share from"),
        (set_in("alpha", 1.0), "alpha: expected a share from"),
        (set_in("alpha", float("nan")), "alpha: expected a share from"),
        (set_in("id_column", ""), "id_column: expected a text"),
        (set_in("id_column", 5), "id_column: expected a text"),
        (set_in("encoder", "cards", [5, 5]), "the encoder is not one of these features"),
        (set_in("encoder", "cards", [5.0, 4.0]), "the encoder's sizes are not whole numbers"),
        (set_in("encoder", "cards", 5), "cannot be used"),
        (set_in("encoder", "numbers", 7), "the encoder is not one of these features"),
        (set_in("encoder", "hidden", "64"), "the encoder's sizes are not whole numbers"),
        (set_in("encoder", "hidden", True), "the encoder's sizes are not whole numbers"),
        (set_in("encoder", "depth", 3), "depth"),
        (set_in("encoder", []), "cannot be used"),
    ],
)
def test_parameters_that_do_not_fit_together_are_refused(with_params: Any, edit: Edit, expected: str) -> None:
    assert expected in refused(with_params(edit), PARAMS)


@pytest.mark.parametrize("size", ["hidden", "latent", "bins"])
@pytest.mark.parametrize("value", [10**9, 10**18, 10**30, 10**300, 0, -1])
def test_a_network_of_another_size_is_refused_before_memory_is_taken_for_it(
    with_params: Any, size: str, value: int
) -> None:
    refused_cheaply(with_params(set_in("encoder", size, value)), ENCODER)
