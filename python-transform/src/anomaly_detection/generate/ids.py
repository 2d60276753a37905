"""Salesforce record ids: 15 case-sensitive characters and 3 that make them safe where case is lost."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PREFIX = "006"
"""What every opportunity's id begins with."""

_DIGITS = np.frombuffer(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", np.uint8)
_CHECK = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345", np.uint8)
_ORG_DIGITS, _ROW_DIGITS = 4, 8
# Odd and not a multiple of 31, so that it permutes the numbers below 62**8; small enough for 64 bits.
_STRIDE = 7_312_345_677
_ID_STREAM = 0x1D
MOST_ROWS = 10**9
"""Ids of one seed are unique below this row number."""


def check_suffix(id15: str) -> str:
    """Return the three characters that an id of 15 is extended by.

    Each stands for five characters of the id: bit i is set where the i-th is an upper-case letter.

    >>> check_suffix("006A0000001XyzB")
    'IAS'
    """
    return bytes(_suffixes(np.frombuffer(id15.encode("ascii"), np.uint8)[None, :])[0]).decode("ascii")


def opportunity_ids(seed: int, first: int, count: int) -> list[str]:
    """Return the ids of `count` rows from row number `first`; another seed gives other ids."""
    org = int(np.random.default_rng([seed, _ID_STREAM]).random() * 62**_ORG_DIGITS)
    rows = np.arange(first + 1, first + count + 1, dtype=np.int64) * _STRIDE % 62**_ROW_DIGITS
    ids = np.empty((count, 18), np.uint8)
    ids[:, :3] = np.frombuffer(PREFIX.encode("ascii"), np.uint8)
    ids[:, 3:7] = _base62(np.full(count, org, np.int64), _ORG_DIGITS)
    ids[:, 7:15] = _base62(rows, _ROW_DIGITS)
    ids[:, 15:] = _suffixes(ids[:, :15])
    text: list[str] = ids.view("S18")[:, 0].astype("U18").tolist()
    return text


def _base62(numbers: NDArray[np.int64], digits: int) -> NDArray[np.uint8]:
    powers = 62 ** np.arange(digits - 1, -1, -1, dtype=np.int64)
    return np.asarray(_DIGITS[numbers[:, None] // powers % 62])


def _suffixes(ids: NDArray[np.uint8]) -> NDArray[np.uint8]:
    upper = (ids >= ord("A")) & (ids <= ord("Z"))
    return np.asarray(_CHECK[upper.reshape(len(ids), 3, 5) @ (1 << np.arange(5))])
