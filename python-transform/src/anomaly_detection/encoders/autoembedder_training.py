"""Training of an autoembedder, by the package's own `fit`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import torch
from scipy.stats import t as student_t
from torch import Tensor

from anomaly_detection.encoders.autoembedder_encoder import AutoembedderEncoder, log_probabilities, squared_distances
from anomaly_detection.encoders.autoembedder_network import AutoembedderNetwork, AutoembedderShape, package
from anomaly_detection.encoders.encoder import tensors
from anomaly_detection.encoders.network import DEGREES
from anomaly_detection.features.featurizer import UNKNOWN, Encoded
from anomaly_detection.threads import one_thread

Progress = Callable[[int, int], None]
"""Called with the epoch that begins, and the number of epochs."""

SPREADS = torch.logspace(-1.5, 0.7, 60, dtype=torch.float64)
"""What the spread of a categorical column is chosen from; embeddings begin with standard normal values."""

MOST_CELLS = 2**21
"""Distances of held-out rows to levels that a spread is chosen on; of a column of many levels, fewer rows."""

LEAST_SPREAD = 0.02
"""Of a number, in standard deviations."""


@dataclass(frozen=True, kw_only=True)
class AutoembedderOptions:
    """How long and how hard an autoembedder is trained; `most_steps` ends the epochs of a large table."""

    epochs: int = 60
    batch: int = 32
    learning_rate: float = 3e-3
    weight_decay: float = 1e-6
    unknown_share: float = 0.01
    most_steps: int = 30_000


def train_autoembedder(
    rows: Encoded,
    validation: Encoded,
    shape: AutoembedderShape,
    *,
    seed: int,
    options: AutoembedderOptions = AutoembedderOptions(),
    progress: Progress | None = None,
) -> tuple[AutoembedderEncoder, float]:
    """Train on `rows`, and return the encoder and its mean squared error on the validation rows.

    The spreads are those of the validation rows. Bitwise repeatable on one machine: one thread, one generator.
    """
    with one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = AutoembedderNetwork(shape)
        batch = min(options.batch, len(rows))
        epochs = max(1, min(options.epochs, options.most_steps // (len(rows) // batch)))
        report = progress or (lambda epoch, epochs: None)
        training = _Batches(network, rows, batch, options.unknown_share, lambda epoch: report(epoch, epochs))
        package().fit(
            {"epochs": epochs, "lr": options.learning_rate, "weight_decay": options.weight_decay, "verbose": 0},
            network.model,
            training,
            _Batches(network, validation, len(validation), 0.0, lambda epoch: None),
        )
        network.cpu().eval()
        loss = _fit_spread(network, validation)
        return AutoembedderEncoder.of_state(shape, network.state_dict()), loss


class _Batches:
    """What `fit` asks of a DataLoader, but in whole columns: each iteration is an epoch in an order of its own."""

    def __init__(
        self, network: AutoembedderNetwork, rows: Encoded, batch: int, unknown: float, begin: Callable[[int], None]
    ) -> None:
        self.dataset = SimpleNamespace(ddf=SimpleNamespace(index=range(len(rows))))
        self.batch_size = batch
        self._network, self._tensors = network, tensors(rows)
        self._unknown, self._begin, self._epoch = unknown, begin, 0

    def __iter__(self) -> Iterator[list[Tensor]]:
        self._epoch += 1
        self._begin(self._epoch)
        codes, numbers, missing = self._tensors
        order = torch.randperm(len(codes))
        for step in range(len(codes) // self.batch_size):
            chosen = order[step * self.batch_size : (step + 1) * self.batch_size]
            shown = codes[chosen]
            # Values that training never sees must not be a surprise to the columns beside them.
            shown = torch.where(torch.rand(shown.shape) < self._unknown, UNKNOWN, shown)
            categories, values = self._network.inputs(shown, numbers[chosen].double(), missing[chosen])
            yield [*categories, *values]


def _fit_spread(network: AutoembedderNetwork, rows: Encoded) -> float:
    """Set spreads and slack to those of these rows, and return the mean squared error."""
    codes, numbers, missing = tensors(rows)
    with torch.inference_mode():
        network.slack.fill_(1 / (len(rows) + 1))
        embedded, located = network(codes, numbers.double(), missing)
        squared = []
        for j, (part, table) in enumerate(zip(embedded, network.tables, strict=True)):
            step = -(-len(rows) * len(table) // MOST_CELLS)
            own_codes = codes[::step, j, None]
            distances = squared_distances(part[::step], table)
            own = distances.gather(1, own_codes)[:, 0]
            squared.append(float(own.mean()) / part.shape[1])
            likelihoods = torch.stack(
                [log_probabilities(distances, spread, network.slack).gather(1, own_codes).mean() for spread in SPREADS]
            )
            network.spread[j] = SPREADS[likelihoods.argmax()]
        for j in range(network.shape.numbers):
            there = ~missing[:, j]
            residuals = (numbers[there, j] - located[there, j]).abs().numpy()
            if len(residuals):
                squared.append(float((residuals**2).mean()))
                # The scale at which a Student-t distribution, as the other encoder's, covers 90 % of these rows.
                scale = float(np.quantile(residuals, 0.9) / student_t.ppf(0.95, DEGREES))
                network.spread[len(embedded) + j] = max(scale, LEAST_SPREAD)
    return math.fsum(squared) / max(len(squared), 1)
