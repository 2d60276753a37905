"""`anomaly-detection inspect`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click
from rich.table import Table

from anomaly_detection.cli.console import out
from anomaly_detection.cli.models import read_model

if TYPE_CHECKING:
    from anomaly_detection.models.artifacts import Artifacts


@click.command()
@click.argument("model", metavar="FOLDER")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def inspect(model: str, as_json: bool) -> None:
    """Check a model's files, also at gs:// or s3://, and print what is in them."""
    from anomaly_detection.models.artifacts import CONVERTED

    artifacts = read_model(model)
    if artifacts.kind == CONVERTED:
        _inspect_converted(artifacts, as_json)
        return
    detector = artifacts.detector()
    params = artifacts.parsed_params
    vocabularies = params.pop("vocabularies")
    params["features"] = [
        {
            **feature,
            **({"values": len(vocabularies[feature["name"]])} if feature["name"] in vocabularies else {}),
        }
        for feature in params["features"]
    ]
    params["threshold"] = detector.threshold(None)
    params["clusters"] = int(detector.clustering.node_label.max()) + 1
    if as_json:
        click.echo(json.dumps(params, ensure_ascii=False, indent=2))
        return
    facts = Table(title=f"model {detector.model_id}", title_justify="left", show_header=False)
    for name in ("format_version", "id_column", "alpha", "threshold", "clusters"):
        value = params[name]
        facts.add_row(name, f"{value:.4g}" if isinstance(value, float) else str(value))
    for group in ("training", "libraries", "files"):
        for name, value in params[group].items():
            if isinstance(value, dict):
                continue
            facts.add_row(f"{group}: {name}", f"{value:.4g}" if isinstance(value, float) else str(value))
    out.print(facts)
    features = Table(title="features", title_justify="left")
    for heading in ("column", "kind", "type", "values", "new values expected in"):
        features.add_column(heading)
    unseen = detector.baseline.unseen_share
    for feature in params["features"]:
        shown = feature.get("values", f"{feature['from']} to {feature['to']}" if "from" in feature else "")
        features.add_row(
            feature["name"], feature["kind"], feature.get("type", ""), str(shown), _share(unseen.get(feature["name"]))
        )
    out.print(features)


def _share(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.2f}% of rows"


def _inspect_converted(artifacts: Artifacts, as_json: bool) -> None:
    from anomaly_detection.accelerator.files import read_latent

    latent = read_latent(artifacts)
    params = artifacts.parsed_params
    params["clusters"] = int(latent.clustering.node_label.max()) + 1
    if as_json:
        click.echo(json.dumps(params, ensure_ascii=False, indent=2))
        return
    facts = Table(title=f"model {params['model_id']}", title_justify="left", show_header=False)
    facts.add_row("kind", "the published accelerator's, converted")
    facts.add_row("scores rows", "yes, without reasons" if params["features"] else "no: convert it with --calibrate")
    facts.add_row("clusters", f"{params['clusters']:,} of {len(latent.clustering.reference):,} reference rows")
    for name in ("cards", "widths", "numbers", "layers", "activation"):
        facts.add_row(f"encoder: {name}", str(params["encoder"][name]))
    for group in ("converted_from", "libraries", "files"):
        for name, value in params[group].items():
            facts.add_row(f"{group}: {name}", str(value))
    out.print(facts)
    for feature in params["features"]:
        out.print(f"{feature['kind']}: {feature['name']}", soft_wrap=True)
