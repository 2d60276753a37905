"""Flink: a JobManager, two TaskManagers, and Beam's job service in front of them."""

from __future__ import annotations

from cluster.layout import HOST, Folder, Ports, beam_jar, home
from cluster.parts import Part, asked, java, server
from cluster.settings import task_manager_memory

TASK_MANAGERS = 2


def parts(folder: Folder, ports: Ports) -> tuple[Part, ...]:
    """Return Flink's processes in the order in which they are started."""
    job_manager = Part(
        "job-manager",
        _flink("org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint", folder, "-Xmx512m"),
        f"http://{HOST}:{ports.page}",
        lambda: asked(ports, "/overview") is not None,
    )
    task_managers = (
        Part(
            f"task-manager-{number}",
            (
                *_flink("org.apache.flink.runtime.taskexecutor.TaskManagerRunner", folder, *task_manager_memory()),
                *("-D", f"taskmanager.resource-id=task-manager-{number}"),
            ),
            "",
            lambda: (asked(ports, "/overview") or {}).get("taskmanagers", 0) >= TASK_MANAGERS,
        )
        for number in range(1, TASK_MANAGERS + 1)
    )
    return (job_manager, *task_managers, server("job-service", ports.job_service, _job_service(folder, ports)))


def _flink(main: str, folder: Folder, *options: str) -> tuple[str, ...]:
    return (*_beam(*options), main, "--configDir", str(folder.settings))


def _job_service(folder: Folder, ports: Ports) -> tuple[str, ...]:
    return (
        *_beam("-Xmx512m"),
        "org.anomalydetection.flink.JobServer",
        f"--job-host={HOST}",
        f"--job-port={ports.job_service}",
        "--artifact-port=0",
        f"--artifacts-dir={folder.staging}",
        f"--flink-master={HOST}:{ports.page}",
        f"--flink-conf-dir={folder.settings}",
    )


def _beam(*options: str) -> tuple[str, ...]:
    """Return the command of a JVM with the classes of Flink and Beam, whose servers it keeps to this machine."""
    jar = beam_jar("flink")
    # Flink's own come first: what Beam brings is of other versions.
    return java(f"-javaagent:{jar}", *options, classes=[home("flink") / "*", jar, jar.parent / "lib" / "*"])
