"""An org that is followed on a cluster while it changes, by a run that a fault strikes."""

from __future__ import annotations

import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from anomaly_detection.cli.console import err
from anomaly_detection.errors import AnomalyDetectionError
from cluster.run import Cluster
from verify.batch_faults import renewed
from verify.fault import Fault, Struck
from verify.org import Org
from verify.product import LIMIT_SECONDS, POLL_SECONDS, Product
from verify.watch import Version, Watch, changes

RECORDS = 200
"""In the org before, of which each is changed once."""

STEADY_SECONDS = 5.0
"""In which versions come before the fault, and again after the run has recovered."""

MOST_STARTS = 3

_OPTIONS = (
    *("--source=salesforce", "--follow", "--lag=1s", "--pollInterval=1s", "--commitEvery=5s"),
    "--checkpointingInterval=2000",
)


def stream_faults(cluster: Cluster, faults: Sequence[Fault], folder: Path) -> Iterator[Struck]:
    """Follow a new org on a cluster that runs, with each fault; compare what was committed with what happened.

    The cluster runs afterwards too, maybe as other processes: `Cluster.of` its folder knows which.
    """
    for fault in faults:
        struck = _follow(cluster, fault, folder)
        err.print(f"{struck.name}, after {struck.after:.1f} s: {struck.outcome}", soft_wrap=True)
        yield struck
        # Jobs that were left behind would take time from the next one.
        cluster = renewed(Cluster.of(cluster.folder, cluster.ports.first))


def _follow(cluster: Cluster, fault: Fault, folder: Path) -> Struck:
    output = (fault.output or folder) / "followed"
    shutil.rmtree(output, ignore_errors=True)
    exit_code, struck, after, starts = 0, 0.0, 0.0, 1
    with Org(f"--rows={RECORDS}") as org, _Live(org, output) as live:
        given = (
            *(*_OPTIONS, f"--since={live.began:%Y-%m-%dT%H:%M:%SZ}", f"--salesforceUrl={org.url}"),
            *(org.write_login(folder / "login.json"), f"--output={output}", *fault.options),
        )

        def start() -> Product:
            here = Cluster.of(cluster.folder, cluster.ports.first)
            return Product(here, given, folder / "stream.log")

        with _Kept(start) as run:
            began = time.time()
            try:
                run.await_that(lambda: live.watch.has_passed(began))
                time.sleep(STEADY_SECONDS)
                struck = time.time()
                after = struck - began
                run.may_end = True
                fault.strike(cluster)
                time.sleep(fault.seconds)
                fault.mend(cluster)
                run.await_that(lambda: live.recovered(struck) is not None)
                time.sleep(STEADY_SECONDS)
                live.end_changes()
                over = time.time()
                run.await_that(lambda: live.watch.has_passed(over))
                outcome = run.outcome(fault.says)
                exit_code, starts = run.product.end(), run.starts
            except AnomalyDetectionError as error:
                exit_code, outcome = 1, str(error)
        live.end()
        expected, committed = Counter(list(live.happened)), live.watch.committed()
    shutil.rmtree(output, ignore_errors=True)
    return Struck(
        run="stream",
        fault=fault,
        after=after,
        outcome=outcome,
        exit_code=exit_code,
        rows_in=expected.total(),
        rows_out=committed.total(),
        lost=(expected - committed).total(),
        twice=(committed - expected).total(),
        recovered=live.recovered(struck) if struck else None,
        complete=True,
        starts=starts,
    )


class _Kept:
    """A run that is started again when it has ended, once it may."""

    def __init__(self, start: Callable[[], Product]) -> None:
        self._start = start
        self._errors: list[str] = []
        self.may_end = False
        self.product = start()

    @property
    def starts(self) -> int:
        """How often it was started."""
        return 1 + len(self._errors)

    def __enter__(self) -> _Kept:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.product.__exit__(kind, error, trace)

    def await_that(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds; raise `AnomalyDetectionError` if that takes too long or too many starts."""
        end = time.monotonic() + LIMIT_SECONDS
        while not holds():
            if self.product.exit_code is not None:
                self._errors.append(self.product.error)
                if not self.may_end or len(self._errors) == MOST_STARTS:
                    raise AnomalyDetectionError("; ".join(self._errors), exit_code=1)
                self.product = self._start()
            if time.monotonic() > end:
                raise AnomalyDetectionError(f"{'; '.join([*self._errors, 'then'])} nothing more", exit_code=1)
            time.sleep(POLL_SECONDS)

    def outcome(self, says: str) -> str:
        """Return what became of it until now; of all that it says on, the line that has these words."""
        if self._errors:
            return "; ".join(f"{error}; started again" for error in self._errors)
        line = next((line for line in self.product.said.splitlines() if says and says in line), "")
        return f"goes on: {line}" if line else "goes on"


class _Live:
    """An org in which records are inserted and changed all along, and what is committed of that meanwhile."""

    def __init__(self, org: Org, output: Path) -> None:
        self.began = datetime.now(UTC)
        self.happened: dict[Version, float] = {}
        self.watch = Watch(output)
        self._org = org
        self._still, self._over = threading.Event(), threading.Event()
        self._threads = ThreadPoolExecutor(2)

    def __enter__(self) -> _Live:
        self._changing, self._looking = self._threads.submit(self._change), self._threads.submit(self._look)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._still.set()
        self._over.set()
        self._threads.shutdown()

    def end_changes(self) -> None:
        """Change nothing more."""
        self._still.set()
        self._changing.result()

    def end(self) -> None:
        """Change nothing more, and look no more."""
        self.end_changes()
        self._over.set()
        self._looking.result()

    def recovered(self, struck: float) -> float | None:
        """Return how many seconds after a time the first version was committed that happened after it."""
        seen = [self.watch.seen.get(version) for version, at in list(self.happened.items()) if at > struck]
        return min((at - struck for at in seen if at is not None), default=None)

    def _change(self) -> None:
        for version in changes(self._org, list(self._org.names())):
            self.happened[version] = time.time()
            if self._still.is_set():
                break

    def _look(self) -> None:
        while not self._over.wait(POLL_SECONDS):
            self.watch.look()
