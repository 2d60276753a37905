"""Texts of the data on a terminal, which obeys some characters in place of showing them."""

from __future__ import annotations

import re

_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    r"""Return a text without what would move the cursor, change colors or titles, or turn words around.

    >>> printable("a\x1b[31mb\r\n\tc")
    'a\ufffd[31mb\ufffd\n\tc'
    """
    return _OBEYED.sub("\ufffd", text)
