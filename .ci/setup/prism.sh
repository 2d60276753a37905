#!/usr/bin/env bash
# Puts Prism, the Beam runner of local runs, at build/tools/prism: one on the PATH, otherwise a build with `go install`,
# otherwise the binary that Beam released.
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "$0")/common.sh"
prism=$TOOLS/prism
noted=$TOOLS/prism.version # of one that does not say it itself
module=github.com/apache/beam/sdks/v2
releases=https://github.com/apache/beam/releases/download
wanted=$(property prismVersion)
[ -n "$wanted" ] || fail 'gradle.properties: expected prismVersion=vX.Y.Z, found none.'

# version_of FILE: what Go wrote into it; "(devel)" in Beam's released binaries, nothing in other programs.
version_of() {
  local found
  found=$(grep -aoE -m 1 "mod[[:space:]]${module}[[:space:]](v[0-9][0-9.]*|\(devel\))" "$1" | head -n 1) || true
  echo "${found##*[[:space:]]}"
}

if [ -x "$prism" ] && { [ "$(version_of "$prism")" = "$wanted" ] || [ "$(cat "$noted" 2>/dev/null)" = "$wanted" ]; }; then
  say "Prism $wanted, already there"
  exit
fi
: >"$LOG"
rm -f "$prism" "$noted"

if on_path=$(command -v prism); then
  version=$(version_of "$on_path")
  if [ "$version" = "$wanted" ] || [ "$version" = '(devel)' ]; then
    ln -s "$on_path" "$prism"
    echo "$wanted" >"$noted"
    say "Prism $version ($on_path)"
    exit
  fi
fi

if ! command -v go >/dev/null; then
  why='no go is on the PATH'
else
  say "building Prism $wanted with $(go env GOVERSION); about 4 minutes the first time"
  if logged env GOBIN="$TOOLS" timeout 1800 go install "$module/go/cmd/prism@$wanted"; then
    say "Prism $wanted (built)"
    exit
  fi
  why="the build failed: $(tail -n 1 "$LOG")"
fi

os=$(uname -s | tr '[:upper:]' '[:lower:]')
arch=$(uname -m | sed -e 's/x86_64/amd64/' -e 's/aarch64/arm64/')
name=apache_beam-$wanted-prism-$os-$arch
say "downloading the binary that Beam released, as $why"
download() {
  fetch 600 "$releases/$wanted/$name.zip" "$TOOLS/$name.zip" &&
    fetch 60 "$releases/$wanted/$name.zip.sha512" "$TOOLS/$name.zip.sha512" &&
    (cd "$TOOLS" && logged sha512sum -c "$name.zip.sha512") &&
    logged "$(find_python)" -m zipfile -e "$TOOLS/$name.zip" "$TOOLS"
}
if download; then
  rm "$TOOLS/$name".zip*
  mv "$TOOLS/$name" "$prism"
  chmod +x "$prism"
  echo "$wanted" >"$noted"
  say "Prism $wanted (released binary)"
  exit
fi
rm -f "$TOOLS/$name"*
log_tail
fail "Prism $wanted can be neither built nor downloaded (details above); $why." \
  "Install a Go as new as Prism's go.mod asks for, or put Beam's released prism $wanted on the PATH, or mend the network."
