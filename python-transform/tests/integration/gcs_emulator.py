"""`python gcs_emulator.py PORT BUCKET`: the emulator of Google's object store, with what it lacks.

The package's own answers to `/batch/storage/v1` have no empty line before a part, and know no `rewriteTo`. Beam's Java
file system, which deletes and renames by batches, cannot read the one and needs the other. And the package passes over
`ifGenerationMatch`, which has Google refuse (412) to write or delete an object of another generation; none has 0.
"""

from __future__ import annotations

import logging
import sys
from http import HTTPStatus
from threading import Lock
from typing import Any

from gcp_storage_emulator import server
from gcp_storage_emulator.exceptions import NotFound
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


class Conditional:
    """A handler of the package, which runs where the condition of its request holds."""

    _lock = Lock()

    def __init__(self, handler: Any) -> None:
        self._handler = handler

    def __call__(self, request: Any, response: Any, storage: Any) -> None:
        with self._lock:
            wanted = request.query.get("ifGenerationMatch", [None])[0]
            if wanted is None or wanted == _generation(request, storage):
                self._handler(request, response, storage)
            else:
                response.status = HTTPStatus.PRECONDITION_FAILED
                response.json({"error": {"code": 412, "message": "At least one of the conditions did not hold."}})


def _generation(request: Any, storage: Any) -> str:
    name = request.params.get("object_id") or request.query.get("name", [None])[0]
    if name is None:
        name = request.data.get("meta", request.data)["name"]
    try:
        return str(storage.get_file_obj(request.params["bucket_name"], name)["generation"])
    except NotFound:
        return "0"


def _conditional(routes: Any) -> Any:
    changing = {objects.insert, objects.delete}
    return tuple(
        (path, {method: Conditional(one) if one in changing else one for method, one in methods.items()})
        for path, methods in routes
    )


def main() -> None:
    port, bucket = int(sys.argv[1]), sys.argv[2]
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    copy = objects._copy
    objects._copy = lambda *arguments: {"done": True, **copy(*arguments)}
    server.BATCH_HANDLERS = (REWRITE, *server.BATCH_HANDLERS)
    server.HANDLERS = ((r"^/batch/storage/v1$", {"POST": batch}), *_conditional(server.HANDLERS))
    server.create_server("127.0.0.1", port, in_memory=True, default_bucket=bucket).run()


if __name__ == "__main__":
    main()
