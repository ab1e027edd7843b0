#!/bin/sh
# Installs, with apt-get, the tools that the demonstration needs and this machine lacks.
#   In:  more Debian packages as arguments (tests/run.sh names those that only tests need).
#   Out: nothing is asked, downloaded or said when all are there.
set -eu

# The linker is for Rust; dnf, rpm, createrepo-c and gnupg are for the repository and what installs from it;
# the others run the image.
set -- gcc libc6-dev rpm dnf createrepo-c gnupg \
	podman buildah skopeo crun runc netavark aardvark-dns iptables uidmap slirp4netns \
	python3 ca-certificates curl "$@"

missing=
for package; do
	status=$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2> /dev/null || true)
	[ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
[ "$(id -u)" = 0 ] || as_root=sudo
apt_get() {
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 "$@"
}
echo "installing$missing" >&2
apt_get update
# shellcheck disable=SC2086
apt_get install --yes --no-install-recommends $missing >&2
