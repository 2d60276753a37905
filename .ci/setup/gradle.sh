#!/usr/bin/env bash
# Chooses the Gradle of this checkout and writes its launcher, build/tools/gradle: the wrapper where its distribution is
# there or can be downloaded, otherwise a `gradle` on the PATH, otherwise Debian's package.
# shellcheck source-path=SCRIPTDIR source=common.sh
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

# version COMMAND…: the version it reports, or nothing if it does not run here.
version() { "$@" --version 2>>"$LOG" </dev/null | sed -nE 's/^Gradle ([0-9][^ ]*).*/\1/p' || true; }

# runs_here VERSION: Gradle knows JDK 17 from 7.3 on; Debian's patched 4.4.1 does as well.
runs_here() {
  [ "$1" = 4.4.1 ] || [ "$(printf '7.3\n%s\n' "${1:-0}" | sort -V | head -n 1)" = 7.3 ]
}

# wrapper_in_reach: its distribution is in the cache, or its address answers.
wrapper_in_reach() {
  [ -e gradlew ] && [ -e gradle/wrapper/gradle-wrapper.jar ] || return 1
  local url
  url=$(sed -n 's/^distributionUrl=//p' "$properties" | sed 's,\\,,g')
  compgen -G "${GRADLE_USER_HOME:-$HOME/.gradle}/wrapper/dists/$(basename "$url" .zip)/*/*.ok" >>"$LOG" || fetch 10 "$url"
}

# choose NAME COMMAND [SECONDS]: takes the command if it runs here.
chosen=''
choose() {
  local found
  found=$(version timeout "${3:-120}" "$2")
  if runs_here "$found"; then
    chosen=$2
    title="Gradle $found ($1)"
  else
    echo "$2: found version ${found:-none}, expected 7.3 or newer, or Debian's 4.4.1" >>"$LOG"
  fi
}

if wrapper_in_reach; then
  say 'preparing the version that the wrapper names; a download of some 130 MB the first time'
  choose wrapper "$ROOT/gradlew" 900
fi
if [ -z "$chosen" ] && on_path=$(command -v gradle); then
  choose "$on_path" "$on_path"
fi
if [ -z "$chosen" ] && is_debian; then
  say "installing Debian's package gradle; about a minute"
  if debian_package gradle; then choose "Debian's package" /usr/bin/gradle; fi
fi
if [ -z "$chosen" ]; then
  log_tail
  fail 'no Gradle that runs on this JDK (details above).' \
    'Install Gradle 7.3 or newer and put it on the PATH, or (Debian, as root) apt-get install gradle.'
fi

# No daemon, so that nothing is left running behind a command; a build is over before the second compiler tier pays.
cat >"$launcher" <<SCRIPT
#!/bin/sh
export GRADLE_OPTS="-XX:TieredStopAtLevel=1 -XX:+UseSerialGC \$GRADLE_OPTS"
exec '$chosen' --no-daemon --console=plain "\$@"
SCRIPT
chmod +x "$launcher"
printf '%s\n' "$wanted" "$chosen" "$title" >"$stamp"
say "$title"
