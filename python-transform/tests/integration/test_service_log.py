"""What the service writes to its log: one line for each event, and nothing that a caller could hide there."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from apache_beam.transforms.external import ImplicitSchemaPayloadBuilder
from apache_beam.version import __version__

JAVA = "beam:version:sdk_base:apache/beam_java17_sdk:"


@pytest.fixture(scope="module")
def request_of(make_request: Any, config: dict[str, str]) -> Callable[[], Any]:
    payload = ImplicitSchemaPayloadBuilder(config).payload()
    return lambda: make_request(payload)


@pytest.fixture(scope="module", params=["text", "json"])
def logged(request: Any, start_service: Any) -> Iterator[Callable[[Any], list[str]]]:
    """Send a request and get the lines that it left in the log."""
    with start_service(log_format=request.param, loopback_worker=True) as service:
        while not any("serving" in line for line in service.log):
            time.sleep(0.05)

        def expand(sent: Any) -> list[str]:
            before = len(service.log)
            service.expand(sent)
            deadline = time.monotonic() + 10
            while len(service.log) == before and time.monotonic() < deadline:
                time.sleep(0.05)
            time.sleep(0.2)
            lines = service.log[before:]
            for line in lines if request.param == "json" else ():
                assert json.loads(line).keys() >= {"time", "severity", "logger", "message", "peer"}
            return lines

        yield expand


def test_an_expansion_is_one_line(logged: Any, request_of: Any) -> None:
    (line,) = logged(request_of())
    assert "expanded" in line
    assert "Detect" in line
    assert "INFO" in line


@pytest.mark.parametrize("version", ["2.64.0", "3.0.0", f"{__version__}.dev"])
def test_another_version_of_beam_is_a_warning_that_names_both(logged: Any, request_of: Any, version: str) -> None:
    request = request_of()
    request.components.environments["java"].urn = "beam:env:external:v1"
    request.components.environments["java"].capabilities.extend(["beam:coder:varint:v1", JAVA + version])
    warning, expanded = logged(request)
    assert "WARNING" in warning
    assert f"apache/beam_java17_sdk:{version}" in warning
    assert __version__ in warning.replace(version, "")
    assert "expanded" in expanded


@pytest.mark.parametrize("capabilities", [[JAVA + __version__], [], ["beam:version:sdk_base"]])
def test_the_same_version_or_none_is_no_warning(logged: Any, request_of: Any, capabilities: list[str]) -> None:
    request = request_of()
    request.components.environments["client"].capabilities.extend(capabilities)
    (line,) = logged(request)
    assert "WARNING" not in line


def test_a_caller_forges_no_line(logged: Any, request_of: Any) -> None:
    for text in ("\nFORGED", "\r\nFORGED", "x" * 100_000, "\x1b[2J\x1b[31mFORGED", "\u2028FORGED", "Größe"):
        request = request_of()
        request.transform.unique_name = text
        request.components.environments["client"].capabilities.append(JAVA + text)
        lines = logged(request)
        assert len(lines) == 2
        for line in lines:
            assert not line.startswith("FORGED")
            assert len(line) < 1500
            assert line.isascii()
            assert line.rstrip("\n").isprintable()


def test_a_configuration_is_not_in_the_log(logged: Any, request_of: Any, make_request: Any) -> None:
    request = make_request(ImplicitSchemaPayloadBuilder({"password": "do-not-show", "encoder_uri": "e"}).payload())
    lines = logged(request)
    assert lines
    assert not any("do-not-show" in line for line in lines)
