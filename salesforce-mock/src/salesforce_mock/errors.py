"""What Salesforce answers when it refuses."""

from __future__ import annotations


class SalesforceError(Exception):
    """A refusal: `[{"errorCode": code, "message": message}]` with an HTTP status."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}


def not_found(message: str = "The requested resource does not exist") -> SalesforceError:
    """Return the refusal of an address or of an id that is not there."""
    return SalesforceError(404, "NOT_FOUND", message)


class LoadError(Exception):
    """A file to start with that cannot be used; says what was expected, what was found, and where."""
