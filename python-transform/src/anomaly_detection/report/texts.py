"""Values of the data as texts that a page can show: short, visible, and unable to disturb what is around them."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

EMPTY = "(empty)"
REVIEWED = "Reviewed, and ignored since"
_ISOLATE, _POP = "\u2068", "\u2069"
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
_UNSEEN = frozenset({"Cc", "Cs"})
_DIRECTION_MARKS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def cell(value: Any, *, most: int = 300) -> str | float | bool | None:
    """Return a cell for the page's data: numbers, booleans and nulls as they are, texts cut to `most`."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return shown(value, most=most)


def shown(value: Any, *, most: int = 120) -> str:
    r"""Return a value as one line of text of about `most` characters.

    >>> shown(None), shown(True), shown(972500.0), shown(" "), shown("a\nb\x00c"), shown("x" * 9, most=5)
    ('(empty)', 'true', '972500', '“ ”', 'a b\ufffdc', 'xxxxx…')
    """
    if value is None:
        return EMPTY
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if len(text) > most:
        text = text[:most].rstrip() + "…"
    # Direction marks would turn the words around the value, and lone surrogates cannot be written at all.
    text = "".join(_visible(character) for character in text)
    if text != text.strip() or not text:
        text = f"“{text}”"
    if any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in text):
        text = f"{_ISOLATE}{text}{_POP}"
    return text


def _visible(character: str) -> str:
    if character.isspace():
        return " "
    hidden = character in _DIRECTION_MARKS or unicodedata.category(character) in _UNSEEN
    return "\ufffd" if hidden else character


def count(number: int) -> str:
    """Return a count as people write it: 12,345."""
    return f"{number:,}"


def percent(part: float, whole: float) -> str:
    """Return a share with as many digits as it needs.

    >>> percent(0, 5), percent(1, 4000), percent(1, 40), percent(1, 3), percent(3, 3), percent(1, 0)
    ('0%', '0.03%', '2.5%', '33%', '100%', 'n/a')
    """
    if not whole:
        return "n/a"
    share = 100 * part / whole
    if share in (0, 100):
        return f"{share:.0f}%"
    digits = 0 if 10 <= share < 99.5 else 1 if share >= 0.1 else 2
    return f"{share:.{digits}f}%"
