"""The command."""

from __future__ import annotations

import errno
import gc
import os
import re
import shlex
import tempfile
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

import click

from salesforce_mock.app import application
from salesforce_mock.auth import Auth
from salesforce_mock.clock import Clock
from salesforce_mock.errors import LoadError
from salesforce_mock.loading import generated, load
from salesforce_mock.org import Org, Settings
from salesforce_mock.schema import Field
from salesforce_mock.server import listen, serve
from salesforce_mock.store import Store

_PROJECT = Path(__file__).resolve().parents[3]
_TYPES = ("string", "picklist", "double", "currency", "percent", "boolean", "date", "datetime")


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--host", default="127.0.0.1", help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8090, help="0: any that is free.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    default=_PROJECT / "data" / "opportunities.csv",
    show_default="data/opportunities.csv",
    help="CSV of opportunities, under the contract's names or under SOQL's paths; other columns become custom fields.",
)
@click.option("--rows", type=click.IntRange(min=1), help="Make so many opportunities up in place of a file.")
@click.option(
    "--contract",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    default=_PROJECT / "contract" / "salesforce.json",
    show_default="contract/salesforce.json",
    help="The SOQL path of each of the contract's columns.",
)
@click.option(
    "--field", "fields", multiple=True, metavar="NAME__c:TYPE", help=f"A custom field more: {', '.join(_TYPES)}."
)
@click.option("--client-id", default="test-client", help="The connected app's, for a login of either kind.")
@click.option("--client-secret", default="test-secret", help="Its secret; it is printed.")
@click.option("--username", default="tester@example.com", help="Who a signed assertion is for.")
@click.option(
    "--private-key-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where to write the key that assertions are to be signed with.  [default: a temporary file]",
)
@click.option(
    "--api-limit", type=click.IntRange(min=1), default=Settings.api_limit, help="Calls that there are for 24 h."
)
@click.option(
    "--bulk-job-limit", type=click.IntRange(min=0), default=Settings.bulk_job_limit, help="Bulk jobs likewise."
)
@click.option(
    "--job-seconds", type=click.FloatRange(min=0), default=Settings.job_seconds, help="How long a bulk job takes."
)
@click.option(
    "--bulk-page",
    type=click.IntRange(min=1),
    default=Settings.bulk_page,
    help="The most rows of a page of bulk results.",
)
@click.option("--session-seconds", type=click.FloatRange(min=0), default=7200.0, help="How long a token lasts unused.")
@click.option(
    "--until-stdin-closes", is_flag=True, help="End with the program that started this one and holds its input."
)
def main(
    host: str,
    port: int,
    data: Path,
    rows: int | None,
    contract: Path,
    fields: tuple[str, ...],
    client_id: str,
    client_secret: str,
    username: str,
    private_key_file: Path | None,
    api_limit: int,
    bulk_job_limit: int,
    job_seconds: float,
    bulk_page: int,
    session_seconds: float,
    until_stdin_closes: bool,
) -> None:
    """Serve a Salesforce to test against, over http.

    Prints `ready URL` and the login, as lines for a shell, when it serves. Whoever reaches the port can switch faults
    on and change the data, so leave it on 127.0.0.1.
    """
    try:
        bound = listen(host, port)
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        hint = "it is taken; give another --port, or 0 for any that is free" if taken else str(error.strerror or error)
        raise click.ClickException(f"{host}:{port}: {hint}") from None
    with bound:
        clock = Clock()
        auth = Auth(client_id, client_secret, username, clock, session_seconds)
        settings = Settings(
            api_limit=api_limit, bulk_job_limit=bulk_job_limit, job_seconds=job_seconds, bulk_page=bulk_page
        )
        try:
            store = _store(data, rows, contract, tuple(_field(each) for each in fields), clock)
        except LoadError as error:
            raise click.ClickException(str(error)) from None
        org = Org(store, auth, settings, clock)
        gc.freeze()  # the collector need not look at the rows again
        try:
            key_file = _write_key(auth, private_key_file)
        except OSError as error:
            where = private_key_file or tempfile.gettempdir()
            raise click.ClickException(f"--private-key-file: cannot write to {where}: {error.strerror}") from None
        number = bound.getsockname()[1]
        name = f"[{host}]" if ":" in host else host
        if not _loopback(host):
            click.echo(f"warning: {host} can be reached from elsewhere; everybody there can change the data", err=True)

        def ready() -> None:
            login = {
                "SALESFORCE_URL": f"http://{name}:{number}",
                "SALESFORCE_CLIENT_ID": client_id,
                "SALESFORCE_CLIENT_SECRET": client_secret,
                "SALESFORCE_USERNAME": username,
                "SALESFORCE_PRIVATE_KEY_FILE": str(key_file),
            }
            click.echo("\n".join(f"export {key}={shlex.quote(value)}" for key, value in login.items()))
            click.echo(f"ready http://{name}:{number} with {len(store.rows())} opportunities")

        try:
            serve(application(org), bound, ready=ready, until_stdin_closes=until_stdin_closes)
        finally:
            if private_key_file is None:
                key_file.unlink(missing_ok=True)


def _store(data: Path, rows: int | None, contract: Path, more: tuple[Field, ...], clock: Callable[[], float]) -> Store:
    if rows is None:
        return load(data, contract=contract, more=more, clock=clock)
    made = generated(rows)
    try:
        return load(made, contract=contract, more=more, clock=clock)
    finally:
        made.unlink()


def _field(text: str) -> Field:
    name, _, kind = text.partition(":")
    if not re.fullmatch(r"[A-Za-z]\w*__c", name) or kind not in _TYPES:
        raise click.BadParameter(
            f"expected NAME__c:TYPE with one of {', '.join(_TYPES)}, found {text!r}", param_hint="--field"
        )
    return Field(name=name, type=kind, length=255 if kind in {"string", "picklist"} else 0, precision=18, scale=6)


def _write_key(auth: Auth, path: Path | None) -> Path:
    if path is None:
        descriptor, name = tempfile.mkstemp(prefix="salesforce-mock-", suffix=".pem")
        path = Path(name)
    else:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(auth.private_key())
    return path.resolve()


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
