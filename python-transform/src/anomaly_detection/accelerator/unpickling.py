"""The one place that unpickles: a program that reads a pickle from standard input and writes arrays or JSON.

It runs in a process of its own, see `isolation`. Only the names of `ALLOWED` are imported for a pickle, which is more
than a sandbox would need and less than one gives: what these classes do with hostile content is their own affair.
"""

from __future__ import annotations

import io
import json
import os
import pickle
import sys
import warnings
from typing import Any, NoReturn

FAILED = 3
"""The exit status that goes with a message instead of a result."""

ALLOWED = frozenset(
    {
        ("hdbscan.dist_metrics", "EuclideanDistance"),
        ("hdbscan.dist_metrics", "newObj"),
        ("hdbscan.hdbscan_", "HDBSCAN"),
        ("hdbscan.prediction", "PredictionData"),
        ("joblib.memory", "Memory"),
        ("joblib.numpy_pickle", "NumpyArrayWrapper"),
        ("numpy", "dtype"),
        ("numpy", "ndarray"),
        *((f"numpy.{core}.multiarray", name) for core in ("core", "_core") for name in ("scalar", "_reconstruct")),
        ("sklearn.metrics._dist_metrics", "EuclideanDistance"),
        ("sklearn.metrics._dist_metrics", "EuclideanDistance64"),
        ("sklearn.metrics._dist_metrics", "newObj"),
        ("sklearn.neighbors._kd_tree", "KDTree"),
        ("sklearn.neighbors._kd_tree", "newObj"),
        ("sklearn.neighbors._ball_tree", "BallTree"),
        ("sklearn.neighbors._ball_tree", "newObj"),
    }
)
"""Modules and names that a fitted HDBSCAN consists of."""


def main(what: str) -> None:
    """Write what standard input holds: an npz of a model's arrays, or the JSON of parameters."""
    # Nothing that the pickle prints may pass for the result.
    result = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _limit()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            loaded = _load(sys.stdin.buffer.read())
            content = _arrays(loaded) if what == "model" else json.dumps(_plain(loaded)).encode()
    except Exception as error:  # a damaged pickle raises whatever it comes upon
        result.write(f"{type(error).__name__}: {error}".encode("utf-8", "replace")[:500])
        result.close()
        sys.exit(FAILED)
    result.write(content)
    result.close()


def _limit() -> None:
    try:
        import resource
    except ImportError:
        return
    # No file can be written to, and a pickle that never ends does.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (60, 60))


def _load(content: bytes) -> Any:
    import joblib  # type: ignore[import-untyped]
    from joblib import numpy_pickle

    find_class = numpy_pickle.NumpyUnpickler.find_class

    def find_allowed(self: Any, module: str, name: str) -> Any:
        if (module, name) not in ALLOWED:
            raise pickle.UnpicklingError(f"expected a fitted HDBSCAN or plain parameters, found {module}.{name}")
        if module == "sklearn.metrics._dist_metrics":
            _alias_distance()
        return find_class(self, module, name)

    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise pickle.UnpicklingError("expected arrays of numbers, found one of objects")

    numpy_pickle.NumpyUnpickler.find_class = find_allowed
    # joblib reads arrays of objects with a second, plain unpickler.
    pickle.load = pickle.loads = refuse
    return joblib.load(io.BytesIO(content))


def _alias_distance() -> None:
    """Give a class of scikit-learn its former name, under which older pickles know it."""
    import sklearn.metrics._dist_metrics as distances

    if not hasattr(distances, "EuclideanDistance"):
        distances.EuclideanDistance = distances.EuclideanDistance64


def _arrays(fitted: Any) -> bytes:
    import hdbscan
    import numpy as np

    from anomaly_detection.scoring.clustering import freeze

    if not isinstance(fitted, hdbscan.HDBSCAN):
        raise TypeError(f"expected a fitted hdbscan.HDBSCAN, found {type(fitted).__name__}")
    if getattr(fitted, "_prediction_data", None) is None:
        raise ValueError("expected an HDBSCAN that was fitted with prediction_data=True, found one without")
    if fitted.metric != "euclidean":
        raise ValueError(f"expected the metric euclidean, found {fitted.metric}")
    content = io.BytesIO()
    np.savez(content, **freeze(fitted).arrays())  # type: ignore[arg-type]
    return content.getvalue()


def _plain(value: Any) -> Any:
    """Return parameters as JSON has them; raise `TypeError` for anything else."""
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("expected parameters with names, found other keys")
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        value = value.item()
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"expected parameters of texts and numbers, found {type(value).__name__}")
