"""Training of the encoder: predict the columns that were masked."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from anomaly_detection.encoders.encoder import Encoder, tensors
from anomaly_detection.encoders.network import EncoderShape, MaskedEncoder
from anomaly_detection.features.featurizer import UNKNOWN, Encoded
from anomaly_detection.threads import one_thread

MOST_VALIDATED = 2000
"""So many rows are enough to see whether training still helps."""

Progress = Callable[[int, int, float], None]
"""Called after each epoch with the epoch, the number of epochs, and the validation loss."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How often all rows are gone through, and how many make one step."""

    epochs: int
    batch: int


@dataclass(frozen=True, kw_only=True)
class EncoderOptions:
    """How long and how hard the encoder is trained."""

    epochs: int = 80
    batch: int = 128
    largest_batch: int = 512
    most_steps: int = 2500
    learning_rate: float = 4e-3
    weight_decay: float = 0.02
    mask_share: float = 0.15
    unknown_share: float = 0.01
    patience: int = 3
    checks: int = 16

    def plan(self, rows: int) -> Plan:
        """Return how a table of so many rows is gone through: in `epochs` of `batch` rows while it is small.

        Beyond `most_steps` a step is given more rows, at most `largest_batch`, and then there are fewer epochs:
        what a network of this size can learn does not grow with the table.

        >>> EncoderOptions().plan(500), EncoderOptions().plan(70_000)
        (Plan(epochs=80, batch=128), Plan(epochs=18, batch=512))
        """
        batch = min(max(self.batch, -(-self.epochs * rows // self.most_steps)), self.largest_batch)
        epochs = min(self.epochs, max(self.most_steps // math.ceil(rows / batch), 1))
        return Plan(epochs=epochs, batch=batch)


def train_encoder(
    rows: Encoded,
    validation: Encoded,
    shape: EncoderShape,
    *,
    seed: int,
    options: EncoderOptions = EncoderOptions(),
    progress: Progress | None = None,
) -> tuple[Encoder, float]:
    """Train on `rows` and return the encoder of the epoch with the least validation loss, and that loss.

    Bitwise repeatable on one machine: one thread, one generator.
    """
    with one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return _train(rows, validation, shape, options, progress)


def _train(
    rows: Encoded,
    validation: Encoded,
    shape: EncoderShape,
    options: EncoderOptions,
    progress: Progress | None,
) -> tuple[Encoder, float]:
    rows, validation = shape.fold(rows), shape.fold(validation.take(np.arange(min(len(validation), MOST_VALIDATED))))
    network = MaskedEncoder(shape)
    _start_from_marginals(network, rows)
    codes, numbers, missing = tensors(rows)
    n, c, d = len(rows), len(shape.cards), len(shape.cards) + shape.numbers
    plan = options.plan(n)
    steps = math.ceil(n / plan.batch)
    check_every = max(plan.epochs // options.checks, 1)
    optimizer = torch.optim.AdamW(network.parameters(), lr=options.learning_rate, weight_decay=options.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, options.learning_rate, total_steps=plan.epochs * steps)
    best, best_state, waited = math.inf, network.state_dict(), 0
    for epoch in range(1, plan.epochs + 1):
        network.train()
        order = torch.randperm(n)
        for step in range(steps):
            batch = order[step * plan.batch : (step + 1) * plan.batch]
            x, y, gone = codes[batch], numbers[batch], missing[batch]
            masked = torch.rand(len(batch), d) < options.mask_share
            masked[torch.arange(len(batch)), torch.randint(0, d, (len(batch),))] = True
            hidden = torch.cat([masked[:, :c], masked[:, c:] | gone], 1)
            # Values that training never sees must not be a surprise to the columns beside them.
            shown = torch.where(torch.rand(x.shape) < options.unknown_share, UNKNOWN, x)
            losses = network.losses(network(shown, y, hidden), x, y, gone)
            loss = (losses * masked).sum() / masked.sum()
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
            optimizer.step()
            schedule.step()
        if epoch % check_every == 0 or epoch == plan.epochs:
            found = validation_loss(network, validation)
            if found < best - 1e-4:
                best, waited = found, 0
                best_state = {name: value.clone() for name, value in network.state_dict().items()}
            else:
                waited += 1
        if progress is not None:
            progress(epoch, plan.epochs, best)
        if waited >= options.patience:
            break
    return Encoder.of_state(shape, best_state), best


def validation_loss(network: MaskedEncoder, rows: Encoded) -> float:
    """Return the mean negative log likelihood of a masked column; codes are folded already."""
    network.eval()
    codes, numbers, missing = tensors(rows)
    c = len(network.shape.cards)
    total = 0.0
    with torch.inference_mode():
        for j in range(c + network.shape.numbers):
            masked = torch.zeros(len(rows), c + network.shape.numbers, dtype=torch.bool)
            masked[:, j] = True
            masked[:, c:] |= missing
            losses: Tensor = network.losses(network(codes, numbers, masked), codes, numbers, missing)
            total += float(losses[:, j].mean())
    return total / (c + network.shape.numbers)


def _start_from_marginals(network: MaskedEncoder, rows: Encoded) -> None:
    shape = network.shape
    with torch.no_grad():
        network.heads.weight.mul_(0.1)
        for j, part in enumerate(shape.slices[: len(shape.cards)]):
            counts = np.bincount(rows.codes[:, j], minlength=shape.known[j]) + 0.5
            network.heads.bias[part] = torch.from_numpy(np.log(counts / counts.sum())).float()
        network.heads.bias[sum(shape.known) :] = 0.0
        shares = np.linspace(0, 1, shape.bins + 1)[1:-1]
        for j in range(shape.numbers):
            there = rows.numbers[~rows.missing[:, j], j]
            if len(there):
                network.edges[j] = torch.from_numpy(np.quantile(there, shares)).float()
