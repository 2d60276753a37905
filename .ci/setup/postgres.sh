#!/usr/bin/env bash
# Sees to PostgreSQL's programs for the tests of the database, at build/tools/postgres: those of a package, of which no
# server is started; the tests start one of their own.
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "$0")/common.sh"
link=$TOOLS/postgres

# programs: prints the newest folder with initdb and postgres; status 1 where there is none.
programs() {
  local folder
  while read -r folder; do
    [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ] && echo "$folder" && return
  done < <(
    printf '%s\n' /usr/lib/postgresql/*/bin | sort -V -r
    on_path=$(command -v initdb) && dirname "$(readlink -f "$on_path")"
  )
  return 1
}

# Debian's package makes a cluster and starts it unless its settings say no: they do while it is installed.
install_without_cluster() {
  settings=/etc/postgresql-common/createcluster.conf as=()
  [ "$(id -u)" = 0 ] || as=(sudo)
  debian_package postgresql-common && logged "${as[@]}" cp -p "$settings" "$settings.before" || return 1
  trap 'logged "${as[@]}" mv "$settings.before" "$settings"' EXIT # whatever ends this script
  logged "${as[@]}" sed -i 's/^#*create_main_cluster *=.*/create_main_cluster = false/' "$settings" &&
    debian_package postgresql
}

if [ -x "$link/initdb" ] && [ -x "$link/postgres" ]; then
  say "$("$link/postgres" --version), already there"
  exit
fi
: >"$LOG"
if ! programs >/dev/null; then
  say "installing Debian's package postgresql"
  if ! { is_debian && install_without_cluster && programs >/dev/null; }; then
    log_tail
    fail "there is no PostgreSQL for the tests of the database." \
      'Install its server (Debian: apt-get install postgresql).'
  fi
fi
ln -sfn "$(programs)" "$link"
say "$("$link/postgres" --version)"
