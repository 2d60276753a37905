"""The `anomaly-detection` command."""

from __future__ import annotations

import sys

import click

from anomaly_detection.cli.card import card
from anomaly_detection.cli.convert import convert
from anomaly_detection.cli.evaluate import evaluate
from anomaly_detection.cli.generate import generate
from anomaly_detection.cli.inspect import inspect
from anomaly_detection.cli.report import report
from anomaly_detection.cli.score import score
from anomaly_detection.cli.serve import serve
from anomaly_detection.cli.train import train
from anomaly_detection.errors import AnomalyDetectionError

__all__ = ["main"]


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit status: 0 done, 1 the run failed, 2 bad usage or bad input, 3 more odd rows than `score` may find.",
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


for command in (generate, train, score, report, evaluate, card, inspect, convert, serve):
    group.add_command(command)


def main() -> None:
    """Run the command; what goes wrong is one line on standard error and the exit status."""
    try:
        sys.exit(group(standalone_mode=False))
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.Abort:
        click.echo("stopped", err=True)
        sys.exit(1)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except AnomalyDetectionError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)
