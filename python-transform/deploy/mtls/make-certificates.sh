#!/usr/bin/env bash
# Makes a certificate authority of your own, and a certificate for each end of the tunnel that it signs.
# Usage: make-certificates.sh FOLDER SERVER_NAME [DAYS]
# SERVER_NAME is what client.conf connects to and checks. Keep ca.key off both machines; each gets ca.pem and its own two files.
set -euo pipefail

(($# == 2 || $# == 3)) || { sed -n '2,4s/^# //p' "$0" >&2; exit 2; }
folder=$1 server=$2 days=${3:-365}
[ ! -e "$folder/ca.key" ] || { echo "error: $folder/ca.key is there already; choose another folder" >&2; exit 1; }
umask 077
mkdir -p "$folder"
cd "$folder"

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days "$days" -keyout ca.key -out ca.pem \
  -subj '/CN=anomaly-detection CA' -addext basicConstraints=critical,CA:TRUE,pathlen:0 \
  -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null

# certificate NAME SUBJECT_NAME USAGE
certificate() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout "$1.key" -subj "/CN=$2" 2>/dev/null |
    openssl x509 -req -days "$days" -CA ca.pem -CAkey ca.key -out "$1.pem" -extfile <(
      printf '%s\n' basicConstraints=critical,CA:FALSE keyUsage=critical,digitalSignature \
        "extendedKeyUsage=$3" "subjectAltName=DNS:$2"
    ) 2>/dev/null
}

certificate server "$server" serverAuth
certificate client client clientAuth
