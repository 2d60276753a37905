"""What a cluster can consist of, apart from the workers of both languages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cluster import flink, spark
from cluster.layout import Folder, Ports, beam_jar, home
from cluster.parts import Part
from cluster.settings import write_settings


@dataclass(frozen=True)
class Engine:
    """An engine for jobs: its name in options and in sentences, and its processes in the order of their start."""

    name: str
    title: str
    parts: Callable[[Folder, Ports], tuple[Part, ...]]
    prepare: Callable[[Folder, Ports], None]
    follows: bool
    """Whether jobs may go on for good."""

    @property
    def needed(self) -> tuple[Path, ...]:
        """What the set-up puts in place."""
        return (home(self.name), beam_jar(self.name))


FLINK = Engine("flink", "Flink", flink.parts, write_settings, follows=True)
SPARK = Engine("spark", "Spark", spark.parts, lambda folder, ports: None, follows=False)
ENGINES: Mapping[str, Engine] = {engine.name: engine for engine in (FLINK, SPARK)}
