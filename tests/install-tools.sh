#!/bin/sh
# Make sure that the system's tools the tests use are here: install them where we may, else name them.
# With arguments: these packages are known to be missing.
set -eu
PATH=$PATH:/usr/sbin:/sbin

missing=$*

need() { # PACKAGE COMMAND...
    package=$1
    shift
    for command; do
        command -v "$command" >/dev/null || { missing="$missing $package" && return; }
    done
}

if [ $# -eq 0 ]; then
    need strace strace
    need libcap2-bin capsh
    need e2fsprogs mkfs.ext4 fsck.ext4
    need mount mount umount losetup
    need cron cron
    need curl curl
    need groff-base groff
    need mmdebstrap mmdebstrap
    need faketime faketime
    need fiu-utils fiu-run
    need systemd systemd-analyze
    need util-linux unshare setpriv
    # The wheel of the tests has most machines' server, but one that knows no TLS.
    set -- /usr/lib/postgresql/*/bin/postgres
    [ -x "$1" ] || need postgresql postgres
    if ! browser=$(command -v chromium chromium-browser google-chrome google-chrome-stable | head -n 1) || [ -z "$browser" ]; then
        missing="$missing chromium"
    fi
    # With it the portal's tests take half the time; not every system has it.
    if [ "$(id -u)" -eq 0 ] && ! command -v chromium-headless-shell >/dev/null &&
        apt-cache show chromium-headless-shell >/dev/null 2>&1; then
        missing="$missing chromium-headless-shell"
    fi
fi

missing=${missing# }
[ -n "$missing" ] || exit 0

install() {
    export DEBIAN_FRONTEND=noninteractive
    apt-get update || true # one broken mirror need not matter
    # shellcheck disable=SC2086 # one word a package
    apt-get install --yes --no-install-recommends -o DPkg::Lock::Timeout=120 $missing
}

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "missing from this system: $missing (Debian's package names); install with: sudo apt-get install $missing" >&2
    exit 1
fi
if ! log=$(install 2>&1); then
    printf '%s\n' "$log" "apt-get could not install: $missing" >&2
    exit 1
fi
