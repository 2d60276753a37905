"""Flink's settings: those of the file beside this one, with a cluster's ports and folders."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cluster.layout import SETTINGS, Folder, Ports

FILE = "flink-conf.yaml"


def write_settings(folder: Folder, ports: Ports) -> None:
    """Write the settings of a cluster where its processes read them."""
    own = {
        "jobmanager.rpc.port": str(ports.master),
        "rest.port": str(ports.page),
        "state.checkpoints.dir": folder.checkpoints.as_uri(),
        "io.tmp.dirs": str(folder.temporary),
    }
    lines = [f"{key}: {value}" for key, value in own.items()]
    for made in (folder.settings, folder.checkpoints):
        made.mkdir(parents=True, exist_ok=True)
    common = (SETTINGS / FILE).read_text("utf-8")
    (folder.settings / FILE).write_text("\n".join([common.rstrip(), "", *lines, ""]), "utf-8")


def task_manager_memory() -> tuple[str, ...]:
    """Return the options of a TaskManager's JVM that follow from the settings of its memory."""
    memory = _mebibytes(SETTINGS / FILE)
    heap = memory["framework.heap.size"] + memory["task.heap.size"]
    direct = memory["framework.off-heap.size"] + memory["task.off-heap.size"] + memory["network.max"]
    return f"-Xmx{heap}m", f"-XX:MaxDirectMemorySize={direct}m", f"-XX:MaxMetaspaceSize={memory['jvm-metaspace.size']}m"


def _mebibytes(file: Path) -> Mapping[str, int]:
    prefix = "taskmanager.memory."
    pairs = (line.split(": ") for line in file.read_text("utf-8").splitlines() if line.startswith(prefix))
    return {key.removeprefix(prefix): int(value.removesuffix("m")) for key, value in pairs}
