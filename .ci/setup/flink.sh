#!/usr/bin/env bash
# Puts Flink, which `make cluster` starts, at build/tools/flink: the few jars of a standalone cluster, out of the package
# apache-flink-libraries, which needs no download site of its own.
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "$0")/common.sh"
package=apache-flink-libraries
venv=python-transform/.venv
flink=$TOOLS/flink
version=$(property flinkVersion)
hash=$(property flinkSha256)
[ -n "$version" ] && [ -n "$hash" ] || fail 'gradle.properties: expected flinkVersion=X.Y.Z and flinkSha256=…, found none.'

if [ -e "$flink/flink-dist-$version.jar" ]; then
  say "Flink $version, already there"
  exit
fi
[ -x $venv/bin/python ] || fail "expected the Python environment in $venv, found none." 'Run .ci/setup/python.sh first.'
: >"$LOG"
say "downloading $package $version; 220 MB"
folder=$(mktemp -d -p "$TOOLS") || fail "$TOOLS: no folder can be made there." 'See to free space (500 MB) and the right to write.'
trap 'rm -rf "$folder"' EXIT
echo "$package==$version --hash=sha256:$hash" >"$folder/requirements.txt"
if ! logged $venv/bin/python -m pip download --quiet --no-deps --no-binary :all: --no-build-isolation --require-hashes \
  --dest "$folder" --requirement "$folder/requirements.txt"; then
  log_tail
  fail "$package $version can not be downloaded by pip (details above)." \
    'Check the network, or tell pip which package index to use (pip config set global.index-url …).'
fi
mkdir "$folder/lib"
if ! logged tar -xzf "$folder/$package-$version.tar.gz" -C "$folder/lib" --strip-components=3 --no-same-owner --wildcards \
  '*/deps/lib/flink-dist-*.jar' '*/deps/lib/log4j-*.jar'; then
  log_tail
  fail "the jars of $package $version can not be taken out (details above)." 'Check the free space (500 MB), then run it again.'
fi
rm -rf "$flink"
mv "$folder/lib" "$flink"
say "Flink $version"
