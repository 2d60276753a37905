"""What can go wrong, as exceptions. One bad row is none of these: it is a `row_error.RowError`.

AnomalyDetectionError
├── ConfigError    an option has a value that cannot be used
├── SchemaError    the columns are not those that the model needs
├── DataError      an input cannot be read, or what is in it cannot be used
│   └── BlockError     a block of columns is not of the contract's form
├── ModelError     a model's files are missing, damaged, foreign or unsafe
└── ServiceError   a server cannot start or refuses a request
"""

from __future__ import annotations

ALERT = 3
"""The exit status of a scoring that is done and found more odd rows than `--alert-above` allows."""


class AnomalyDetectionError(Exception):
    """The root of this package's exceptions; `exit_code` is what the command ends with."""

    exit_code = 2

    def __init__(self, message: str, *, exit_code: int | None = None) -> None:
        super().__init__(message)
        if exit_code is not None:
            self.exit_code = exit_code


class ConfigError(AnomalyDetectionError):
    """An option has a value that cannot be used."""


class SchemaError(AnomalyDetectionError):
    """The columns are not those that the model needs."""


class DataError(AnomalyDetectionError):
    """An input cannot be read, or what is in it cannot be used."""


class BlockError(DataError):
    """A block of columns is not of the form that `contract/columns.md` gives it: its sender is at fault."""


class ModelError(AnomalyDetectionError):
    """A model's files are missing, damaged, of another version, or unsafe."""


class ServiceError(AnomalyDetectionError):
    """A server cannot start, or refuses a request."""

    exit_code = 1


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says, or its name."""
    return (str(error).splitlines() or [type(error).__name__])[0]
