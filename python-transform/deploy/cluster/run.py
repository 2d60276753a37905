"""A cluster: start it, look at it, end it."""

from __future__ import annotations

import fcntl
import json
import shutil
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace

from anomaly_detection.cli.console import complete_file
from anomaly_detection.errors import ConfigError, ServiceError
from cluster import processes
from cluster.engines import ENGINES, FLINK, Engine
from cluster.layout import HOST, INSTALLED, Folder, Ports
from cluster.parts import Part, workers
from cluster.processes import Started, tail

START_SECONDS = 120
STALL_SECONDS = 1800
STORE_OPTIONS = ("--awsRegion=", "--endpoint=", "--gcsEndpoint=")
"""Options of runs that tell where an object store is."""

_POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Cluster:
    """The processes of a folder, by the names of their parts; none where none was started."""

    folder: Folder
    ports: Ports
    engine: Engine
    started: Mapping[str, Started]
    worker_options: tuple[str, ...] = ()
    """Options of Beam for its Java workers, which get none from a job."""

    @classmethod
    def of(cls, folder: Folder, first_port: int, engine: Engine = FLINK, worker_options: Sequence[str] = ()) -> Cluster:
        """Read which processes there are; port, engine and options are those of a cluster yet to be started.

        Raises:
            ConfigError: an older version of the project has started them.
        """
        try:
            content = json.loads(folder.processes.read_text("utf-8"))
        except FileNotFoundError:
            return cls(folder, Ports(first_port), engine, {}, tuple(worker_options))
        try:
            started = {name: Started(**values) for name, values in content["processes"].items()}
        except TypeError as error:
            pids = " ".join(str(values["pid"]) for values in content["processes"].values())
            raise ConfigError(
                f"{folder.processes}: expected the boot and ticks of each process, found those of an older version, "
                f"which started the cluster: if it runs still, `kill {pids}`; then remove the file"
            ) from error
        options = tuple(content.get("worker_options", ()))
        return cls(folder, Ports(content["first_port"]), ENGINES[content["engine"]], started, options)

    @property
    def parts(self) -> tuple[Part, ...]:
        """All that it consists of, started or not."""
        return (*self.engine.parts(self.folder, self.ports), *workers(self.ports, self.worker_options))

    def runs(self, part: Part) -> bool:
        """Tell whether a part's process is there."""
        started = self.started.get(part.name)
        return started is not None and started.process() is not None

    @property
    def missing(self) -> list[Part]:
        """The parts that do not run."""
        return [part for part in self.parts if not self.runs(part)]

    def with_started(self, started: Mapping[str, Started]) -> Cluster:
        """Return it with processes added or replaced, and write them down."""
        cluster = replace(self, started={**self.started, **started})
        content = {
            "engine": self.engine.name,
            "first_port": self.ports.first,
            "worker_options": self.worker_options,
            "processes": {name: asdict(one) for name, one in cluster.started.items()},
        }
        with complete_file(self.folder.processes) as stream:
            json.dump(content, stream, indent=1)
        return cluster


def start(cluster: Cluster) -> Cluster:
    """Start the parts that do not run, and wait until all are ready.

    Raises:
        ConfigError: the set-up is not done, or a port is taken.
        ServiceError: a part has ended, or is not ready in time; what this call started is ended then.
    """
    _require_set_up(cluster.engine)
    missing = cluster.missing
    processes.end(cluster.started[part.name] for part in missing if part.name in cluster.started)
    if len(missing) == len(cluster.parts):
        _require_free(cluster.ports)
        shutil.rmtree(cluster.folder.recovery, ignore_errors=True)  # it is of processes that are gone
    for made in (cluster.folder.temporary, cluster.folder.staging):
        made.mkdir(parents=True, exist_ok=True)
    cluster.engine.prepare(cluster.folder, cluster.ports)
    started: dict[str, Started] = {}
    try:
        for part in missing:
            started[part.name] = processes.start(part.command, cluster.folder.log(part.name), part.environment)
            cluster = cluster.with_started(started)
        # Those that ran have to find the others again.
        _await(cluster, cluster.parts)
    except BaseException:
        processes.end(started.values())
        if len(started) == len(cluster.started):
            cluster.folder.processes.unlink(missing_ok=True)
        raise
    return cluster


def stop(cluster: Cluster) -> None:
    """End all parts and what they started."""
    processes.end(cluster.started.values())
    cluster.folder.processes.unlink(missing_ok=True)


def options(cluster: Cluster, given: Sequence[str]) -> list[str]:
    """Return the pipeline's options that have it run there, but for those that are given.

    Raises:
        ConfigError: the engine does not do what they ask for.
        ServiceError: a part does not run or does not answer.
    """
    if not cluster.started:
        raise ServiceError("no cluster runs: `make cluster` starts one")
    silent = [part.name for part in cluster.parts if not (cluster.runs(part) and part.ready())]
    if silent:
        raise ServiceError(
            f"expected all parts of the cluster to run, found none of {', '.join(silent)}: "
            f"`make cluster` starts what is missing; logs are in {cluster.folder.log(silent[0]).parent}"
        )
    ports = cluster.ports
    values = {
        "--jobEndpoint": f"{HOST}:{ports.job_service}",
        "--expansionService": f"{HOST}:{ports.expansion_service}",
        "--defaultEnvironmentType": "EXTERNAL",
        "--defaultEnvironmentConfig": f"{HOST}:{ports.java_pool}",
        "--stallLimit": str(STALL_SECONDS),
    }
    names = {argument.split("=")[0] for argument in given}
    for option in given:
        if option.startswith(STORE_OPTIONS) and option not in cluster.worker_options:
            raise ConfigError(
                f"{option}: expected a cluster whose Java workers have it too, found none: "
                f"`make cluster-stop`, then `make cluster ARGS=--worker-option={option}`"
            )
    if "--follow" in names and not cluster.engine.follows:
        raise ConfigError(
            f"--follow: expected a cluster of Flink, found one of {cluster.engine.title}, whose jobs have an end"
        )
    if "--follow" in names:
        del values["--stallLimit"]  # its source may have nothing new for hours
    return [f"{name}={value}" for name, value in values.items() if name not in names]


@contextmanager
def alone(folder: Folder) -> Iterator[None]:
    """Keep other commands from starting or ending the same cluster meanwhile."""
    folder.path.mkdir(parents=True, exist_ok=True)
    with (folder.path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _await(cluster: Cluster, waited_for: Sequence[Part]) -> None:
    end = time.monotonic() + START_SECONDS
    for part in waited_for:
        while not part.ready():
            for other in cluster.missing:
                raise ServiceError(f"{other.name} ended while it started; {tail(cluster.folder.log(other.name))}")
            if time.monotonic() > end:
                raise ServiceError(
                    f"{part.name} was not ready within {START_SECONDS} s; {tail(cluster.folder.log(part.name))}"
                )
            time.sleep(_POLL_SECONDS)


def _require_set_up(engine: Engine) -> None:
    for path in (*engine.needed, INSTALLED / "java-pipeline" / "lib"):
        if not path.exists():
            raise ConfigError(f"expected {path}, found nothing there: `make cluster` sets it up")


def _require_free(ports: Ports) -> None:
    for port in ports.all:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError as error:
                raise ConfigError(
                    f"port {port} on {HOST}: {error.strerror}: the cluster takes {ports.all[0]} to {ports.all[-1]}; "
                    "end what listens there, or choose others with --first-port"
                ) from error
