"""The `anomaly-detection` command."""

from __future__ import annotations

from collections import UserDict
from importlib import import_module
from typing import Any

import click

from anomaly_detection.cli.running import run_command
from anomaly_detection.importing import importing

__all__ = ["main"]

_COMMANDS = ("generate", "train", "score", "report", "evaluate", "card", "inspect", "convert", "serve", "worker-pool")


class _Commands(UserDict[str, Any]):
    """The commands by their names, each imported when it is asked for: some import much, and one is run."""

    def __getitem__(self, name: str) -> click.Command:
        if name not in self.data:
            raise KeyError(name)
        with importing():
            module = name.replace("-", "_")
            command: click.Command = getattr(import_module(f"{__name__}.{module}"), module)
        return command


@click.group(
    commands=_Commands(dict.fromkeys(_COMMANDS)),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit status: 0 done, 1 the run failed, or `score` could score none of the rows, 2 bad usage or bad input, "
    "3 more odd rows than `score` may find.",
)
@click.version_option(package_name="anomaly-detection")
def group() -> None:
    """Find the odd rows of a table, and say what is odd about each.

    \b
    Try it:
      anomaly-detection generate --rows 5000 --output deals.csv
      anomaly-detection train deals.csv --id-column Id --output model
      anomaly-detection score deals.csv --model model --output scored.jsonl
    """


def main() -> None:
    """Run the command."""
    run_command(group)
