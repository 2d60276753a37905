"""Which runners may have a worker: those of this machine, and those that were named."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from apache_beam.portability.api import beam_fn_api_pb2

from anomaly_detection.errors import ConfigError, ServiceError

_ENDPOINT = re.compile(r"(?:\[(?P<v6>[0-9a-f:]+)]|(?P<name>[0-9a-z._-]+)):[0-9]{1,5}", re.IGNORECASE)
_NAME = re.compile(r"(?=.*[a-z])[0-9a-z]([0-9a-z._-]*[0-9a-z])?", re.IGNORECASE)
_ENDPOINTS = ("control_endpoint", "logging_endpoint", "artifact_endpoint", "provision_endpoint")


@dataclass(frozen=True)
class Runners:
    """Hosts and networks whose runners may have a worker, beside this machine.

    A worker runs the code that its runner sends: one that reached out to another machine would run that
    machine's.

    >>> here = Runners.of([])
    >>> [here.admit(url) for url in ("localhost:1", "127.0.0.2:1", "[::1]:1")]
    [True, True, True]
    >>> [here.admit(url) for url in ("10.0.0.1:1", "localhost.evil.org:1", "dns:localhost:1", "unix:x")]
    [False, False, False, False]
    >>> named = Runners.of(["flink.internal", "10.1.0.0/16"])
    >>> [named.admit(url) for url in ("Flink.internal:1", "10.1.2.3:1", "10.2.0.1:1", "x.flink.internal:1")]
    [True, True, False, False]
    """

    names: frozenset[str]
    networks: tuple[IPv4Network | IPv6Network, ...]

    @classmethod
    def of(cls, hosts: Iterable[str]) -> Runners:
        """Read host names, addresses and networks, such as `flink.internal`, `10.1.2.3` and `10.1.0.0/16`.

        Raises:
            ConfigError: one is neither.
        """
        names, networks = {"localhost"}, [ip_network("127.0.0.0/8"), ip_network("::1/128")]
        for host in hosts:
            try:
                networks.append(ip_network(host))
            except ValueError as error:
                if not _NAME.fullmatch(host):
                    raise ConfigError(
                        f"runner: expected a host name, an address or a network such as 10.1.0.0/16, found {host!r}"
                        + (f": {error}" if "/" in host else "")
                    ) from None
                names.add(host.lower())
        return cls(frozenset(names), tuple(networks))

    def check(self, request: beam_fn_api_pb2.StartWorkerRequest) -> None:
        """Raise `ServiceError` if the request names an endpoint elsewhere, or none for the control of the worker."""
        for name in _ENDPOINTS:
            url = getattr(request, name).url
            if (url or name == "control_endpoint") and not self.admit(url):
                raise ServiceError(
                    f"refused a worker for the {name.replace('_', ' ')} {url!r:.80}: expected this machine, "
                    "such as localhost:50000; `worker-pool --runner` takes others"
                )

    def admit(self, url: str) -> bool:
        """Tell whether an endpoint is a plain `host:port` of one of them."""
        match = _ENDPOINT.fullmatch(url)
        if not match:
            return False
        host = match["v6"] or match["name"].lower()
        if host in self.names:
            return True
        try:
            address = ip_address(host)
        except ValueError:
            return False
        return any(address in network for network in self.networks)


def reach_this_machine_directly() -> None:
    """Keep gRPC from taking this machine's own names through a proxy that the environment sets."""
    given = os.environ.get("no_grpc_proxy") or os.environ.get("no_proxy")  # noqa: SIM112
    direct = filter(None, [given, "localhost", "127.0.0.1", "::1"])
    os.environ["no_grpc_proxy"] = ",".join(direct)  # noqa: SIM112
