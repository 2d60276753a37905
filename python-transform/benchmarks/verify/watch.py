"""What changes in an org, and what is committed of it."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from verify.org import Org

Version = tuple[str, str]
"""The id and the Name of a record: each change gives it a new one."""


def changes(org: Org, sample: list[str]) -> Iterator[Version]:
    """Insert and update for ever, in random order and at random times; each record of the sample changes once."""
    chance = np.random.default_rng(7)
    chance.shuffle(sample)
    number = 0
    while True:
        number += 1
        name = f"Live {number}"
        if chance.random() < 0.5 and sample:
            record = sample.pop()
            org.update(record, name)
        else:
            record = org.insert(name)
        yield record, name
        time.sleep(chance.exponential(0.25))


class Watch:
    """Looks at committed files, as somebody does who waits for them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[tuple[str, int], list[Version]] = {}
        self.positions: list[tuple[float, float]] = []
        """Up to when rows were committed, and when that was seen, in seconds since 1970."""

        self.seen: dict[Version, float] = {}
        """When versions were seen first."""

    def look(self) -> None:
        """Note what is new: rows that were committed, and the position."""
        now = time.time()
        for file in self._folder.glob("scored-*.jsonl"):
            try:
                key = file.name, file.stat().st_ino
                if key not in self._files:
                    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
                    self._files[key] = [(row["id"], row["Name"]) for row in rows]
                    for version in self._files[key]:
                        self.seen.setdefault(version, now)
            except FileNotFoundError:
                continue  # it is being replaced
        try:
            saved = json.loads((self._folder / "position.json").read_text("utf-8"))
        except FileNotFoundError:
            return
        self.positions.append((datetime.fromisoformat(saved["position"].replace("Z", "+00:00")).timestamp(), now))

    def has_passed(self, at: float) -> bool:
        """Tell whether all that happened before a time is committed."""
        return bool(self.positions) and self.positions[-1][0] > at

    def past(self, at: float) -> float:
        """Return when the position had passed a time."""
        return next(now for position, now in self.positions if position > at)

    def committed(self) -> Counter[Version]:
        """Count the versions in the files that are there now, of rows in error too."""
        self.look()
        scored = [(row["id"], row["Name"]) for row in self._rows("scored")]
        return Counter([*scored, *((str(row["id"]), "in error") for row in self._rows("errors"))])

    def _rows(self, kind: str) -> Iterator[dict[str, Any]]:
        for file in self._folder.glob(f"{kind}-*.jsonl"):
            with file.open("rb") as lines:
                yield from map(json.loads, lines)
