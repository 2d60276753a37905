"""`anomaly-detection card`."""

from __future__ import annotations

from pathlib import Path

import click

from anomaly_detection.cli.console import LocalPath, check_own, complete_file, err
from anomaly_detection.cli.models import read_model


@click.command()
@click.argument("model", metavar="MODEL")
@click.option(
    "--evaluation", metavar="evaluation.json", type=LocalPath(path_type=Path, dir_okay=False),
    help="The figures that `evaluate` wrote; without them the card has those of the model alone.",
)  # fmt: skip
@click.option("--output", type=click.Path(dir_okay=False), help="The file to write; standard output when absent.")
@click.option("--trained-on", metavar="TEXT", help="What the training data is and where it is from, in words.")
@click.option("--evaluated-on", metavar="TEXT", help="The same of the data of the evaluation.")
@click.option("--license", "license_", metavar="TEXT", help="The license of the model.")
def card(
    model: str,
    evaluation: Path | None,
    output: str | None,
    trained_on: str | None,
    evaluated_on: str | None,
    license_: str | None,
) -> None:
    """Write a model's card, as Markdown: its data, training, figures, limits and privacy.

    MODEL is a model's folder, also at gs:// or s3://. The same files and texts give the same card.
    """
    from anomaly_detection.card import Told, read_figures, render
    from anomaly_detection.card.facts import Facts

    artifacts = read_model(model)
    if output is not None:
        check_own("--output", output, [evaluation, *artifacts.names])
    facts = Facts.of(artifacts)
    figures = read_figures(evaluation, encoder=str(facts.training.get("encoder"))) if evaluation else None
    texts = {"trained_on": trained_on, "evaluated_on": evaluated_on, "license": license_}
    text = render(facts, figures, Told(**{name: text for name, text in texts.items() if text}))
    if output is None:
        click.echo(text, nl=False)
        return
    with complete_file(output) as stream:
        stream.write(text)
    err.print(f"wrote {output}", highlight=False, soft_wrap=True)
