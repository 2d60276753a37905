"""The `anomaly-detection` command: its help, its names, and words of it that are wrong."""

from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner

from anomaly_detection.cli import group
from anomaly_detection.encoders.shapes import SHAPES
from anomaly_detection.evaluate.contest import ENCODERS
from anomaly_detection.models.training import TrainOptions
from anomaly_detection.scoring.weights import LOOK_FOR

COMMANDS = ("generate", "train", "score", "report", "evaluate", "card", "inspect", "convert", "serve", "worker-pool")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_says_what_every_option_is_for(command: str) -> None:
    result = CliRunner().invoke(group, [command, "--help"])
    assert result.exit_code == 0
    for option in group.commands[command].params:
        assert option.opts[0] in result.output or option.metavar in result.output
        if option.param_type_name == "option":
            assert option.help
    assert result.output.startswith(f"Usage: group {command}")


def test_options_of_train_are_those_of_training() -> None:
    options, defaults = {option.name: option for option in group.commands["train"].params}, TrainOptions()
    for name in ("seed", "alpha", "encoder", "look_for", "reference_rows"):
        assert options[name].default == getattr(defaults, name), name
    assert set(options["encoder"].type.choices) == set(SHAPES) == set(ENCODERS)
    assert set(options["look_for"].type.choices) == set(LOOK_FOR)


def test_help_of_the_whole_shows_how_to_begin() -> None:
    result = CliRunner().invoke(group, ["--help"])
    assert all(command in result.output for command in COMMANDS)
    assert "anomaly-detection train deals.csv --id-column Id --output model" in result.output
    output = " ".join(result.output.split())
    assert "Exit status: 0 done, 1 the run failed, or `score` could score none of the rows, 2 bad usage" in output


def test_the_names_and_options_are_those_that_others_script_against() -> None:
    options = {name: {opt for p in command.params for opt in p.opts} for name, command in group.commands.items()}
    assert options.keys() == set(COMMANDS)
    assert options["generate"] >= {"--rows", "--output", "--seed", "--anomalies", "--labels"}
    assert options["train"] >= {"--id-column", "--output", "--spec", "--seed", "--alpha", "--encoder"}
    assert options["score"] >= {"--model", "--output", "--id-column"}
    assert options["inspect"] >= {"--json"}
    assert options["convert"] >= {"--encoder", "--model", "--params", "--output", "--allow-pickle", "--calibrate"}
    assert options["serve"] >= {"--host", "--port", "--loopback-worker", "--worker-pool", "--log-format"}
    assert options["worker-pool"] >= {"--host", "--port", "--runner", "--max-workers", "--log-format"}


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["score", "in.csv", "--modle", "m"], "--modle"),
        (["score", "in.csv"], "--model"),
        (["score"], "INPUT…"),
        (["scroe"], "scroe"),
        (["train", "in.csv", "--output", "m"], "--id-column"),
        (["train", "in.csv", "--id-column", "Id", "--output", "m", "--encoder", "bold"], "bold"),
        (["train", "in.csv", "--id-column", "Id", "--output", "m", "--seed", "x"], "--seed"),
        (["generate", "--rows", "0", "--output", "f"], "--rows"),
        (["inspect", "a", "b"], "extra argument"),
        (["train", "in.csv", "--id-column", "Id", "--output", "s3://bucket/m"], "expected a path of this machine"),
        (["serve", "--port", "99999"], "--port"),
        (["worker-pool", "--max-workers", "0"], "--max-workers"),
    ],
)
def test_bad_usage_is_explained_in_the_last_line(run: Any, arguments: list[str], named: str) -> None:
    done = run(*arguments)
    assert (done.status, done.out) == (2, "")
    last = done.err.splitlines()[-1]
    assert last.startswith("Error: ")
    assert named in last
