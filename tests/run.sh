#!/bin/sh
# Runs every check of the project, and no test is skipped: what a test needs is installed or made first.
#   In:  a Debian machine with Rust.
#   Out: the checks' output, cargo test's lines last; exits with 0 when all passed.
set -eu
cd "$(dirname "$0")/.."

# Beside the demonstration's tools: what reads, compares and judges images, and what attacks are made with.
set -- acl apache2-utils attr busybox-static bzip2 docker-registry git jq libarchive-tools libcap2-bin \
	oci-image-tool openssl passwd procps qemu-user-static strace umoci util-linux xz-utils zip zstd
# Whoever has another node than Debian's keeps it.
command -v node > /dev/null && command -v npm > /dev/null || set -- "$@" nodejs npm
# A docker of the tests' own; whoever has another than Debian's keeps it.
command -v dockerd > /dev/null || set -- "$@" docker.io
specs/python-flask/install-tools.sh "$@"
tests/editors/install.sh
specs/python-flask/repository.py
tests/repositories/make.py target/test-repositories
tests/sarif_schema.py target/sarif-schema-2.1.0.json

cargo fmt --check
cargo clippy --locked --all-targets -- -D warnings
RUSTDOCFLAGS='-D warnings' cargo doc --locked --no-deps
ONELAYER_REQUIRE_ALL=1 cargo test --locked
