"""Where the parts of the project lie that a cluster consists of, and where a cluster keeps its own files."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
ROOT = Path(__file__).resolve().parents[3]
SETTINGS = Path(__file__).parent
"""The folder of Flink's settings, as far as they are the same for every cluster."""

INSTALLED = ROOT / "java-pipeline" / "build" / "install"
COMMAND = Path(sys.executable).with_name("anomaly-detection")


def home(engine: str) -> Path:
    """Return where an engine's own jars are."""
    return ROOT / "build" / "tools" / engine


def beam_jar(engine: str) -> Path:
    """Return the job service of an engine; the jars that it needs are in the folder `lib` beside it."""
    return INSTALLED / engine / f"{engine}.jar"


@dataclass(frozen=True)
class Folder:
    """What a cluster writes: settings, logs, checkpoints, temporary files, and which processes it consists of."""

    path: Path

    @property
    def settings(self) -> Path:
        """Flink's settings with this cluster's ports and folders."""
        return self.path / "conf"

    @property
    def checkpoints(self) -> Path:
        """Where jobs that follow keep their state."""
        return self.path / "checkpoints"

    @property
    def recovery(self) -> Path:
        """What Spark's Master has to know when it comes back."""
        return self.path / "recovery"

    @property
    def temporary(self) -> Path:
        """What an engine spills to the disk."""
        return self.path / "tmp"

    @property
    def staging(self) -> Path:
        """Files that clients hand to the job service; the product's own hands it none."""
        return self.path / "staging"

    @property
    def processes(self) -> Path:
        """The processes of the cluster, as JSON."""
        return self.path / "processes.json"

    def log(self, part: str) -> Path:
        """Return where a part writes its output and its log."""
        return self.path / "logs" / f"{part}.log"


@dataclass(frozen=True)
class Ports:
    """The ports that others have to know, one after the other; the engine and Beam choose free ones for all else.

    >>> Ports(18070).job_service
    18072
    """

    first: int

    @property
    def page(self) -> int:
        """The web page of the JobManager, or Master, and its REST interface."""
        return self.first

    @property
    def master(self) -> int:
        """Where TaskManagers find the JobManager, or a Worker its Master."""
        return self.first + 1

    @property
    def job_service(self) -> int:
        """Where pipelines are handed in."""
        return self.first + 2

    @property
    def java_pool(self) -> int:
        """Where an engine asks for Java workers."""
        return self.first + 3

    @property
    def python_pool(self) -> int:
        """Where an engine asks for Python workers."""
        return self.first + 4

    @property
    def expansion_service(self) -> int:
        """Where pipelines ask for the Python transform while they are built."""
        return self.first + 5

    @property
    def all(self) -> tuple[int, ...]:
        """All of them."""
        return tuple(range(self.first, self.first + 6))
