#!/usr/bin/env bash
# build.sh FOLDER: makes Beam's program that runners start in a worker's container, which Beam publishes in images only,
# of the sources that gradle.properties pins; beside it what the licences of all that is in it ask for.
set -euo pipefail
into=$1
property() { sed -n "s/^$1=//p" gradle.properties; }
module=github.com/apache/beam/sdks/v2@v$(property beamVersion)
package=./python/container
export GOTOOLCHAIN=local GOFLAGS=-trimpath CGO_ENABLED=0

# The pinned hash is that of all files of the module, among them its go.sum, which has the hashes of all others.
IFS=$'\t' read -r folder sum < <(GONOSUMDB='*' go mod download -json "$module" |
  python3 -c 'import json, sys; found = json.load(sys.stdin); print(found["Dir"], found["Sum"], sep="\t")')
if [ "$sum" != "$(property beamGoSum)" ]; then
  echo "$module: expected the hash beamGoSum=$(property beamGoSum) of gradle.properties, found $sum" >&2
  exit 1
fi
cd "$folder"
go build -ldflags='-s -w' -o "$into/boot" "$package"

# notices PATH FOLDER: copies the licences that a folder has.
notices() {
  mkdir -p "$into/third_party_licenses/golang/$1"
  find "$2" -maxdepth 1 -type f -iregex '.*/\(licen[cs]e\|copying\|notice\|patents\)[^/]*' \
    -exec install -m 644 -t "$into/third_party_licenses/golang/$1" {} +
}
install -m 644 LICENSE "$into"
# Go's own is not in its package, but that of its authors' modules is the same.
notices go "$(go env GOROOT)/src/cmd/vendor/golang.org/x/tools"
go list -deps -f '{{with .Module}}{{if not .Main}}{{.Path}} {{.Dir}}{{end}}{{end}}' "$package" | sort -u |
  while read -r path dir; do notices "$path" "$dir"; done
without=$(find "$into/third_party_licenses/golang" -type d -empty)
if [ -n "$without" ]; then
  echo "expected a licence of each module, found none of $without" >&2
  exit 1
fi
