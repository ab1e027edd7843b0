#!/bin/sh
# Installs the editors' checkers of recipes, as tests/editors/package-lock.json has them.
#   In:  node and npm. The versions are the last that Debian 12's node runs.
#   Out: target/editors; nothing is downloaded when it is there and of this lock.
set -eu
cd "$(dirname "$0")/../.."

cmp -s tests/editors/package-lock.json target/editors/installed.json && exit 0
mkdir -p target/editors
cp tests/editors/package.json tests/editors/package-lock.json target/editors/
(cd target/editors && npm ci --ignore-scripts --no-audit --no-fund >&2)
# Last, so that an installation that broke off is begun again.
cp tests/editors/package-lock.json target/editors/installed.json
