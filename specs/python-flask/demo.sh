#!/bin/sh
# Builds the recipe beside this script with onelayer, runs the image and asks its web server for a page.
#   In:  a Debian machine with Rust; PORT (default 5000).
#   Out: target/demo/python3-flask-demo.tar, and the line that the server answers.
set -eu
cd "$(dirname "$0")/../.."
WORK=$PWD/target/demo PORT=${PORT:-5000}
image=oci-archive:target/demo/python3-flask-demo.tar
mkdir -p "$WORK"

specs/python-flask/install-tools.sh
specs/python-flask/repository.py --without-weak
cargo build --release --locked
target/release/onelayer build specs/python-flask --output "$image" \
	${SSL_CERT_FILE:+--ca-bundle "$SSL_CERT_FILE"}

# shellcheck source-path=SCRIPTDIR source=machine.sh
. specs/python-flask/machine.sh
skopeo copy --quiet "$image" containers-storage:localhost/python3-flask-demo:latest
running=$(podman run --detach --publish "127.0.0.1:$PORT:5000" localhost/python3-flask-demo:latest)
trap 'podman rm --force --time 0 "$running" > /dev/null' EXIT
curl --silent --retry 20 --retry-all-errors --retry-delay 1 "http://127.0.0.1:$PORT/" |
	grep 'Web App with Python Flask!'
