"""What the documents name is there: files, headings, commands and options, and the defaults that are told of."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import bench.__main__
import cluster.__main__
import verify.__main__
from anomaly_detection.cli import group

ROOT = Path(__file__).parents[3]
JAVA = ROOT / "java-pipeline" / "src" / "main" / "java" / "org" / "anomalydetection" / "pipeline"
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *(page for folder in ("contract", "data", "pretrained") for page in sorted((ROOT / folder).glob("*.md"))),
    *sorted((ROOT / "java-pipeline").glob("*.md")),
    ROOT / "python-transform" / "README.md",
    *sorted((ROOT / "python-transform" / "benchmarks").glob("*.md")),
    ROOT / "salesforce-mock" / "README.md",
]
OTHERS = {
    # Beam, and the runners and file systems that it has
    *("awsCredentialsProvider", "awsRegion", "endpoint", "gcsEndpoint", "s3StorageClass", "jobEndpoint", "jobName"),
    *("SSEAlgorithm", "SSECustomerKey", "SSEKMSKeyId", "project", "region", "tempLocation", "runner"),
    *("sdkHarnessContainerImageOverrides", "defaultEnvironmentType", "defaultEnvironmentConfig"),
    *("environment_type", "environment_config"),
    # Docker, Gradle, Flink, mypy, bq, gcloud and every program
    *("build", "build-arg", "detach", "profile", "read-only", "rm", "target", "tmpfs", "user", "volume", "wait"),
    *("workdir", "args", "drain", "help", "strict", "table"),
    *("image", "metadata-file", "parameters", "params", "sdk-language", "temp-location", "template-file-gcs-location"),
}
"""Options of programs that are not ours."""


def text(page: Path) -> str:
    return page.read_text("utf-8")


def prose(page: Path) -> str:
    return re.sub(r"^```.*?^```", "", text(page), flags=re.M | re.S)


def headings(page: Path) -> set[str]:
    """The anchors of a page, as GitHub makes them."""
    titles = (re.sub(r"[`*]|\[|\]\([^)]*\)", "", line) for line in re.findall(r"^#+ (.+)$", prose(page), re.M))
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\((?!https?:)([^)\s]+)\)", prose(page)):
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        assert not anchor or anchor in headings(target), link


def options_of(command: click.Command) -> Iterator[str]:
    for parameter in command.params:
        yield from (word.removeprefix("--") for word in [*parameter.opts, *parameter.secondary_opts])
    if isinstance(command, click.Group):
        for one in command.commands.values():
            yield from options_of(one)


def options() -> set[str]:
    java = re.findall(r"\b(?:get|is)(\w+)\(\);", "".join(text(file) for file in JAVA.glob("*Options.java")))
    mock = re.findall(r'"--([\w-]+)[/"]', text(ROOT / "salesforce-mock/src/salesforce_mock/cli.py"))
    scripts = re.findall(r'"--([\w-]+)"', "".join(text(f) for f in (ROOT / "python-transform/benchmarks").glob("*.py")))
    python = (group, bench.__main__.main, cluster.__main__.main, verify.__main__.main)
    return {
        *(name[0].lower() + name[1:] for name in java),
        *(name for command in python for name in options_of(command)),
        *(*mock, *scripts, *OTHERS),
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_options_are_there(page: Path) -> None:
    named = set(re.findall(r"(?<![\w-])--([A-Za-z][\w-]*)", text(page)))
    assert named <= options(), sorted(named - options())


def test_every_option_of_others_is_named_somewhere() -> None:
    named = {name for page in PAGES for name in re.findall(r"(?<![\w-])--([A-Za-z][\w-]*)", text(page))}
    assert named >= OTHERS, sorted(OTHERS - named)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_targets_of_make_are_there(page: Path) -> None:
    rules = re.findall(r"^([a-z][\w -]*):", text(ROOT / "Makefile"), re.M)
    targets = {target for rule in rules for target in rule.split()}
    blocks = "\n".join(re.findall(r"^```sh$(.*?)^```", text(page), re.M | re.S))
    calls = [*re.findall(r"`make\s([^`]+)`", prose(page)), *re.findall(r"^make (.*)$", blocks, re.M)]
    named = {word for call in calls for word in call.partition("#")[0].split('"')[0].split() if "=" not in word}
    assert named <= targets, sorted(named - targets)


def test_the_java_options_tell_the_contract_s_defaults() -> None:
    fields = json.loads(text(ROOT / "contract/schemas/config.json"))["fields"]
    defaults = {field["name"]: field.get("default") for field in fields}
    source = text(JAVA / "ScoringOptions.java")
    told = {
        getter: int(number)
        for number, getter in re.findall(r"; (\d+) when absent\.\"\)\s+@Nullable \S+ get(\w+)\(\);", source)
    }
    assert told == {"Explain": defaults["explain"], "BatchSize": defaults["batch_size"]}


def test_all_parts_have_one_version() -> None:
    (version,) = re.findall(r"^    version = '([\d.]+)'$", text(ROOT / "build.gradle"), re.M)
    for folder in ("python-transform", "salesforce-mock"):
        assert tomllib.loads(text(ROOT / folder / "pyproject.toml"))["project"]["version"] == version
