"""Faults on a Flink cluster of this machine, in the middle of a batch and of a stream: no row lost, none twice."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from anomaly_detection.errors import AnomalyDetectionError
from cluster import run
from cluster.layout import Folder
from cluster.run import Cluster
from verify.batch_faults import batch_faults
from verify.fault import Fault, Struck
from verify.kills import killed, part, paused, python_workers, resumed, working_task_manager
from verify.places import ModelStore, fill, make_room, model_store, small_disk
from verify.stream_faults import stream_faults

FIRST_PORT = 28070
DISK_MEBIBYTES = 64
"""A million scored rows take ten times as much."""

SHORT_SECONDS, LONG_SECONDS = 8.0, 120.0
"""How long a disk is full: Flink tries again for the one, and gives up in the course of the other."""

STILL_SECONDS = 20.0
"""How long workers stand still: longer than their queues would last."""

MODEL_SECONDS = 12.0
"""How long a model is away before we ask what was said: a run looks at its counters every ten seconds."""

_SCORING = 0.4
"""A share of the seconds of an unharmed batch, in which rows are scored."""

_GONE = "found one gone"
_FULL = "No space left on device"

KILLS_OF_ANY = tuple(
    replace(fault, of_time=True, share=_SCORING)
    for fault in (
        Fault("the Python pool and its workers killed", killed(part("python-pool"))),
        Fault("the Python workers killed", killed(python_workers)),
        Fault("the Java pool and its workers killed", killed(part("java-pool"))),
        Fault("the expansion service killed", killed(part("expansion-service"))),
        Fault("the job service killed", killed(part("job-service")), says=_GONE),
    )
)
"""Of parts that a cluster of any engine has; a batch is struck while rows are scored."""

_TASK_MANAGER = Fault("a working TaskManager killed", killed(working_task_manager))

KILLS = (
    replace(_TASK_MANAGER, of_time=True, share=_SCORING),
    Fault("the JobManager killed", killed(part("job-manager")), says=_GONE),
    *KILLS_OF_ANY,
)
"""Each part comes back 2 s later. There is no second JobManager that would take over."""

STILL = Fault(
    "the Java pool and its workers stand still",
    paused(part("java-pool")),
    seconds=STILL_SECONDS,
    mend=resumed(part("java-pool")),
)
"""A batch in the middle of its writing: what waits to be written has to wait where there is room for it."""

WRITING = replace(_TASK_MANAGER, name="a working TaskManager killed as it writes")
"""Of a batch, which writes when all rows are scored: half of the output is there then."""


def faults() -> Iterator[Struck]:
    """Start a cluster, and strike a batch and a stream with each fault."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        models = stack.enter_context(model_store())
        running = Folder(folder / "cluster")
        disk, refused = None, None
        try:
            disk = stack.enter_context(small_disk(folder / "disk", DISK_MEBIBYTES))
        except AnomalyDetectionError as error:
            refused = error
        stack.callback(lambda: run.stop(Cluster.of(running, FIRST_PORT)))
        run.start(Cluster.of(running, FIRST_PORT))
        batch = (*KILLS, WRITING, STILL, *_models_of_batch(models), *(_disks_of_batch(disk) if disk else ()))
        yield from batch_faults(Cluster.of(running, FIRST_PORT), batch, folder)
        stream = (*KILLS, STILL, *_models_of_stream(models), *(_disks_of_stream(disk) if disk else ()))
        yield from stream_faults(Cluster.of(running, FIRST_PORT), stream, folder)
        if refused:
            raise refused


def _models_of_batch(models: ModelStore) -> tuple[Fault, ...]:
    return (
        Fault(
            "the model removed before workers have it",
            lambda cluster: models.remove("early"),
            says="Not found: s3://models/early/",
            share=0.0,
            mend=_nothing,
            options=(f"--model={models.uri('early')}",),
        ),
        Fault(
            "the model removed when workers have it",
            lambda cluster: models.remove("late"),
            mend=_nothing,
            options=(f"--model={models.uri('late')}",),
        ),
    )


def _models_of_stream(models: ModelStore) -> tuple[Fault, ...]:
    return (
        Fault(
            "the model removed",
            lambda cluster: models.remove("followed"),
            says="a new model is refused",
            seconds=MODEL_SECONDS,
            mend=_nothing,
            options=(f"--model={models.uri('followed')}",),
        ),
    )


def _disks_of_batch(disk: Path) -> tuple[Fault, ...]:
    return (Fault("too small a disk for the output", _nothing, says=_FULL, share=0.0, mend=_nothing, output=disk),)


def _disks_of_stream(disk: Path) -> tuple[Fault, ...]:
    full = Fault(
        "the disk full for a while", lambda cluster: fill(disk), mend=lambda cluster: make_room(disk), output=disk
    )
    return (
        replace(full, seconds=SHORT_SECONDS),
        replace(full, name="the disk full until the run ends", says=_FULL, seconds=LONG_SECONDS),
    )


def _nothing(cluster: Cluster) -> None:
    """Nothing is struck, or nothing is mended."""
