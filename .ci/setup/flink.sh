#!/usr/bin/env bash
# Puts Flink, which `make cluster` starts, at build/tools/flink: the few jars of a standalone cluster.
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "$0")/common.sh"
files_of flink apache-flink-libraries 220 3 '*/deps/lib/flink-dist-*.jar' '*/deps/lib/log4j-*.jar'
