#!/usr/bin/env bash
# Sees to a headless browser for the tests of the report: Chromium and its driver, from Debian's packages.
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "$0")/common.sh"

if command -v chromium >/dev/null && command -v chromedriver >/dev/null; then
  say "$(command -v chromium), already there"
  exit
fi
: >"$LOG"
say "installing Debian's packages chromium and chromium-driver"
if ! { is_debian && debian_package chromium chromium-driver && command -v chromium >/dev/null; }; then
  log_tail
  fail 'there is no Chromium for the tests of the report.' \
    'Install chromium and chromedriver (Debian: apt-get install chromium chromium-driver).'
fi
say "$(command -v chromium)"
