"""How a command ends."""

from __future__ import annotations

import logging
import signal
import sys
from typing import NoReturn

import click

from anomaly_detection.cli.terminal import printable
from anomaly_detection.errors import AnomalyDetectionError, first_line


def run_command(command: click.Command) -> NoReturn:
    """Run a command and exit; what goes wrong is one line on standard error and the exit status.

    SIGTERM ends it as Ctrl-C does, so that it removes what it began to write.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # Else the first library that logs an error of its own has all of them write what they log to standard error.
    logging.getLogger().addHandler(logging.NullHandler())
    try:
        sys.exit(command(standalone_mode=False))
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.Abort:
        click.echo("stopped", err=True)
        sys.exit(1)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except AnomalyDetectionError as error:
        click.echo(printable(f"error: {error}"), err=True)
        sys.exit(error.exit_code)
    except OSError as error:
        # Not a pipe whose reader is gone: click ends the command for that, and says nothing.
        where = f"{error.filename}: " if error.filename else ""
        click.echo(printable(f"error: {where}{error.strerror or first_line(error)}"), err=True)
        sys.exit(1)
