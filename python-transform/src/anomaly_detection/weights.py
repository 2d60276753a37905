"""What each part of a score counts beside the others: chosen by `make weights`, on generated tables only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Weights:
    """Factors of the parts; a column's rarity and what the tree says of it count 1.

    `encoder`: the encoder's surprises, where it is as calm as the tree on rows that it has not seen.
    `missing`: the surprise of a missing value, which contradicts nothing beside it.
    `neighbors`: the distance from the nearest rows.
    `copies`: the evidence, in nats, that a row is another one entered again.
    """

    encoder: float = 0.8
    missing: float = 1.0
    neighbors: float = 1.0
    copies: float = 2.0


WEIGHTS = Weights()
