#!/usr/bin/env bash
# Sees to stunnel for the tests of the service behind mutual TLS, from Debian's package.
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "$0")/common.sh"

if command -v stunnel >/dev/null; then
  say "$(command -v stunnel), already there"
  exit
fi
: >"$LOG"
say "installing Debian's package stunnel4"
if ! { is_debian && debian_package stunnel4 && command -v stunnel >/dev/null; }; then
  log_tail
  fail 'there is no stunnel for the tests of mutual TLS.' 'Install stunnel (Debian: apt-get install stunnel4).'
fi
say "$(command -v stunnel)"
