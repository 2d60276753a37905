"""Spark: a Master, a Worker that starts an executor, and Beam's job service, which is Spark's driver."""

from __future__ import annotations

from collections.abc import Mapping

from cluster.layout import HOST, SETTINGS, Folder, Ports, beam_jar, home
from cluster.parts import Part, asked, java, server

_JARS = home("spark") / "jars" / "*"
_CORES = 2
_WORKER_MEMORY = "1280m"
_EXECUTOR_MEMORY = "1g"
_ATTEMPTS = 10
"""How often a task is tried, 3 s apart: so long may a pool of workers be gone."""


def parts(folder: Folder, ports: Ports) -> tuple[Part, ...]:
    """Return Spark's processes in the order in which they are started."""
    variables = {
        "SPARK_HOME": str(home("spark")),
        "SPARK_SCALA_VERSION": "2.12",  # Spark's package for Python leaves out what says so
        "SPARK_LOCAL_IP": HOST,
        "SPARK_LOCAL_DIRS": str(folder.temporary),
    }
    recovery = {"deploy.recoveryMode": "FILESYSTEM", "deploy.recoveryDirectory": str(folder.recovery)}
    master = Part(
        "master",
        (
            *java("-Xmx256m", *_options(recovery), classes=[_JARS]),
            *("org.apache.spark.deploy.master.Master", "--host", HOST),
            *("--port", str(ports.master), "--webui-port", str(ports.page)),
        ),
        f"http://{HOST}:{ports.page}",
        lambda: asked(ports, "/json/") is not None,
        variables,
    )
    worker = Part(
        "worker",
        (
            *java("-Xmx256m", classes=[_JARS]),
            *("org.apache.spark.deploy.worker.Worker", "--host", HOST, "--webui-port", "0"),
            *("--cores", str(_CORES), "--memory", _WORKER_MEMORY, "--work-dir", str(folder.path / "work")),
            f"spark://{HOST}:{ports.master}",
        ),
        "",
        lambda: (asked(ports, "/json/") or {}).get("aliveworkers", 0) > 0,
        variables,
    )
    return (master, worker, server("job-service", ports.job_service, _job_service(folder, ports), variables))


def _job_service(folder: Folder, ports: Ports) -> tuple[str, ...]:
    jar = beam_jar("spark")
    # Beam's own come first: it needs a newer Guava than Spark brings.
    beam = [jar, jar.parent / "lib" / "*"]
    settings = {
        "driver.host": HOST,
        "driver.bindAddress": HOST,
        "ui.enabled": "false",
        "executor.memory": _EXECUTOR_MEMORY,
        "task.maxFailures": str(_ATTEMPTS),
        "executor.extraClassPath": ":".join(map(str, beam)),
        "executor.extraJavaOptions": (
            f"-XX:+UseSerialGC -javaagent:{jar} -Dlog4j.configurationFile={SETTINGS / 'log4j.properties'}"
        ),
    }
    return (
        *java("-Xmx512m", f"-javaagent:{jar}", *_options(settings), classes=[*beam, _JARS]),
        "org.anomalydetection.spark.JobServer",
        f"--job-host={HOST}",
        f"--job-port={ports.job_service}",
        "--artifact-port=0",
        f"--artifacts-dir={folder.staging}",
        f"--spark-master-url=spark://{HOST}:{ports.master}",
    )


def _options(settings: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(f"-Dspark.{name}={value}" for name, value in settings.items())
