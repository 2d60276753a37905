#!/usr/bin/env bash
# Puts Spark, which `make cluster ENGINE=spark` starts, at build/tools/spark: the jars of a standalone cluster.
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "$0")/common.sh"
files_of spark pyspark 320 2 '*/deps/jars/*'
