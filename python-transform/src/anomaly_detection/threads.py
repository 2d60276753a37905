"""One thread for torch: with more, the bits of a result depend on how many processors there are.

It is faster, too: the matrices are small, and whoever scores much does so from several threads or processes.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

_lock = threading.Lock()
_inside = 0
_before = 1


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch use one thread meanwhile; the last to leave gives the number back that the first one found."""
    global _inside, _before
    with _lock:
        if _inside == 0:
            _before = torch.get_num_threads()
        _inside += 1
        # For each thread that enters: OpenMP keeps the number per thread.
        torch.set_num_threads(1)
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                torch.set_num_threads(_before)
