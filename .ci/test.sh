#!/usr/bin/env bash
# Runs the tests of both languages; the last line on standard output sums them up. Arguments are Gradle's: -Pfast.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
java="java-pipeline/build/test-results"
python="python-transform/build/test-results"

rm -rf "$java" "$python" # only what this run writes counts
status=0
build/tools/gradle check --continue "$@" || status=$?
python-transform/.venv/bin/python .ci/sum_junit.py "$java" "$python" || status=$?
exit "$status"
