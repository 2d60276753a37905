"""A project of `docker compose` under test, and what makes a container a hardened one."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
PROFILES = ("--profile=pipeline", "--profile=flink", "--profile=pipeline-salesforce", "--profile=salesforce")
INSIDE = Path(__file__).with_name("inside.py")

_CRASH = (
    "import os, pathlib; os.kill(next(int(stat.parent.name) for stat in pathlib.Path('/proc').glob('[0-9]*/stat') "
    "if stat.read_text().rpartition(')')[2].split()[1] == '1'), 9)"  # the child of Docker's init
)


def run(*command: str | Path, **options: Any) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@dataclass(frozen=True)
class Stack:
    """A project of `docker compose`: its settings, its ports of this machine, and the folder that scores come to."""

    environment: Mapping[str, str]
    expansion_port: int
    worker_port: int
    salesforce_port: int
    data: Path
    scored: Path

    def compose(self, *command: str) -> str:
        return run("docker", "compose", *command, env={**os.environ, **self.environment})

    def container(self, service: str) -> str:
        return self.compose(*PROFILES, "ps", "--all", "--quiet", service).strip()

    def inspect(self, service: str) -> dict[str, Any]:
        [found] = json.loads(run("docker", "inspect", self.container(service)))
        assert isinstance(found, dict)
        return found

    def inside(self, service: str) -> dict[str, Any]:
        """Return what `inside.py` prints in the service's container."""
        command = ("docker", "exec", "--interactive", self.container(service), "python", "-")
        found = json.loads(run(*command, input=INSIDE.read_text()))
        assert isinstance(found, dict)
        return found

    def crash(self, service: str) -> None:
        """Kill what a service's container runs, and wait until it is healthy again."""
        run("docker", "exec", self.container(service), "python", "-c", _CRASH)
        deadline = time.monotonic() + 60
        while True:
            state = self.inspect(service)
            if state["RestartCount"] == 1 and state["State"]["Health"]["Status"] == "healthy":
                return
            assert time.monotonic() < deadline, state["State"]
            time.sleep(0.5)


def hardened(settings: dict[str, Any]) -> dict[str, Any]:
    host = settings["HostConfig"]
    return {
        "user": settings["Config"]["User"],
        "read-only": host["ReadonlyRootfs"],
        "dropped": host["CapDrop"],
        "added": sorted(host["CapAdd"] or []),
        "options": host["SecurityOpt"],
        "privileged": host["Privileged"],
        "limited": host["Memory"] > 0 and host["PidsLimit"] > 0,
        "writable mounts": sorted(mount["Destination"] for mount in settings["Mounts"] if mount["RW"]),
    }


HARDENED = {
    "user": "10001:10001",
    "read-only": True,
    "dropped": ["ALL"],
    "added": [],
    "options": ["no-new-privileges:true"],
    "privileged": False,
    "limited": True,
    "writable mounts": [],
}
