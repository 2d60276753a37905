"""What people have reviewed, and need not be told of again: the lines of a CSV file with the header `id,column`.

A line has an id, a column or both, and matches odd rows: the one with the id, those whose first reason is the
column, or the one with the id if that is its first reason. Further columns are for people. The pipeline's Java side
reads the same file.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from anomaly_detection.errors import ConfigError
from anomaly_detection.files.stored import open_text
from anomaly_detection.schema import contract_name

HEADER = ("id", "column")

Entry = tuple[str | None, str | None]
"""An id, a column or both."""


@dataclass(frozen=True)
class Reviewed:
    """The lines of a file, and which of them have matched a row so far."""

    path: Path | str
    lines: Mapping[Entry, Sequence[int]]
    matched: set[int] = field(default_factory=set)

    @classmethod
    def of_file(cls, path: Path | str) -> Reviewed:
        """Read a file; raise `ConfigError` that says which line cannot be used, and what was expected there."""
        lines: dict[Entry, list[int]] = {}
        try:
            with open_text(path) as stream:
                reader = csv.reader(stream, strict=True)
                header = [name.strip() for name in next(filter(None, reader), [])]
                if tuple(header[:2]) != HEADER:
                    found = ",".join(header) or "nothing"
                    raise ConfigError(f"--ignore {path}, line 1: expected the header id,column, found {found}")
                for cells in filter(None, reader):
                    where = f"--ignore {path}, line {reader.line_num}"
                    if len(cells) != len(header):
                        raise ConfigError(f"{where}: expected {len(header)} cells, found {len(cells)}")
                    id_, column = cells[0] or None, contract_name(cells[1].strip()) or None
                    if id_ is None and column is None:
                        raise ConfigError(f"{where}: expected an id, a column or both, found neither")
                    lines.setdefault((id_, column), []).append(reader.line_num)
        except OSError as error:
            raise ConfigError(f"--ignore {path}: cannot be read: {error.strerror}") from error
        except csv.Error as error:
            raise ConfigError(f"--ignore {path}, line {reader.line_num}: expected CSV, found {error}") from error
        except UnicodeDecodeError as error:
            raise ConfigError(f"--ignore {path}: expected UTF-8 text, found other bytes") from error
        return cls(path, lines)

    @property
    def needs_reasons(self) -> bool:
        """Whether a line has a column, which can match only rows that are given reasons."""
        return any(column is not None for _, column in self.lines)

    def ignores(self, id_: str, *, odd: bool, reasons: Sequence[Mapping[str, Any]]) -> bool:
        """Tell whether a scored row is odd and matches a line, and note which lines do."""
        if not odd:
            return False
        entries: list[Entry] = [(id_, None)]
        if reasons:
            column = reasons[0]["field"]
            entries += [(None, column), (id_, column)]
        matching = [line for entry in entries for line in self.lines.get(entry, ())]
        self.matched.update(matching)
        return bool(matching)

    def unmatched(self) -> list[str]:
        """Return what each line says that has matched no row, in the file's order."""
        left = {line: entry for entry, lines in self.lines.items() for line in lines if line not in self.matched}
        return [f"{self.path}, line {line} ({_says(*left[line])}) matches no odd row" for line in sorted(left)]

    def warnings(self, *, most: int = 10) -> list[str]:
        """Return the first of these as warnings, and how many more there are."""
        left = self.unmatched()
        return left[:most] + ([f"{len(left) - most:,} more lines match no odd row"] if len(left) > most else [])


def _says(id_: str | None, column: str | None) -> str:
    return ", ".join([*([f"id {id_}"] if id_ else []), *([f"column {column}"] if column else [])])
