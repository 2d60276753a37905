"""The options of the commands that listen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click


def listens(*, port: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command `--host`, `--port` with this default, and `--log-format`."""
    options = (
        click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on."),
        click.option(
            "--port", type=click.IntRange(0, 65535), default=port, show_default=True, help="0: any that is free."
        ),
        click.option(
            "--log-format",
            type=click.Choice(["text", "json"]),
            default="text",
            show_default=True,
            help="How events are written to standard error, one on a line.",
        ),
    )

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate
