"""The process: how it starts and ends, and connections that break."""

from __future__ import annotations

import http.client
import re
import signal
import stat
import subprocess
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx
import pytest

from .conftest import Server, command, environment, running

DATA = "/services/data/v66.0"


@pytest.fixture
def token(server: Server) -> dict[str, str]:
    form = {
        "grant_type": "client_credentials",
        "client_id": server.login["SALESFORCE_CLIENT_ID"],
        "client_secret": server.login["SALESFORCE_CLIENT_SECRET"],
    }
    found = httpx.post(f"{server.url}/services/oauth2/token", data=form).json()
    return {"Authorization": f"Bearer {found['access_token']}"}


def test_a_body_that_is_cut_short(server: Server, token: dict[str, str]) -> None:
    server.test("POST", "faults", json={"fault": "cut"})
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=20)
    connection.request("GET", f"{DATA}/query?q={quote('SELECT Id FROM Opportunity')}", headers=token)
    answer = connection.getresponse()
    with pytest.raises(http.client.IncompleteRead) as caught:
        answer.read()
    assert len(caught.value.partial) == int(answer.headers["Content-Length"]) // 2
    connection.close()


def test_a_packed_body_that_is_cut_short(server: Server, token: dict[str, str]) -> None:
    server.test("POST", "faults", json={"fault": "cut"})
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"{server.url}{DATA}/query", params={"q": "SELECT Id FROM Opportunity"}, headers=token)


def test_a_connection_without_an_answer(server: Server, token: dict[str, str]) -> None:
    server.test("POST", "faults", json={"fault": "drop"})
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        httpx.get(f"{server.url}{DATA}/limits", headers=token)
    assert httpx.get(f"{server.url}{DATA}/limits", headers=token).status_code == 200


def test_it_listens_on_this_machine_only_and_keeps_its_key_to_itself(server: Server) -> None:
    assert urlsplit(server.url).hostname == "127.0.0.1"
    key = Path(server.login["SALESFORCE_PRIVATE_KEY_FILE"])
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert "BEGIN PRIVATE KEY" in key.read_text()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, None])
def test_it_ends_in_order(how: signal.Signals | None) -> None:
    options = [] if how else ["--until-stdin-closes"]
    with running(*options) as server:
        httpx.get(f"{server.url}/services/data")
        assert Path(server.login["SALESFORCE_PRIVATE_KEY_FILE"]).exists()
        if how:
            server.process.send_signal(how)
        else:
            assert server.process.stdin is not None
            server.process.stdin.close()
            server.process.stdin = None
        assert server.process.wait(20) == 0
        assert server.process.stderr is not None
        assert server.process.stderr.read() == ""
        assert not Path(server.login["SALESFORCE_PRIVATE_KEY_FILE"]).exists()


def test_a_port_that_is_taken(server: Server) -> None:
    port = urlsplit(server.url).port
    done = subprocess.run(command(f"--port={port}"), env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == f"Error: 127.0.0.1:{port}: it is taken; give another --port, or 0 for any that is free\n"


def test_made_up_rows(tmp_path: Path) -> None:
    with running("--rows=300", f"--private-key-file={tmp_path / 'key'}") as server:
        assert server.test("GET", "records", params={"fields": "Id"})["count"] == 300


def test_a_file_that_is_no_table_of_opportunities(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("Name\nx\n")
    done = subprocess.run(
        command("--port=0", f"--data={path}"), env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert re.fullmatch(r"Error: .*file\.csv: expected a header with Id and no column twice, found Name\n", done.stderr)
