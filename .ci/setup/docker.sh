#!/usr/bin/env bash
# Sees to a Docker engine, its plug-ins Compose and Buildx, and the image that the Dockerfiles start from: what is there
# is used; on Debian 12 what is missing comes from Debian's packages. BASE_IMAGE=… names another image.
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "$0")/common.sh"
image=${BASE_IMAGE:-$(sed -n 's/^ARG BASE_IMAGE=//p' python-transform/Dockerfile)}
plugins=${DOCKER_CONFIG:-$HOME/.docker}/cli-plugins
engine_log=$ROOT/build/dockerd.log
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)

answers() { docker info >/dev/null 2>&1; }
has_plugins() { docker compose version >/dev/null 2>&1 && docker buildx version >/dev/null 2>&1; }
has_image() { docker image inspect "$image" >/dev/null 2>&1; }
ready() { answers && has_plugins && has_image; }
summary() { echo "engine $(docker version --format '{{.Server.Version}}'), $(docker compose version), $image"; }

if ready; then
  say "$(summary), already there"
  exit
fi
exec 8>"$TOOLS/.docker.lock"
flock 8 # another run may be in the middle of it
: >"$LOG"

# sources FORMAT…: the addresses and releases that this machine's apt reads, in apt's words.
sources() { apt-get indextargets --format "$1" 'Created-By: Packages' | sort -u; }

# wait_for SECONDS
wait_for() {
  local i
  for ((i = 0; i < $1 * 2; i++)); do
    ! answers || return 0
    sleep 0.5
  done
  return 1
}

# Where no service manager runs, as in a container, the engine is started here and stays.
start_engine() {
  if [ -d /run/systemd/system ]; then
    logged "${as_root[@]}" systemctl start docker && wait_for 30
    return
  fi
  ! pgrep -x dockerd >/dev/null || {
    wait_for 30
    return
  }
  local device mtu group=docker
  "${as_root[@]}" rm -f /var/run/docker.pid # of an engine that was killed
  # A network inside another one may carry smaller packets than Docker expects.
  device=$(awk '$2 == "00000000" {print $1; exit}' /proc/net/route)
  mtu=$(cat "/sys/class/net/$device/mtu" 2>/dev/null || echo 1500)
  # Whoever is of the socket's group commands the engine, and with it the machine, which the caller does by sudo.
  [ "$(id -u)" = 0 ] || group=$(id -gn)
  "${as_root[@]}" setsid nohup dockerd --group "$group" --mtu "$mtu" >"$engine_log" 2>&1 </dev/null 8>&- &
  wait_for 60
}

if ! answers; then
  found=$(docker info 2>&1 >/dev/null || true)
  case $found in
    *'permission denied'*)
      fail 'a Docker engine runs, but you may not use it.' \
        'Join its group (sudo usermod -aG docker "$USER", then log in again), or run this as root.' ;;
  esac
  [ -z "${DOCKER_HOST:-}" ] || fail "no Docker engine answers at DOCKER_HOST=$DOCKER_HOST." \
    'Start that one, or unset DOCKER_HOST.'
  if ! command -v dockerd >/dev/null; then
    say "installing Debian's packages docker.io and iptables"
    if ! { is_debian && debian_package docker.io iptables; }; then
      log_tail
      fail 'there is no Docker engine, and none can be installed here.' \
        'Install Docker 20.10 or newer with Compose v2, and start it.'
    fi
  fi
  if ! start_engine; then
    tail -n 12 "$engine_log" >>"$LOG" 2>/dev/null || true
    log_tail
    fail 'the Docker engine did not start (details above).' \
      'It needs root and the rights to mount and to make networks.'
  fi
fi

# Debian 12 has neither plug-in. In the packages of the next release each is one program that needs no other, so that it
# can be taken out of there.
install_plugins() {
  local mirror folder
  # The lists may never have been fetched.
  logged "${as_root[@]}" apt-get update -qq || true
  mirror=$(sources '$(REPO_URI) $(RELEASE)' | awk '$2 == "bookworm" {print $1; exit}')
  [ -n "$mirror" ] || return 1
  folder=$(mktemp -d)
  mkdir -p "$folder"/{lists/partial,cache/archives/partial,root}
  echo "deb [signed-by=$keyring] $mirror trixie main" >"$folder/sources.list"
  local only_there=(-o "Dir::Etc::SourceList=$folder/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o Dir::Etc::Preferences=/dev/null -o "Dir::State::Lists=$folder/lists" -o "Dir::Cache=$folder/cache"
    -o "APT::Sandbox::User=$(id -un)" -o "Debug::NoLocking=true")
  (
    cd "$folder"
    logged apt-get "${only_there[@]}" update -qq &&
      logged apt-get "${only_there[@]}" download -qq docker-compose docker-buildx &&
      for package in *.deb; do dpkg -x "$package" root; done &&
      mkdir -p "$plugins" &&
      install -m 755 root/usr/libexec/docker/cli-plugins/docker-{compose,buildx} "$plugins"
  ) || return 1
  rm -rf "$folder"
}

if ! has_plugins; then
  say "taking Compose and Buildx from Debian's packages"
  if ! { is_debian && install_plugins && has_plugins; }; then
    log_tail
    fail 'Docker lacks its plug-ins compose (v2) or buildx.' 'Install both, as Docker describes for your system.'
  fi
fi

# make_image: a Debian with Python under the image's name, from the mirror that this machine's apt reads, with the
# certificates and the settings of pip that this machine's network asks for.
make_image() {
  local lines hooks=() file
  is_debian && debian_package mmdebstrap || return 1
  lines=$(sources '$(REPO_URI) $(RELEASE)' |
    awk -v keyring="$keyring" '$2 ~ /^bookworm/ {print "deb [signed-by=" keyring "] " $1 " " $2 " main"}')
  [ -n "$lines" ] || return 1
  for file in /usr/local/share/ca-certificates/*.crt; do
    [ ! -e "$file" ] || hooks+=("--customize-hook=copy-in $file /usr/local/share/ca-certificates")
  done
  [ ! -e /etc/pip.conf ] || hooks+=('--customize-hook=copy-in /etc/pip.conf /etc')
  # shellcheck disable=SC2016 # $1 is for mmdebstrap
  "${as_root[@]}" mmdebstrap --quiet --variant=minbase --include=python3,python3-pip,python3-venv,ca-certificates \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' "${hooks[@]}" \
    --customize-hook='chroot "$1" update-ca-certificates >/dev/null' \
    --customize-hook='rm -f "$1"/etc/hostname "$1"/etc/resolv.conf' \
    --customize-hook='for name in python python3; do ln -s /usr/bin/python3 "$1/usr/local/bin/$name"; done' \
    bookworm - - <<<"$lines" 2>>"$LOG" |
    docker import -c 'ENV LANG=C.UTF-8' -c 'ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt' -c 'CMD ["python3"]' \
      - "$image" >>"$LOG" 2>&1 || {
    logged docker image rm "$image" || true # half of one
    return 1
  }
}

if ! has_image; then
  say "fetching $image"
  if ! logged timeout 300 docker pull -q "$image"; then
    say "making $image of Debian's packages, as no registry has it; half a minute"
    if ! make_image; then
      log_tail
      fail "the image $image can be neither fetched nor made (details above)." \
        'Mend the way to the registry, load the image (docker load), or name another with BASE_IMAGE.'
    fi
  fi
fi
say "$(summary)"
