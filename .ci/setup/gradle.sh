#!/usr/bin/env bash
# Chooses the Gradle of this checkout and writes its launcher, build/tools/gradle: the wrapper where its distribution is
# there or can be downloaded, otherwise a `gradle` on the PATH, otherwise Debian's package.
source "$(dirname "$0")/common.sh"
launcher=$TOOLS/gradle
stamp=$TOOLS/gradle.stamp
properties=gradle/wrapper/gradle-wrapper.properties

javac=${JAVA_HOME:+$JAVA_HOME/bin/}javac
java_version=$("$javac" -version 2>&1 | sed -nE 's/^javac ([0-9]+).*/\1/p' || true)
((${java_version:-0} >= 17)) || fail "expected a JDK of version 17 or newer, found ${java_version:-no javac}." \
  "Install one (Debian: apt-get install openjdk-17-jdk-headless), or set JAVA_HOME to it."

inputs=("${BASH_SOURCE[0]}")
[ ! -e "$properties" ] || inputs+=("$properties")
wanted=$(key "${inputs[@]}")
if [ -x "$launcher" ] && [ "$(sed -n 1p "$stamp" 2>/dev/null)" = "$wanted" ] && [ -x "$(sed -n 2p "$stamp")" ]; then
  say "$(sed -n 3p "$stamp"), already there"
  exit
fi
: >"$LOG"

# version COMMAND: its version, or nothing if it does not run here.
version() { "$1" --version 2>>"$LOG" </dev/null | sed -nE 's/^Gradle ([0-9][^ ]*).*/\1/p'; }

# works VERSION: Gradle runs on JDK 17 from 7.3; Debian's patched 4.4.1 does as well.
works() {
  [ "$1" = 4.4.1 ] || [ "$(printf '7.3\n%s\n' "${1:-0}" | sort -V | head -n 1)" = 7.3 ]
}

# wrapper_ready: is the wrapper's distribution in its cache, or its address within reach?
wrapper_ready() {
  [ -e gradlew ] && [ -e gradle/wrapper/gradle-wrapper.jar ] || return 1
  local url name
  url=$(sed -n 's/^distributionUrl=//p' "$properties" | sed 's/\\:/:/')
  name=$(basename "$url" .zip)
  compgen -G "${GRADLE_USER_HOME:-$HOME/.gradle}/wrapper/dists/$name/*/*.ok" >/dev/null || reachable "$url"
}

chosen=''
if wrapper_ready; then
  say 'preparing the version that the wrapper names (a download of some 130 MB the first time)'
  found=$(timeout 600 bash -c "$(declare -f version); version ./gradlew" LOG="$LOG") && [ -n "$found" ] && chosen=$ROOT/gradlew
fi
