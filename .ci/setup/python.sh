#!/usr/bin/env bash
# Makes python-transform/.venv: the packages of requirements-dev.lock by `uv pip sync`, and this project, editable.
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "$0")/common.sh"
project="python-transform"
venv=$project/.venv
lock=$project/requirements-dev.lock
stamp=$venv/setup.stamp

wanted=$(key "$lock" $project/pyproject.toml "${BASH_SOURCE[0]}")
if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && [ -x $venv/bin/anomaly-detection ] && $venv/bin/python -c ''; then
  say "$($venv/bin/python --version) with the locked packages, already there"
  exit
fi
: >"$LOG"

python=$(find_python) || fail \
  "expected a Python of the versions in $project/pyproject.toml ($(sed -n 's/^requires-python = //p' $project/pyproject.toml)), found none on the PATH." \
  'Install one (Debian 12: apt-get install python3 python3-venv).'

# In a virtual environment of another checkout, or of an interpreter that has gone, nothing works: start again.
if ! { [ -x $venv/bin/python ] && logged $venv/bin/python -m pip --version; }; then
  say "making $venv with $("$python" --version)"
  rm -rf $venv
  if ! logged "$python" -m venv $venv; then
    package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    ! is_debian || say "installing Debian's package $package, as this Python cannot make environments without it"
    rm -rf $venv
    if ! { is_debian && debian_package "$package" && logged "$python" -m venv $venv; }; then
      log_tail
      fail "$python cannot make a virtual environment." "Install its modules venv and ensurepip (Debian: apt-get install $package)."
    fi
  fi
fi
rm -f "$stamp"

# uv does not read pip's configuration: give it the index and the certificates that pip was told to use.
pip_setting() { $venv/bin/python -m pip config get "global.$1" 2>/dev/null || true; }
index=${UV_DEFAULT_INDEX:-${PIP_INDEX_URL:-$(pip_setting index-url)}}
certificates=${SSL_CERT_FILE:-${PIP_CERT:-$(pip_setting cert)}}
[ -z "$index" ] || export UV_DEFAULT_INDEX=$index
[ -z "$certificates" ] || export SSL_CERT_FILE=$certificates

# The lock names uv too, with its hashes; a sync leaves it where it is.
uv_lock=$ROOT/build/uv.lock.txt
awk '/^[^ #]/ {wanted = /^uv==/} wanted' $lock >"$uv_lock"
if ! logged $venv/bin/python -m pip install --quiet --no-deps --require-hashes -r "$uv_lock"; then
  log_tail
  fail 'uv could not be installed by pip (details above).' \
    "Check the network, or tell pip which package index to use (pip config set global.index-url …)."
fi

say 'installing the locked packages; torch alone is 2 GB: about 5 minutes the first time'
# Compiled ahead, since a process that compiles torch and Beam while it imports them takes 20 s longer to start.
if ! logged $venv/bin/uv pip sync --python $venv --require-hashes --compile-bytecode $lock; then
  log_tail
  fail "the packages of $lock could not be installed (details above)." 'Check the network and the free space (6 GB), then run it again.'
fi
if ! logged $venv/bin/uv pip install --python $venv --offline --no-deps --no-build-isolation --editable $project; then
  log_tail
  fail "the package in $project could not be installed (details above)." 'See its pyproject.toml.'
fi
echo "$wanted" >"$stamp"
say "$($venv/bin/python --version) with the locked packages in $venv"
