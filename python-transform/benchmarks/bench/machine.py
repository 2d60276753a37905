"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

PACKAGES = ("apache-beam", "torch", "numpy", "pyarrow", "scikit-learn", "hdbscan", "pyod", "category-encoders")


def machine() -> dict[str, Any]:
    """Return processor, cores, memory in GiB and versions."""
    return {
        "cpu": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": platform.platform(terse=True),
        "versions": {"python": platform.python_version(), "java": _java(), **{name: _of(name) for name in PACKAGES}},
    }


def today() -> str:
    """Return date and time, to the minute, in UTC."""
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")


def words(described: dict[str, Any]) -> str:
    """Return a machine in one line.

    >>> words({"cpu": "Some CPU", "cores": 2, "memory_gib": 23.5})
    'Some CPU, 2 cores, 24 GiB'
    """
    return f"{described['cpu']}, {described['cores']} cores, {described['memory_gib']:.0f} GiB"


def _processor() -> str:
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text("utf-8"), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def _java() -> str | None:
    home = os.environ.get("JAVA_HOME")
    java = f"{home}/bin/java" if home else shutil.which("java")
    if java is None:
        return None
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "([^"]+)"', told)
    return found[1] if found else None


def _of(package: str) -> str | None:
    try:
        return version(package)
    except ModuleNotFoundError:
        return None
