"""The test Salesforce in containers: for this machine, and in the network of the pipeline."""

from __future__ import annotations

import httpx
import pytest

from .stacks import HARDENED, Stack, hardened, run

pytestmark = pytest.mark.timeout(1800)
LOGIN = {"grant_type": "client_credentials", "client_id": "test-client", "client_secret": "test-secret"}
COUNT = """
import json, urllib.request
print(json.load(urllib.request.urlopen("http://127.0.0.1:8090/_test/records?fields=Id"))["count"])
"""


def test_it_serves_the_sample_to_this_machine_only(stack: Stack) -> None:
    stack.compose("up", "--detach", "--wait", "salesforce")
    published = [{"HostIp": "127.0.0.1", "HostPort": str(stack.salesforce_port)}]
    assert stack.inspect("salesforce")["NetworkSettings"]["Ports"] == {"8090/tcp": published}
    url = f"http://127.0.0.1:{stack.salesforce_port}"
    token = httpx.post(f"{url}/services/oauth2/token", data=LOGIN).json()
    assert token["instance_url"] == url
    query = {"q": "SELECT COUNT() FROM Opportunity"}
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    found = httpx.get(f"{url}/services/data/v66.0/query", params=query, headers=headers)
    assert found.json()["totalSize"] == 2000


def test_it_has_no_right_that_it_does_not_need(stack: Stack) -> None:
    stack.compose("up", "--detach", "--wait", "salesforce")
    assert hardened(stack.inspect("salesforce")) == HARDENED
    found = stack.inside("salesforce")
    assert found["listening"] == ["0.0.0.0:8090"]
    assert found["uids"] == ["10001"] * 4
    assert found["writable"] == ["/tmp"]  # noqa: S108
    assert not found["runs_from_tmp"]


def test_the_pipeline_finds_one_at_its_own_localhost(stack: Stack) -> None:
    profiles = ("--profile=pipeline", "--profile=pipeline-salesforce")
    stack.compose(*profiles, "up", "--detach", "--wait", "pipeline-salesforce")
    assert run("docker", "exec", stack.container("job-service"), "python", "-c", COUNT) == "2000\n"
    assert stack.inspect("pipeline-salesforce")["NetworkSettings"]["Ports"] == {}
