"""Runs the expansion service until told to end."""

from __future__ import annotations

import gc
import logging
import re
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack

import grpc
from apache_beam.internal import pickler
from apache_beam.options.pipeline_options import PipelineOptions, PortableOptions, SetupOptions
from apache_beam.portability.api import (
    beam_artifact_api_pb2_grpc,
    beam_expansion_api_pb2_grpc,
)
from apache_beam.transforms import environments

from anomaly_detection.errors import ConfigError
from anomaly_detection.importing import importing
from anomaly_detection.service.listening import LOOPBACK, listening, told_to_end
from anomaly_detection.service.logs import LogFormat, configure_logs, fields
from anomaly_detection.service.loopback_pool import add_loopback_pool
from anomaly_detection.service.services import GuardedExpansionService, NoArtifacts

_LOGGER = logging.getLogger(__name__)
_ADDRESS = re.compile(r"\S+:[0-9]{1,5}")


def serve(
    *,
    host: str = LOOPBACK,
    port: int = 8088,
    worker_pool: str | None = None,
    loopback_worker: bool = False,
    until_stdin_closes: bool = False,
    log_format: LogFormat = "text",
    beam_args: Sequence[str] = (),
    announce: Callable[[str], None] = print,
) -> None:
    """Serve the transform, and return when SIGTERM or SIGINT arrives or, if asked to, standard input closes.

    Args:
        host: the one address to listen on. Whoever reaches it can load models and read what they say.
        port: 0 takes any free one.
        worker_pool: `host:port`, as runners reach it, of a pool that runs the transform.
        loopback_worker: also run the transform in this process, for runners on this machine.
        until_stdin_closes: end with the process at the other end of standard input.
        log_format: of the log on standard error.
        beam_args: Beam's pipeline options. Where no pool and no loopback worker is given, `--environment_type`
            (EXTERNAL or DOCKER) says where the transform runs.
        announce: is called with `ready HOST:PORT` as soon as requests are taken; the first one may wait for a second
            or two, until the transform is imported.

    Raises:
        ServiceError: the address cannot be listened on.
        ConfigError: the arguments name workers that cannot be used.
    """
    configure_logs(log_format)
    options = PipelineOptions([*beam_args, "--experiments=beam_fn_api"])
    pickler.set_library(options.view_as(SetupOptions).pickle_library)
    with ExitStack() as stack:
        ended = stack.enter_context(told_to_end(until_stdin_closes=until_stdin_closes))
        loopback = stack.enter_context(listening(LOOPBACK, 0, add=add_loopback_pool)) if loopback_worker else None
        environment = worker_environment(options, loopback=loopback, pool=worker_pool)

        def add(server: grpc.Server) -> None:
            beam_expansion_api_pb2_grpc.add_ExpansionServiceServicer_to_server(
                GuardedExpansionService(options, environment), server
            )
            beam_artifact_api_pb2_grpc.add_ArtifactRetrievalServiceServicer_to_server(NoArtifacts(), server)

        address = stack.enter_context(listening(host, port, add=add))
        _LOGGER.info("serving", extra=fields(address=address, workers=loopback or worker_pool or "by Beam's options"))
        announce(f"ready {address}")
        sys.stdout.flush()
        threading.Thread(target=_load, name="loading").start()
        ended.wait()
        _LOGGER.info("ending", extra=fields(address=address))


def worker_environment(
    options: PipelineOptions, *, loopback: str | None = None, pool: str | None = None
) -> environments.Environment:
    """Return where runners find workers, at an address given or by the options, with no artifacts to stage.

    Raises:
        ConfigError: the options name another kind of worker, or several places are given.
    """
    portable = options.view_as(PortableOptions)
    kind, config = portable.environment_type, portable.environment_config
    ways = {"the loopback worker": loopback, "a worker pool": pool, f"--environment_type={kind}": kind}
    given = [way for way, value in ways.items() if value]
    if len(given) > 1:
        raise ConfigError(f"expected one place for the transform to run, found {' and '.join(given)}")
    if loopback or pool:
        kind, config = "EXTERNAL", loopback or pool
    if kind == "EXTERNAL":
        url = config or portable.lookup_environment_option("external_service_address")
        if not url:
            raise ConfigError("--environment_type=EXTERNAL needs a pool's --environment_config=HOST:PORT")
        if not _ADDRESS.fullmatch(url):
            raise ConfigError(f"the worker pool: expected HOST:PORT, such as localhost:50000, found {url!r}")
        return environments.ExternalEnvironment(url, capabilities=environments.python_sdk_capabilities())
    if kind in (None, "DOCKER"):
        image = config or portable.lookup_environment_option("docker_container_image")
        if not image:
            _LOGGER.warning(
                "no workers are named: runners will take Beam's image, which lacks this package; give a pool by "
                "--worker-pool HOST:PORT, or the loopback worker"
            )
        return environments.DockerEnvironment.from_container_image(container_image=image)
    raise ConfigError(f"--environment_type: expected EXTERNAL or DOCKER, found {kind}")


def _load() -> None:
    """Import what expands and scores, torch above all, while the first client prepares its request."""
    with importing():
        import anomaly_detection.beam.transform  # noqa: F401
    # The libraries' objects stay until the end, which is seconds faster when they are not looked through again.
    gc.freeze()
