"""The architecture: what uses what, and where the large libraries are."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import anomaly_detection

PACKAGE = Path(anomaly_detection.__file__).parent
LAYERS = (
    {"errors", "threads", "memory", "importing", "probe"},
    {"schema"},
    {"config", "formats"},
    {"row_error"},
    {"files"},
    {"tables"},
    {"features"},
    {"encoders"},
    {"scoring"},
    {"models", "accelerator"},
    {"columns"},
    {"beam"},
    {"service"},
    {"generate"},
    {"report"},
    {"evaluate"},
    {"card"},
    {"cli"},
    {"__init__"},
)
"""From the bottom to the top; those of one layer use each other."""

HOMES = {
    "apache_beam": {"files/stored.py", "beam/", "service/", "cli/models.py"},
    "torch": {"accelerator/network.py", "encoders/", "models/safe_files.py", "scoring/neighbors.py", "threads.py"},
    "hdbscan": {"accelerator/unpickling.py", "scoring/clustering.py"},
}
"""The files and folders that import a library."""


def imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "anomaly_detection":
            yield from (f"anomaly_detection.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def files(part: str) -> list[Path]:
    file = PACKAGE / f"{part}.py"
    return [file] if file.exists() else sorted((PACKAGE / part).rglob("*.py"))


def test_every_part_is_in_one_layer() -> None:
    there = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    parts = [part for layer in LAYERS for part in layer]
    assert sorted(parts) == sorted(there)


@pytest.mark.parametrize("height", range(len(LAYERS)), ids=lambda height: "-".join(sorted(LAYERS[height])))
def test_a_layer_uses_what_is_below_it(height: int) -> None:
    allowed = set().union(*LAYERS[: height + 1])
    for file in (file for part in LAYERS[height] for file in files(part)):
        used = {name.split(".")[1] for name in imports(file) if name.startswith("anomaly_detection.")}
        assert used <= allowed, file


@pytest.mark.parametrize("library", HOMES)
def test_a_large_library_is_imported_where_it_is_said_to_be(library: str) -> None:
    found = {
        str(file.relative_to(PACKAGE))
        for file in PACKAGE.rglob("*.py")
        if any(name.split(".")[0] == library for name in imports(file))
    }
    homes = {
        home: {name for name in found if name == home or (home[-1] == "/" and name.startswith(home))}
        for home in HOMES[library]
    }
    assert all(homes.values()), homes
    assert set().union(*homes.values()) == found
