"""`python gcs_emulator.py PORT BUCKET`: the emulator of Google's object store, with batches as Google answers them.

The package's own answers to `/batch/storage/v1` have no empty line before a part, and know no `rewriteTo`. Beam's Java
file system, which deletes and renames by batches, cannot read the one and needs the other.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

from gcp_storage_emulator import server
from gcp_storage_emulator.handlers import objects

PART = "Content-Type: application/http\r\n"
REWRITE = (
    r"^(?P<method>POST)\s+\S*/b/(?P<bucket_name>[-.\w]+)/o/(?P<object_id>[^\s?]+)/rewriteTo"
    r"/b/(?P<dest_bucket_name>[-.\w]+)/o/(?P<dest_object_id>[^\s?]+)(?:\?\S*)?\s+HTTP/[\d.]+$"
)


class Parts:
    """An answer, whose parts are told apart as Google does."""

    def __init__(self, response: Any) -> None:
        self._response = response

    def write(self, text: str) -> None:
        self._response.write(text.replace(PART, PART + "\r\n"))

    def __setitem__(self, name: str, value: str) -> None:
        self._response[name] = value


def batch(request: Any, response: Any, storage: Any) -> None:
    objects.batch(request, Parts(response), storage)


def main() -> None:
    port, bucket = int(sys.argv[1]), sys.argv[2]
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    copy = objects._copy
    objects._copy = lambda *arguments: {"done": True, **copy(*arguments)}
    server.BATCH_HANDLERS = (REWRITE, *server.BATCH_HANDLERS)
    server.HANDLERS = ((r"^/batch/storage/v1$", {"POST": batch}), *server.HANDLERS)
    server.create_server("127.0.0.1", port, in_memory=True, default_bucket=bucket).run()


if __name__ == "__main__":
    main()
