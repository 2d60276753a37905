r"""The card as Markdown. What comes from the model or from outside is escaped: it can only be text.

>>> plain("A|B_<i> [x](y)\nz")
'A\\|B\\_\\<i\\> \\[x\\](y) z'
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from anomaly_detection.card.evaluation import Figures
from anomaly_detection.card.facts import Facts
from anomaly_detection.report.texts import shown

NOT_STATED = "not stated"
_MOST_LETTERS = 300
# What Markdown, its tables, HTML and entities, mentions, links and formulas begin with.
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!&@$^=]|:(?=//))")

_STEPS = {
    "rows": "rows",
    "validation_rows": "of which the encoder was validated on",
    "calibration_rows": "of which the p-values were calibrated on",
    "reference_rows": "reference rows of HDBSCAN and the neighbors",
    "validation_loss": "validation loss, in nats per masked column, the lower the better",
    "seed": "seed",
    "encoder": "encoder",
}
"""What the training summary holds, in words; what is not in here is shown under its own name."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What no file says: where the data came from, and under which license the model is."""

    trained_on: str = NOT_STATED
    evaluated_on: str = NOT_STATED
    license: str = NOT_STATED


def render(facts: Facts, figures: Figures | None, told: Told) -> str:
    """Return the card; equal arguments give equal text."""
    environment = Environment(
        loader=PackageLoader("anomaly_detection.card", "template"),
        # Not HTML: `finalize` escapes every value for Markdown.
        autoescape=False,  # noqa: S701
        finalize=_finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"figure": _figure, "percent": _percent, "pair": _pair, "words": _words, "code": _code}
    return environment.get_template("MODEL_CARD.md").render(
        facts=facts,
        figures=figures,
        told=told,
        # A seed is a name rather than a number of something.
        training=[(_STEPS.get(k, k), str(v) if k == "seed" else v) for k, v in facts.training.items()],
    )


def plain(text: str) -> str:
    """Return a text as one line that Markdown shows as it is."""
    return _SPECIAL.sub(r"\\\1", shown(text, most=_MOST_LETTERS)) if text else ""


class Code(str):
    """A text that stands as code and holds nothing that ends it, such as a hash."""

    __slots__ = ()


def _code(text: str) -> Code:
    if "`" in text or "\n" in text:
        raise ValueError(f"expected a text that can stand as code, found {text!r}")
    return Code(f"`{text}`")


def _finalize(value: Any) -> Any:
    if isinstance(value, Code):
        return value
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.4g}" if isinstance(value, float) else plain(str(value))


def _words(name: str) -> str:
    """Return the name of a kind of error as words."""
    return name.replace("_", " ")


def _figure(value: float | None) -> str:
    return "n/a" if value is None or math.isnan(value) else f"{value:.3f}"


def _percent(value: float | None) -> str:
    return "n/a" if value is None or math.isnan(value) else f"{value:.1%}"


def _pair(values: tuple[float, float]) -> str:
    """Return the figures of clean and of contaminated training."""
    return " / ".join(map(_figure, values))
