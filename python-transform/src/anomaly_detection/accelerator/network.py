"""The accelerator's encoder: an `Autoembedder` of which only the first half is used, as its latent vector."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from anomaly_detection.encoders.autoembedder_network import check_installed, package, steady
from anomaly_detection.encoders.encoder import BLOCK
from anomaly_detection.features.arrays import Floats

ACTIVATIONS = ("tanh", "relu", "leaky_relu", "elu")
MOST_LAYERS = 16


@dataclass(frozen=True, kw_only=True)
class LatentShape:
    """What the layers are built from: codes and width of each embedding, numbers, and the width of each layer."""

    kind: ClassVar[str] = "accelerator"

    cards: tuple[int, ...]
    widths: tuple[int, ...]
    numbers: int
    layers: tuple[int, ...]
    activation: str = "tanh"
    bias: bool = True

    @classmethod
    def of_pickled(cls, params: Mapping[str, Any]) -> LatentShape:
        """Return the shape that the accelerator's parameters describe; raise as `of_json` does."""
        config = params["params"]
        hidden = [tuple(pair) for pair in config["hidden_layers"]]
        if any(first[1] != second[0] for first, second in pairwise(hidden)):
            raise ValueError(
                f"hidden_layers: expected each to begin with the width that ended the last, found {hidden}"
            )
        if config.get("dropout_rate", 0.0) != 0:
            raise ValueError("dropout_rate: expected none, found one; the package drops out when it predicts, too")
        return cls.of_json(
            {
                "cards": [size for size, _ in params["list_cat"]],
                "widths": [width for _, width in params["list_cat"]],
                "numbers": params["num_cont_features"],
                "layers": [hidden[0][0], *(width for _, width in hidden)],
                "activation": config.get("activation", "tanh"),
                "bias": config.get("layer_bias", True),
            }
        )

    @classmethod
    def of_json(cls, data: Mapping[str, Any]) -> LatentShape:
        """Undo `as_json`; raise `KeyError`, `TypeError` or `ValueError` for what is no shape."""
        sizes: dict[str, Any] = {name: value for name, value in data.items() if name != "kind"}
        shape = cls(**{**sizes, **{name: tuple(sizes[name]) for name in ("cards", "widths", "layers")}})
        flat = [*shape.cards, *shape.widths, *shape.layers, shape.numbers]
        if any(type(size) is not int or size < 1 for size in flat) or type(shape.bias) is not bool:
            raise TypeError("the encoder's sizes are not whole numbers above 0")
        if len(shape.cards) != len(shape.widths) or not 2 <= len(shape.layers) <= MOST_LAYERS:
            raise ValueError(f"expected a width for each embedding and 2 to {MOST_LAYERS} layers, found others")
        if shape.activation not in ACTIVATIONS:
            raise ValueError(f"activation: expected {', '.join(ACTIVATIONS)}, found {shape.activation!r:.40}")
        check_installed()
        return shape

    def as_json(self) -> dict[str, Any]:
        """Return the shape as it stands in `model.params`."""
        return {"kind": self.kind, **asdict(self)}

    def build(self) -> nn.Module:
        """Return the package's network, not trained."""
        config = {
            "hidden_layers": [list(pair) for pair in pairwise(self.layers)],
            "activation": self.activation,
            "layer_bias": self.bias,
        }
        sizes = list(zip(self.cards, self.widths, strict=True))
        network: nn.Module = package().Autoembedder(config, self.numbers, sizes).double()
        return network


@dataclass(frozen=True)
class LatentEncoder:
    """The trained network, only read from."""

    network: Any

    @classmethod
    def of_state(cls, shape: LatentShape, state: Mapping[str, Tensor]) -> LatentEncoder:
        """Build the network and load its weights."""
        network = shape.build()
        network.load_state_dict(dict(state), strict=True)
        return cls(steady(network).eval())

    def encode(self, counts: Floats, numbers: Floats) -> Floats:
        """Return the latent vectors, (n, z), of the counts, (n, C), and the standardised numbers, (n, K).

        Equal to the package's `code_value` but for the last bits, which there depend on the batch.
        """
        latent = self.network.encoder[-1].out_features
        encoded = np.empty((len(counts), latent))
        for begin in range(0, len(counts), BLOCK):
            end = min(begin + BLOCK, len(counts))
            # Always as many rows, so that the bits of one do not depend on the others.
            rows = np.minimum(np.arange(begin, begin + BLOCK), end - 1)
            with torch.inference_mode():
                shown = [torch.from_numpy(numbers[rows])]
                for column, table in zip(counts[rows].T, self.network.embeddings, strict=True):
                    shown.append(table(torch.from_numpy(column.astype(np.int64))))
                encoded[begin:end] = self.network._encode(torch.cat(shown, 1)).numpy()[: end - begin]
        return encoded
