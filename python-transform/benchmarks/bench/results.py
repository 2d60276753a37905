"""`bench.json`: every measurement by section, medians and spreads, and the headline."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from anomaly_detection.cli.console import complete_file
from anomaly_detection.errors import DataError
from bench.headline import headline, medians
from bench.machine import today
from bench.plan import Measurement

FORMAT = 1


class Results:
    """The file, as it is on the disk after each measurement.

    A section that is measured anew replaces the old one with its first measurement; the others stay. Sections of
    another machine are dropped.
    """

    def __init__(self, path: Path, machine: Mapping[str, Any], sections: dict[str, Any]) -> None:
        self.path = path
        self.machine = machine
        self.sections = sections

    @classmethod
    def open(cls, path: Path, machine: Mapping[str, Any]) -> Results:
        """Read what is there, or begin.

        Raises `DataError` if the file holds something else.
        """
        if not path.exists():
            return cls(path, machine, {})
        try:
            found = json.loads(path.read_text("utf-8"))
            known, sections = found["machine"], found["sections"]
            same = found["format"] == FORMAT and all(known[name] == machine[name] for name in ("cpu", "cores"))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"{path}: expected the results of an earlier bench, found something else ({error}); move it away"
            ) from error
        return cls(path, machine, dict(sections) if same else {})

    def begin(self, section: str, **settings: Any) -> Callable[[Measurement], None]:
        """Return what is to be called with each measurement of a section that is measured anew."""
        fresh: dict[str, Any] = {"date": today(), "complete": False, "settings": settings, "measurements": []}

        def add(measurement: Measurement) -> None:
            fresh["measurements"].append(measurement)
            self.sections[section] = fresh
            self.save()

        return add

    def finish(self, section: str) -> None:
        """Note that a section was measured to its end."""
        self.sections[section]["complete"] = True
        self.save()

    def measurements(self, section: str) -> list[Measurement]:
        """Return the measurements of a section, none if it was not measured."""
        found: list[Measurement] = self.sections.get(section, {}).get("measurements", [])
        return found

    def save(self) -> None:
        """Write the file, whole or not at all."""
        measured = {name: self.measurements(name) for name in self.sections}
        content = {
            "format": FORMAT,
            "date": today(),
            "machine": self.machine,
            "headline": headline(measured),
            "medians": {name: medians(name, found) for name, found in measured.items()},
            "sections": self.sections,
        }
        with complete_file(self.path) as stream:
            json.dump(content, stream, indent=1)
            stream.write("\n")
