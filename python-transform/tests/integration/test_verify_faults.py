"""A batch that a fault makes hang: it is ended when its time is over, and the next fault strikes."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from verify import batch_faults, fault, product

PRODUCT = """#!/bin/sh
for word in "$@"; do
  case $word in
    --output=*) output=${word#--output=} ;;
    --silent) exec sleep 60 ;;
    --hangs) hangs=1 ;;
  esac
done
echo 'reading 9 files'
[ -z "$hangs" ] || exec sleep 60
mkdir -p "$output"
seq 1 110 >"$output/scored.jsonl"
"""


def test_a_batch_that_hangs_does_not_hold_and_the_next_one_is_struck(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = tmp_path / "product"
    app.write_text(PRODUCT, "utf-8")
    app.chmod(0o755)
    cluster = SimpleNamespace(folder=tmp_path, ports=SimpleNamespace(first=1))
    renewed: list[Any] = []
    monkeypatch.setattr(product, "_APP", app)
    monkeypatch.setattr(product, "LIMIT_SECONDS", 1.0)
    monkeypatch.setattr(product.run, "options", lambda cluster, given: [])
    monkeypatch.setattr(batch_faults, "Cluster", SimpleNamespace(of=lambda *unused: cluster))
    monkeypatch.setattr(batch_faults, "renewed", lambda one: renewed.append(one) or one)

    def faults(*options: str) -> Any:
        return fault.Fault(
            "/".join(options), lambda cluster: None, share=0.0, of_time=True, seconds=0.0, mend=lambda cluster: None,
            options=options,
        )  # fmt: skip

    found = list(
        batch_faults.batch_faults(cluster, [faults("--silent"), faults("--hangs"), faults()], tmp_path, rows=10)
    )
    assert [one.holds for one in found] == [False, False, True]
    assert "did not end in time" in found[1].outcome
    assert len(renewed) == 2
