"""The types that Beam makes of a request's schemas, which go with the request.

Beam (2.65) makes a named tuple each time that it comes upon a schema, and registers it for ever. A service would grow
with every request, and by megabytes with one of many columns.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from apache_beam import coders
from apache_beam.typehints import schemas

_register = coders.registry.register_coder
_here = threading.local()


@contextmanager
def forgotten_types() -> Iterator[None]:
    """Unregister, at the end, the types that Beam made of schemas in this thread; the package's own stay."""
    made: list[Any] = []
    _here.made = made
    try:
        yield
    finally:
        _here.made = None
        for type_ in made:
            coders.registry._coders.pop(type_, None)
            coders.registry.custom_types.remove(type_)


def _register_and_note(type_: Any, coder: Any) -> None:
    _register(type_, coder)
    made = getattr(_here, "made", None)
    if made is not None and type_.__module__ == schemas.__name__:
        made.append(type_)


setattr(coders.registry, "register_coder", _register_and_note)  # noqa: B010
