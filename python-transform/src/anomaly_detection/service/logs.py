"""One line for each event, as text for people or as JSON for machines."""

from __future__ import annotations

import json
import logging
import re
import time
from typing import Any, Literal

LogFormat = Literal["text", "json"]

_PLAIN = re.compile(r"[!#-<>-~]+")
_LONGEST = 300
_FIELDS = "fields"


def fields(**values: object) -> dict[str, dict[str, str]]:
    """Return the `extra` of a log call: what the event is about, cut short and kept on its line.

    >>> logging.getLogger("example").info("expanded", extra=fields(peer="ipv4:127.0.0.1:4711", transform="Detect it"))
    """
    texts = {name: str(value) for name, value in values.items()}
    return {_FIELDS: {n: text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..." for n, text in texts.items()}}


def configure_logs(form: LogFormat) -> None:
    """Write this package's events from INFO on, and those of libraries from WARNING on, to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Json() if form == "json" else _Text())
    logging.basicConfig(handlers=[handler], force=True)
    logging.getLogger("anomaly_detection").setLevel(logging.INFO)


class _Text(logging.Formatter):
    """`TIME LEVEL LOGGER event name=value…`, with values that have blanks or quotes as JSON strings.

    >>> record = logging.LogRecord("it", logging.INFO, "", 0, "refused\\nERROR forged", (), None)
    >>> vars(record).update(fields(peer="ipv4:127.0.0.1:4711", error='no "x"'))
    >>> _Text().format(record).partition(" ")[2]
    'INFO it refused\\\\nERROR forged peer=ipv4:127.0.0.1:4711 error="no \\\\"x\\\\""'
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and below it, indented, the traceback of an exception."""
        values = getattr(record, _FIELDS, {})
        text = " ".join(
            [
                _time(record),
                record.levelname,
                record.name,
                json.dumps(record.getMessage())[1:-1].replace('\\"', '"'),
                *(f"{n}={v if _PLAIN.fullmatch(v) else json.dumps(v)}" for n, v in values.items()),
            ]
        )
        if record.exc_info:
            text += "\n  " + self.formatException(record.exc_info).replace("\n", "\n  ")
        return text


class _Json(logging.Formatter):
    """An object with `time`, `severity`, `logger`, `message`, the event's own fields and perhaps `exception`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the object on one line."""
        entry: dict[str, Any] = {
            "time": _time(record),
            "severity": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, _FIELDS, {}),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry)


def _time(record: logging.LogRecord) -> str:
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(record.created))}.{int(record.msecs):03d}Z"
