"""The launcher of a Flex Template, around a stand-in for the one file of it that is Google's."""

from __future__ import annotations

from pathlib import Path

import pytest

from .stacks import ROOT, run

pytestmark = pytest.mark.timeout(1800)
INSTALL = ROOT / "java-pipeline" / "build" / "install" / "java-pipeline"
LAUNCHER = "anomaly-detection-launcher"

# What Google documents of its program: it runs this class of these jars, with the parameters as options.
STAND_IN = """#!/bin/sh
exec java -cp "$FLEX_TEMPLATE_JAVA_CLASSPATH" "$FLEX_TEMPLATE_JAVA_MAIN_CLASS" "$@"
"""

# Those of the committed graph, which a test in Java explains.
OPTIONS = (
    *("--runner=DataflowRunner", "--dryRun", "--project=my-project", "--region=europe-west1"),
    *("--tempLocation=gs://bucket/temporary", "--output=/tmp/out", "--sdkContainerImage=java-worker"),
    "--sdkHarnessContainerImageOverrides=.*python.*,python-worker",
)


@pytest.fixture(scope="module")
def launcher(images: None, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The image, with the pipeline that Gradle installed here, as it does in the pipeline's own image."""
    folder = tmp_path_factory.mktemp("launcher")
    program = folder / "launcher" / "java_template_launcher"
    program.parent.mkdir()
    program.write_text(STAND_IN)
    program.chmod(0o755)
    parts = {
        "LAUNCHER": only(program.parent, "/opt/google/dataflow"),
        "PIPELINE": only(INSTALL, "/opt/java-pipeline"),
        "SERVICE": "anomaly-detection",
    }
    arguments = [f"--build-arg={name}={image}" for name, image in parts.items()]
    run("docker", "build", "--file=java-pipeline/dataflow/Dockerfile", f"--tag={LAUNCHER}", *arguments, ".")
    return LAUNCHER


def only(folder: Path, at: str) -> str:
    """An image with nothing but a folder in it."""
    tag = f"{LAUNCHER}-{folder.name}"
    run("docker", "build", f"--tag={tag}", "--file=-", folder, input=f"FROM scratch\nCOPY . {at}\n")
    return tag


def test_it_makes_the_job_with_what_is_in_it(launcher: str) -> None:
    sample = f"--volume={ROOT / 'data'}:/app/data:ro"
    printed = run("docker", "run", "--rm", "--network=none", sample, launcher, *OPTIONS)
    assert printed == (ROOT / "java-pipeline" / "dataflow" / "job.json").read_text()
