"""Ids as Salesforce writes them: a prefix of the kind of object, and three letters that check the case of the others.

>>> salesforce_id("006", 1)
'006990000000001AAA'
>>> same_id("006990000000001")
'006990000000001AAA'
"""

from __future__ import annotations

import hashlib
import string
from functools import lru_cache

_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_CHECKS = string.ascii_uppercase + "012345"


def salesforce_id(prefix: str, number: int) -> str:
    """Return the 18 characters of a number below 62⁹ under a prefix of three characters."""
    digits = ""
    for _ in range(9):
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return same_id(f"{prefix}990{digits}")


@lru_cache(maxsize=4096)
def id_of_name(prefix: str, name: str) -> str:
    """Return the id of a parent that is known by its name only; the same name has the same id."""
    digest = hashlib.sha256(name.encode()).digest()
    return salesforce_id(prefix, int.from_bytes(digest[:6], "big"))


def same_id(text: str) -> str:
    """Return an id of 15 characters in its form of 18; others as they are."""
    if len(text) != 15:
        return text
    chunks = (text[start : start + 5] for start in (0, 5, 10))
    return text + "".join(_CHECKS[sum(1 << i for i, char in enumerate(chunk) if char.isupper())] for chunk in chunks)


def is_id(text: str) -> bool:
    """Tell whether a text has the form of an id."""
    return len(text) in {15, 18} and text.isascii() and text.isalnum() and same_id(text[:15]).startswith(text)
