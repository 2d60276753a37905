"""`anomaly-detection convert`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from anomaly_detection.cli.console import LocalPath, check_folder, check_own_model, err, out
from anomaly_detection.errors import DataError
from anomaly_detection.features.feature import Feature
from anomaly_detection.files.patterns import match_files
from anomaly_detection.schema import ColumnType
from anomaly_detection.tables.input_table import InputTable, column_types, read_all

if TYPE_CHECKING:
    from anomaly_detection.accelerator.convert import Sample

_FILE = LocalPath(path_type=Path, dir_okay=False)


@click.command()
@click.option("--encoder", type=_FILE, required=True, help="The accelerator's encoder.pth, a state_dict.")
@click.option("--model", type=_FILE, required=True, help="Its anomaly_detection.model, a pickled HDBSCAN.")
@click.option("--params", type=_FILE, required=True, help="Its model.params, a pickled dict.")
@click.option("--output", type=LocalPath(path_type=Path, file_okay=False), required=True, help="The model's folder.")
@click.option(
    "--allow-pickle", is_flag=True, help="Read the pickles, which can run code: only those of people you trust."
)
@click.option(
    "--calibrate", metavar="INPUT",
    help="Rows to take the columns, scales and p-values from, without which the model scores encodings only; as "
    "`score` takes them.",
)  # fmt: skip
@click.option("--id-column", default="Id", show_default=True, help="The column of INPUT that names a row.")
@click.option(
    "--numeric", multiple=True, default=["Amount"], show_default=True,
    help="A numeric column of INPUT, in the encoder's order; all others are hashed.",
)  # fmt: skip
@click.option("--alpha", type=float, default=0.01, show_default=True, help="The share of normal rows to call odd.")
def convert(
    encoder: Path,
    model: Path,
    params: Path,
    output: Path,
    allow_pickle: bool,
    calibrate: str | None,
    id_column: str,
    numeric: tuple[str, ...],
    alpha: float,
) -> None:
    """Turn the published accelerator's pickled model into safe files of the same names.

    Its predictions stay what they were. With --calibrate the result also scores rows, here and in a pipeline:
    cluster, membership, outlier score and p-value, but no reasons, which it cannot give.
    """
    from anomaly_detection.accelerator.isolation import check_allowed

    check_allowed(allow_pickle, [model, params])
    check_folder(output)
    with err.status("converting", spinner="dots"):
        from anomaly_detection.accelerator.convert import convert as run
        from anomaly_detection.accelerator.files import read_latent

        check_own_model(output, [encoder, model, params, *([] if calibrate is None else match_files(calibrate))])
        sample = None if calibrate is None else _sample(calibrate, id_column, numeric, alpha)
        artifacts = run(encoder, model, params, allow_pickle=allow_pickle, sample=sample)
        latent = read_latent(artifacts)
    artifacts.write(output)
    clusters = int(latent.clustering.node_label.max()) + 1
    out.print(
        f"model {artifacts.parsed_params['model_id']}: {clusters:,} clusters of "
        f"{len(latent.clustering.reference):,} reference rows, "
        + ("not calibrated" if sample is None else f"calibrated on {sample.table.num_rows:,} rows"),
        highlight=False,
        soft_wrap=True,
    )
    out.print(f"wrote {output}", soft_wrap=True)


def _sample(source: str, id_column: str, numeric: tuple[str, ...], alpha: float) -> Sample:
    from anomaly_detection.accelerator.convert import Sample

    plain = InputTable(source, id_column=id_column)
    missing = [name for name in numeric if name not in plain.columns]
    if missing:
        raise DataError(f"{source}: expected the numeric column {missing[0]!r}; it has {', '.join(plain.columns)}")
    found = column_types(plain)
    # Texts are hashed as they stand there: a date or a number that is not named is one, too.
    types: dict[str, ColumnType] = {
        name: "DOUBLE" if name in numeric else "BOOLEAN" if kind == "BOOLEAN" else "STRING"
        for name, kind in found.items()
        if name != plain.id_column
    }
    rows, bad = read_all(plain.with_types(types))
    if bad:
        err.print(f"{len(bad):,} bad rows are left out")
    features = [Feature(name=name, kind="numeric", type="DOUBLE") for name in numeric]
    features += [
        Feature(name=name, kind="categorical", type=kind) for name, kind in types.items() if name not in numeric
    ]
    return Sample(table=rows, features=tuple(features), id_column=plain.id_column, alpha=alpha)
