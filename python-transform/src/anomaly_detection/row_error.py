"""A row that could not be read or scored, and why: the `errors` output of the contract."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class RowError:
    """One bad row; the fields are those of `contract/schemas/errors.json`."""

    source: str | None
    row: int | None
    id: str | None
    column: str | None
    expected: str | None
    found: str | None
    error: str
    stage: str
    element: str

    def as_dict(self) -> dict[str, Any]:
        """Return the fields in the contract's order."""
        return asdict(self)


def errors_beside(output: str) -> str:
    """Return where `score` writes the bad rows of what it scores into a file, and a report looks for them.

    >>> errors_beside("out.jsonl"), errors_beside("out.json")
    ('out.errors.jsonl', 'out.json.errors.jsonl')
    """
    return output.removesuffix(".jsonl") + ".errors.jsonl"


def message(column: str | None, expected: str, found: str) -> str:
    """Return the text of an error.

    >>> message("Amount", "a finite number", "abc")
    'Amount: expected a finite number, found abc'
    """
    where = f"{column}: " if column is not None else ""
    return f"{where}expected {expected}, found {found}"


def is_utf8(text: str) -> bool:
    """Tell whether a text that was decoded with `surrogateescape` was UTF-8."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def readable(text: str) -> str:
    r"""Return the text with bytes that are not UTF-8 written out.

    >>> readable(b"caf\xe9".decode("utf-8", "surrogateescape"))
    'caf\\xe9'
    >>> readable("half \ud83d")
    'half \\ud83d'
    """
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:
        # Half of a surrogate pair, which stands for no byte.
        return text.encode("utf-8", "backslashreplace").decode("utf-8")


def element_json(element: Mapping[str, Any] | Sequence[Any]) -> str:
    """Return a row as compact JSON, undecodable texts as `{"base64": …}`.

    >>> element_json({"Name": "Zoë", "Amount": None})
    '{"Name":"Zoë","Amount":null}'
    """
    return json.dumps(_portable(element), ensure_ascii=False, separators=(",", ":"), default=str)


def _bytes(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


_DOUBLE_BITS = 1024
"""An integer that has more is beyond every double, and may have more digits than Python writes."""


def _portable(value: Any) -> Any:
    if isinstance(value, str):
        if is_utf8(value):
            return value
        return {"base64": base64.b64encode(_bytes(value)).decode("ascii")}
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode("ascii")}
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, int) and value.bit_length() > _DOUBLE_BITS:
        return hex(value)
    if isinstance(value, Mapping):
        return {key: _portable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_portable(item) for item in value]
    return value
