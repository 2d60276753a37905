"""The published accelerator, made anew with the published libraries and parameters.

Its notebook trains on 671 rows an `Autoembedder` of one embedding and one number, and fits an HDBSCAN with its
defaults to the latent vectors. Its transform then hashes each row with `category_encoders.HashingEncoder`, of whose
64 components the network reads the first. (Its RunInference can take several rows at once, and loses all but as many
as a row has latent numbers; one row at a time is the way that gives every row its result.)

Source: akvelon/DnA_accelerators on GitHub, `dataflow/ml/salesforce/pytorch/anomaly_detection`.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import hdbscan
import numpy as np
import pandas as pd
import torch

from anomaly_detection.encoders.autoembedder_network import package
from anomaly_detection.errors import ConfigError
from anomaly_detection.threads import one_thread

HASHED = (
    "AccountType",
    "BillingCountry",
    "IsClosed",
    "ForecastCategory",
    "Industry",
    "OpportunitySource",
    "OpportunityType",
    "OwnerRole",
    "ProductFamily",
    "Segment",
    "Stage",
    "IsWon",
)
NUMBER = "Amount"
COMPONENTS = 64
PARAMETERS: dict[str, Any] = {
    "hidden_layers": [[25, 20], [20, 10]],
    "epochs": 10,
    "lr": 0.0001,
    "verbose": 0,
    "batch_size": 4,
}
EMBEDDINGS = [(64, 32)]

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Published:
    """The fitted parts, the mean and deviation of the number in training, and the precision to encode in.

    The transform loads the double weights into a network of single precision.
    """

    hasher: Any
    network: Any
    clusterer: Any
    mean: float
    deviation: float
    precision: torch.dtype = torch.float32

    def in_double(self) -> Published:
        """Return the same in the precision that it was trained in."""
        return replace(self, network=deepcopy(self.network).double(), precision=torch.float64)

    def inputs(self, row: Row) -> tuple[torch.Tensor, torch.Tensor]:
        """Hash the texts and standardise the number: (64, 1) and (1, 1)."""
        hashed = self.hasher.fit_transform(np.asarray([[row[name] for name in HASHED]]))
        number = (row[NUMBER] - self.mean) / self.deviation
        counts = torch.tensor(hashed.to_numpy().reshape(-1, 1), dtype=self.precision)
        return counts, torch.tensor([[number]], dtype=self.precision)

    def encode(self, counts: torch.Tensor, numbers: torch.Tensor) -> Any:
        """Return the latent vectors, (n, z), of (64, n) counts and (1, n) numbers."""
        with torch.no_grad():
            self.network(x_cat=counts, x_cont=numbers)
        return self.network.code_value.numpy()

    def score(self, row: Row) -> tuple[int, float]:
        """Return cluster and membership of a row."""
        labels, strengths = hdbscan.approximate_predict(self.clusterer, self.encode(*self.inputs(row)))
        return int(labels[0]), float(strengths[0])


def check_installed() -> None:
    """Raise `ConfigError` that says what to install if the published hashing library is missing."""
    if find_spec("category_encoders") is None:
        raise ConfigError(
            "expected the package category-encoders, with which the accelerator hashes, found none; "
            "install the development group: make setup"
        )


def hashing_encoder(**parameters: int) -> Any:
    """Return the published encoder with one process, since the accelerator's transform asks for one."""
    return import_module("category_encoders").HashingEncoder(n_components=COMPONENTS, max_process=1, **parameters)


def train(rows: Sequence[Row], *, epochs: int = PARAMETERS["epochs"]) -> Published:
    """Train and fit as the notebook does, a tenth held out; the seed is 0."""
    frame = pd.DataFrame(list(rows))
    mean, deviation = float(frame[NUMBER].mean()), float(frame[NUMBER].std())
    hashed = hashing_encoder().fit_transform(
        frame[list(HASHED)].astype(object).where(frame[list(HASHED)].notna(), None)
    )
    table = pd.DataFrame({"col_0": hashed["col_0"].astype(int), NUMBER: (frame[NUMBER] - mean) / deviation})
    parameters, held_out = {**PARAMETERS, "epochs": epochs}, len(table) // 10
    with warnings.catch_warnings(), one_thread():
        # What the published packages warn of is theirs to mend.
        warnings.simplefilter("ignore")
        torch.manual_seed(0)
        network = package().Autoembedder(parameters, num_cont_features=1, embedding_sizes=EMBEDDINGS)
        loaders = [
            package().dataloader(part, {**parameters, "pin_memory": False})
            for part in (table[held_out:], table[:held_out])
        ]
        package().fit(parameters, network, *loaders)
    made = Published(
        hasher=hashing_encoder(max_sample=16),
        network=network.float().eval(),
        clusterer=None,
        mean=mean,
        deviation=deviation,
    )
    counts, numbers = torch.Tensor(hashed.to_numpy().T.copy()), torch.Tensor(table[[NUMBER]].to_numpy().T.copy())
    return replace(made, clusterer=hdbscan.HDBSCAN(prediction_data=True).fit(made.encode(counts, numbers)))
