#!/bin/bash
# Squashes directories with onelayer and with other tools, and compares whole processes.
#
#   benches/compare.sh [DIRECTORY]
#
# Without an argument it takes a copy of a part of this host's /usr of at least 500 MB. Runs are
# alternated, so that a busy machine disturbs all tools alike; the medians of five are printed as
# ratios to onelayer's. Needs root, buildah, umoci, pigz and GNU time. ROUNDS=n changes the five,
# MEGABYTES=n the size of the copy.
#
# Every tool begins with a directory and ends with a compressed layer on disk and its digest;
# buildah, umoci and onelayer write an image layout around it.
set -euo pipefail
export LC_ALL=C

rounds=${ROUNDS:-5}
megabytes=${MEGABYTES:-500}
cd "$(dirname "$0")/.."
cargo build --quiet --release --example squash
squash=$(cargo metadata --format-version 1 --no-deps | jq -r .target_directory)/release/examples/squash

work=$(mktemp -d "${TMPDIR:-/var/tmp}/compare.XXXXXX")
storage=(--root "$work/storage" --runroot "$work/run" --storage-driver overlay)
trap 'buildah "${storage[@]}" rm -a >/dev/null 2>&1 || true; umount "$work"/storage/overlay 2>/dev/null || true; rm -rf "$work"' EXIT

tree=${1:-}
if [ -z "$tree" ]; then
    tree=$work/tree
    mkdir -p "$tree/usr"
    # Libraries, data, programs, in turn, so that the mixture is that of a root file system.
    for folder in /usr/lib/python3* /usr/share/* /usr/lib/* /usr/bin; do
        [ "$(du -sm --apparent-size "$tree" | cut -f1)" -ge "$megabytes" ] && break
        [ "$(du -sm "$folder" | cut -f1)" -gt 150 ] && continue
        mkdir -p "$tree$(dirname "$folder")"
        cp -a "$folder" "$tree$folder"
    done
fi
echo "tree: $(find "$tree" | wc -l) entries, $(du -sm --apparent-size "$tree" | cut -f1) MB," \
     "$(nproc) processors, $rounds rounds"

# What each tool may prepare is not measured: buildah's container holds the tree already.
container=$(buildah "${storage[@]}" from scratch)
mounted=$(buildah "${storage[@]}" mount "$container")
cp -a "$tree/." "$mounted/"
buildah "${storage[@]}" umount "$container" >/dev/null

prepare_umoci() { umoci init --layout "$work/umoci"; umoci new --image "$work/umoci:x"; }
run_pigz() {
    mkdir -p "$work/pigz"
    tar -C "$tree" -cf - . | pigz | tee "$work/pigz/blob" | sha256sum
}
export -f run_pigz
export work tree

tools="onelayer buildah umoci pigz"
declare -A seconds processor memory size
for round in $(seq "$rounds"); do
    for tool in $tools; do
        rm -rf "${work:?}/$tool"
        [ "$tool" = umoci ] && prepare_umoci
        # Nobody pays for what the one before left to be written.
        sync
        measured=$work/measured
        case $tool in
            buildah) set -- buildah "${storage[@]}" commit --quiet --disable-compression=false \
                "$container" "oci:$work/buildah:x" ;;
            onelayer) set -- "$squash" "$tree" "oci:$work/onelayer:x" ;;
            umoci) set -- umoci insert --image "$work/umoci:x" "$tree" / ;;
            pigz) set -- bash -c run_pigz ;;
        esac
        /usr/bin/time -o "$measured" -f "%e %U %S %M" "$@" >/dev/null 2>&1
        read -r wall user system peak <"$measured"
        seconds[$tool]+="$wall "
        processor[$tool]+="$(awk "BEGIN {print $user + $system}") "
        memory[$tool]+="$peak "
        size[$tool]=$(find "$work/$tool" -type f -printf '%s\n' | sort -n | tail -1)
        echo "round $round: $tool ${wall} s" >&2
    done
done

median() { tr ' ' '\n' <<<"$1" | grep . | sort -n | awk '{v[NR]=$1} END {print v[int((NR+1)/2)]}'; }
wall=$(median "${seconds[onelayer]}")
cpu=$(median "${processor[onelayer]}")
printf '%-10s %9s %9s %9s %9s %9s %9s %9s\n' \
    tool wall/s "x ours" cpu/s "x ours" "blob/MB" "x ours" peak/MB
for tool in $tools; do
    awk -v tool="$tool" -v wall="$(median "${seconds[$tool]}")" -v our_wall="$wall" \
        -v cpu="$(median "${processor[$tool]}")" -v our_cpu="$cpu" \
        -v blob="${size[$tool]}" -v our_blob="${size[onelayer]}" \
        -v peak="$(median "${memory[$tool]}")" \
        'BEGIN {printf "%-10s %9.2f %9.2f %9.2f %9.2f %9.1f %9.3f %9.0f\n", tool, wall,
            wall / our_wall, cpu, cpu / our_cpu, blob / 1e6, blob / our_blob, peak / 1024}'
done
