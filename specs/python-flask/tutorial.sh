#!/bin/sh
# The image of recipe.yaml as people make it without onelayer: one command after the other, as root.
#   In:  REPO, a yum repository (default: repository/ beside this script, made by repository.py);
#        NAME, the image's name; WORK, a folder for all state; PORT; KEEP=1 stops after the commit, leaves
#        the container mounted, and prints `CONTAINER MOUNTPOINT` as the last line.
#   Out: the image in containers-storage, and what its web server answers.
set -eu
cd "$(dirname "$0")"
REPO=${REPO:-file://$PWD/repository} NAME=${NAME:-python3-flask-demo} PORT=${PORT:-5000}
WORK=${WORK:-$PWD/../../target/tutorial}
# shellcheck source-path=SCRIPTDIR source=machine.sh
. ./machine.sh

container=$(buildah from scratch)
root=$(buildah mount "$container")

yum() {
	dnf -y --quiet --installroot "$root" --releasever 12 \
		--disablerepo='*' --repofrompath "local,$REPO" \
		--setopt=local.gpgkey="$REPO/RPM-GPG-KEY-onelayer-demo" --setopt=local.gpgcheck=1 \
		--setopt=install_weak_deps=false --setopt=tsflags=nodocs \
		--setopt=override_install_langs=en_US.utf8 "$@"
}
yum install bash coreutils
yum install python3 python3-pip
yum clean all

mkdir "$root/app"
cp requirements.txt "$root/app/"
# shellcheck disable=SC2086
buildah run $CA_OPTIONS "$container" -- \
	pip3 install --no-cache-dir --require-hashes -r /app/requirements.txt
cp -r app "$root/"
buildah copy --chmod 0755 "$container" entrypoint.sh /entrypoint.sh

buildah config --entrypoint '["/entrypoint.sh"]' --port 5000/tcp --label name="$NAME" \
	--author 'onelayer authors' --created-by onelayer "$container"
buildah commit "$container" "$NAME"
if [ -n "${KEEP:-}" ]; then echo "$container $root"; exit; fi
buildah rm "$container"

skopeo inspect "containers-storage:localhost/$NAME"
running=$(podman run --detach --publish "127.0.0.1:$PORT:5000" "localhost/$NAME")
trap 'podman rm --force --time 0 "$running"' EXIT
curl --silent --retry 20 --retry-all-errors --retry-delay 1 "http://127.0.0.1:$PORT/"
