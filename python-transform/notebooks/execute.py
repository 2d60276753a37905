"""Runs notebooks from top to bottom and writes copies with their outputs: `execute.py OUTPUT [NAME.ipynb …]`.

The kernel is the Python that runs this, whatever kernels and settings there are for Jupyter.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

HERE = Path(__file__).parent
SECONDS = 240
"""What one cell may take."""


class ThisPython(AsyncKernelManager):
    """Starts kernels of this very Python."""

    kernel_spec = KernelSpec(
        argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--log-level=40"],
        display_name="Python 3",
        language="python",
    )


def execute(notebook: Any, *, folder: Path) -> None:
    """Run all cells in a folder, where their relative paths begin; the outputs are put into the notebook.

    Raises `nbclient.exceptions.CellExecutionError` with the traceback of the first cell that fails.
    """
    client = NotebookClient(notebook, km=ThisPython(), timeout=SECONDS, resources={"metadata": {"path": str(folder)}})
    with TemporaryDirectory() as settings:
        environment = {
            "IPYTHONDIR": settings,
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        }
        client.execute(env={**os.environ, **environment})


def main() -> None:
    """Run the named notebooks beside this file, or all."""
    output = Path(sys.argv[1])
    output.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:] or sorted(path.name for path in HERE.glob("*.ipynb")):
        notebook = nbformat.read(HERE / name, as_version=4)
        execute(notebook, folder=HERE)
        nbformat.write(notebook, output / name)
        print(f"wrote {output / name}", flush=True)


if __name__ == "__main__":
    main()
