"""Imports without the collector of garbage, which takes a third of the time to look through what is there to stay.

And without what Google's packages warn of at every import, the version of Python, which is not for users to mend.
"""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def importing() -> Iterator[None]:
    """Hold the collector back meanwhile."""
    warnings.filterwarnings("ignore", category=FutureWarning, module="google")
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
