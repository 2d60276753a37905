"""Objects that appear whole or not at all, in a store that fails in many ways."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from anomaly_detection.cli.console import complete_file
from anomaly_detection.errors import ConfigError, DataError
from anomaly_detection.files import stored
from anomaly_detection.files.patterns import match_files
from anomaly_detection.tables.input_table import InputTable
from anomaly_detection.tables.parquet_file import ParquetFile

URI = "test://bucket/out.jsonl"


class Upload(io.BytesIO):
    def __init__(self, store: Store, uri: str) -> None:
        super().__init__()
        self.store, self.uri = store, uri

    def write(self, content: Any) -> int:
        if len(self.store.objects.get(self.uri, b"")) > 0 and self.store.broken == "write":
            raise RuntimeError("HTTP 503\nand more")
        return super().write(content)

    def close(self) -> None:
        if not self.closed:
            self.store.objects[self.uri] = self.getvalue()
        super().close()


class Store:
    def __init__(self, broken: str) -> None:
        self.broken = broken
        self.objects: dict[str, bytes] = {URI: b"of an earlier run"}

    def scheme(self) -> str:
        return "test"

    def create(self, uri: str, **_: Any) -> Upload:
        if self.broken == "create":
            raise RuntimeError("HTTP 403")
        return Upload(self, uri)

    def open(self, uri: str, **_: Any) -> io.BytesIO:
        return io.BytesIO(self.objects[uri])

    def checksum(self, uri: str) -> int:
        return hash(self.objects[uri])

    def copy(self, sources: list[str], targets: list[str]) -> list[Any]:
        if self.broken == "copy":
            return [(sources[0], targets[0], RuntimeError("HTTP 503"))]
        self.objects[targets[0]] = self.objects[sources[0]]
        return [(sources[0], targets[0], None)]

    def delete(self, uris: list[str]) -> None:
        if self.broken == "delete":
            raise RuntimeError("HTTP 403")
        for uri in uris:
            del self.objects[uri]


@pytest.fixture
def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Store:
    made = Store(request.param)
    monkeypatch.setattr(stored, "_store", lambda uri: made)
    return made


@pytest.mark.parametrize("store", [""], indirect=True)
@pytest.mark.parametrize("lines", [[], ["é\n"], ["line\n"] * 500_000], ids=["none", "one", "many"])
def test_an_object_is_there_when_all_is_written(store: Store, lines: list[str]) -> None:
    with complete_file(URI) as stream:
        for line in lines:
            stream.write(line)
        assert store.objects[URI] == b"of an earlier run"
    assert store.objects == {URI: "".join(lines).encode()}


@pytest.mark.parametrize(
    ("store", "error", "said"),
    [
        ("create", ConfigError, f"{URI}: cannot be written: HTTP 403"),
        ("write", DataError, f"{URI}: cannot be written: HTTP 503"),
        ("copy", DataError, f"{URI}: cannot be written: HTTP 503"),
    ],
    indirect=["store"],
)
def test_an_object_stays_as_it_is_where_the_store_fails(store: Store, error: Any, said: str) -> None:
    with pytest.raises(error) as caught, complete_file(URI) as stream:
        stream.write("line\n" * 500_000)
    assert str(caught.value) == said
    assert caught.value.exit_code == (2 if error is ConfigError else 1)
    assert store.objects == {URI: b"of an earlier run"}


@pytest.mark.parametrize("store", [""], indirect=True)
@pytest.mark.parametrize("error", [DataError("input"), KeyboardInterrupt()])
def test_an_object_stays_as_it_is_where_the_run_fails(store: Store, error: BaseException) -> None:
    def fail() -> None:
        with complete_file(URI) as stream:
            stream.write("line\n" * 500_000)
            raise error

    with pytest.raises(type(error)) as caught:
        fail()
    assert caught.value is error
    assert store.objects == {URI: b"of an earlier run"}


@pytest.mark.parametrize("store", ["delete"], indirect=True)
def test_what_stays_in_a_store_is_named(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    with complete_file(URI) as stream:
        stream.write("line\n")
    (part,) = store.objects.keys() - {URI}
    assert store.objects == {URI: b"line\n", part: b"line\n"}
    assert capsys.readouterr().err == (
        f"warning: {part} stays there and cannot be removed: HTTP 403; remove it, as patterns may find it\n"
    )


@pytest.mark.parametrize("store", [""], indirect=True)
def test_an_object_that_is_replaced_while_it_is_read_is_no_mixture_of_both(store: Store) -> None:
    store.objects[URI] = b"Id\n" + b"1\n" * 10**6
    with stored.open_text(URI) as stream:
        assert stream.read(3) == "Id\n"
        store.objects[URI] = store.objects[URI].replace(b"1", b"2")
        with pytest.raises(OSError) as caught:
            stream.read()
    assert caught.value.strerror == "it was changed while it was read"
    with stored.open_text(URI) as stream:
        assert stream.read().count("2") == 10**6


@pytest.mark.parametrize("store", [""], indirect=True)
def test_a_parquet_object_that_is_replaced_while_it_is_read_is_no_mixture_of_both(store: Store) -> None:
    def parquet(first: int) -> bytes:
        content = io.BytesIO()
        pq.write_table(pa.table({"Id": range(first, first + 100)}), content, row_group_size=10)
        return content.getvalue()

    store.objects[URI] = parquet(0)
    file = ParquetFile.of(URI)
    assert sum(len(each.rows) for each in file.records(10)) == 100
    records = file.records(10)
    next(records)
    store.objects[URI] = parquet(100)
    with pytest.raises(DataError, match="cannot be read: it was changed while it was read"):
        list(records)


def test_objects_are_found_as_java_finds_them(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["deals/a.csv", "deals/b/c.csv", "deals/x1.csv", "deals/x2.csv", "deals/x/.csv", "deals/", "other/a.csv"]
    asked = []

    class Found(Store):
        def match(self, patterns: list[str]) -> list[Any]:
            asked.extend(patterns)
            return [SimpleNamespace(metadata_list=[SimpleNamespace(path=f"test://bucket/{name}") for name in names])]

    monkeypatch.setattr(stored, "_store", lambda uri: Found(""))

    def found(pattern: str) -> list[str]:
        return [uri.removeprefix("test://bucket/") for uri in match_files(f"test://bucket/{pattern}")]

    assert found("deals/*.csv") == ["deals/a.csv", "deals/x1.csv", "deals/x2.csv"]
    assert found("deals/*/*.csv") == ["deals/b/c.csv", "deals/x/.csv"]
    assert found("deals/x?.csv") == found("deals/x[!3].csv") == found("deals/x[12].csv") == names[2:4]
    assert found("*/a.csv") == ["deals/a.csv", "other/a.csv"]
    assert asked[-2] == "test://bucket/deals/x?.csv"
    with pytest.raises(DataError, match=r"\*\*/\*\.csv: expected no wildcards but \*, \? and \[…\], found \*\*$"):
        found("deals/**/*.csv")


@pytest.mark.parametrize("uri", ["hdfs://host/a.csv", "x3://bucket/a.csv", "filesystem://a.csv"])
def test_other_stores_are_refused_in_words(uri: str) -> None:
    said = f"expected a path of this machine, gs:// or s3://, found {uri.partition(':')[0]}://"
    with pytest.raises(ConfigError) as caught, complete_file(uri):
        pass
    assert str(caught.value) == f"{uri}: cannot be written: {said}"
    with pytest.raises(DataError) as read:
        InputTable(uri, id_column="Id")
    assert str(read.value) == f"{uri}: expected a CSV file that can be read, found: {said}"
    with pytest.raises(DataError) as matched:
        match_files(f"{uri}*")
    assert str(matched.value) == f"{uri}* cannot be read: {said}"
