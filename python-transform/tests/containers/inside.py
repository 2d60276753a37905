"""Runs inside a container, with what its image has, and prints as JSON what its processes listen on and may do."""

from __future__ import annotations

import json
import os
import struct
import subprocess
from collections.abc import Iterator
from ipaddress import IPv6Address, ip_address
from pathlib import Path

# `st` of /proc/net: a TCP socket that listens, a UDP socket without a peer.
_WAITING = {"tcp": "0A", "tcp6": "0A", "udp": "07", "udp6": "07"}


def inodes() -> set[str]:
    """Return the sockets of all processes that can be seen: with the machine's network, others have some too."""
    found = set()
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            target = os.readlink(descriptor)
        except OSError:
            continue  # of this process, and closed since
        if target.startswith("socket:["):
            found.add(target[len("socket:[") : -1])
    return found


def address(text: str) -> str:
    """Return `ADDRESS:PORT` of the kernel's `HEX:HEX`, whose words are in the machine's byte order."""
    host, port = text.split(":")
    words = [host[i : i + 8] for i in range(0, len(host), 8)]
    found = ip_address(b"".join(struct.pack("=I", int(word, 16)) for word in words))
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return f"{mapped or found}:{int(port, 16)}"


def listening() -> Iterator[str]:
    """Yield the addresses that TCP and UDP sockets wait at, and the names of Unix sockets that no file guards."""
    mine = inodes()
    for protocol, waiting in _WAITING.items():
        for line in Path("/proc/net", protocol).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == waiting and fields[9] in mine:
                yield address(fields[1])
    for line in Path("/proc/net/unix").read_text().splitlines()[1:]:
        fields = line.split()
        if len(fields) == 8 and fields[6] in mine and fields[7].startswith("@"):
            yield fields[7]


def writable() -> Iterator[str]:
    """Yield the folders, of those that a service might be made to write to, in which a file can be made."""
    for folder in ("/", "/app", "/app/pretrained", "/opt/venv", "/tmp", "/usr/local/bin"):  # noqa: S108
        probe = Path(folder, "probe")
        try:
            probe.touch()
        except OSError:
            continue
        probe.unlink()
        yield folder


def runs_from_tmp() -> bool:
    """Tell whether a program that was written to /tmp can be executed."""
    program = Path("/tmp/probe")  # noqa: S108
    program.write_text("#!/bin/true\n")
    program.chmod(0o755)
    try:
        return subprocess.run([program], check=False).returncode == 0
    except PermissionError:
        return False
    finally:
        program.unlink()


def main() -> None:
    """Print it."""
    status = dict(line.split(":\t", 1) for line in Path("/proc/1/status").read_text().splitlines() if ":\t" in line)
    found = {
        "listening": sorted(listening()),
        "writable": sorted(writable()),
        "runs_from_tmp": runs_from_tmp(),
        "uids": status["Uid"].split(),
        "capabilities": {name: int(status[name], 16) for name in ("CapPrm", "CapEff", "CapBnd")},
        "no_new_privileges": status["NoNewPrivs"],
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
