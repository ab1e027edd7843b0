#!/bin/bash
# What a change costs: whole builds with onelayer, against buildah's commit of the same container.
#   In:  number of rounds (5); MEGABYTES, the least size of the tree that the image begins with (700).
#   Out: medians of seconds, and how many times more or less than onelayer's build after a change of one file.
# Needs root, buildah, and a release build (made here). Rounds alternate, so that a busy machine disturbs all alike.
#
# The image is a base of one layer, a step that writes one file, and one that copies another. Times are those of whole
# processes, from the recipe to an image layout. buildah's container holds all of it before its time begins.
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/.."
rounds=${1:-5}
megabytes=${MEGABYTES:-700}
cargo build --release --locked --quiet
onelayer=$(cargo metadata --format-version 1 --no-deps | jq -r .target_directory)/release/onelayer
work=$(mktemp -d "${TMPDIR:-/var/tmp}/incremental.XXXXXX")
storage=(--root "$work/storage" --runroot "$work/run" --storage-driver overlay)
trap 'buildah "${storage[@]}" rm -a >/dev/null 2>&1 || true; umount "$work"/storage/overlay 2>/dev/null || true; rm -rf "$work"' EXIT
export ONELAYER_CACHE_DIR=$work/cache

context=$work/context
mkdir -p "$context/tree/usr" "$context/app"
for folder in /usr/lib/python3* /usr/share/* /usr/lib/* /usr/bin; do
    [ "$(du -sm --apparent-size "$context/tree" | cut -f1)" -ge "$megabytes" ] && break
    [ "$(du -sm "$folder" | cut -f1)" -gt 250 ] && continue
    mkdir -p "$context/tree$(dirname "$folder")"
    cp -a "$folder" "$context/tree$folder"
done
echo "tree: $(find "$context/tree" | wc -l) entries, $(du -sm --apparent-size "$context/tree" | cut -f1) MB," \
     "$(nproc) processors, $rounds rounds"

printf 'name: base\nbase: rootfs:tree\n' >"$context/base.yaml"
"$onelayer" build "$context/base.yaml" --progress plain -o "oci:$context/base" >/dev/null 2>&1
container=$(buildah "${storage[@]}" from scratch)
mounted=$(buildah "${storage[@]}" mount "$container")
cp -a "$context/tree/." "$mounted/"
mkdir "$mounted/app"
rm -rf "$context/tree" "$ONELAYER_CACHE_DIR"

recipe() {
    printf 'name: x\nbase: oci:base\nsteps:\n  - write: /first\n    content: "%s"\n  - copy: app\n    to: /app\n' \
        "$1" >"$context/recipe.yaml"
}
timed() {
    local into=$work/times.$1
    shift
    /usr/bin/time --append -o "$into" -f "%e %M" "$@" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
}
build() { timed "$1" "$onelayer" build "$context" --progress plain -o "oci:$work/out"; }

for round in $(seq "$rounds"); do
    sync
    rm -rf "$ONELAYER_CACHE_DIR" "${work:?}/out"
    recipe "first $round"
    echo "$round" >"$context/app/a.txt"
    build cold
    sync
    build nothing
    echo "$round again" >"$context/app/a.txt"
    build file
    sync
    recipe "second $round"
    build first-step
    sync
    rm -rf "$work/committed"
    cp "$context/app/a.txt" "$mounted/app/a.txt"
    timed buildah-commit buildah "${storage[@]}" commit --quiet --disable-compression=false \
        "$container" "oci:$work/committed:x"
done

median() { sort -n "$1" | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
peak() { awk '$2 > most {most = $2} END {print most / 1024}' "$1"; }
one=$(median "$work/times.file")
printf '%-16s %8s %16s %8s\n' "" wall/s "of one file's" peak/MiB
for case in file nothing first-step cold buildah-commit; do
    awk -v name="$case" -v wall="$(median "$work/times.$case")" -v one="$one" -v peak="$(peak "$work/times.$case")" \
        'BEGIN {printf "%-16s %8.2f %16.2f %8.0f\n", name, wall, wall / one, peak}'
done
