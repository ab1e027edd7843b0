#!/bin/bash
# Squashes whole directories with onelayer and with its peers, in one run, alternated, and prints ratios of medians.
#   In:  root; buildah, umoci, pigz, GNU time; directories as arguments, or none: then the root of the flask image
#        (target/bench/flask, unpacked from target/demo) and a copy of this host's /usr of 500 MB or more.
#        RUNS (default 5).
#   Out: a Markdown table: median seconds, how many times faster onelayer is, bytes of the blob, peak memory.
set -eu -o pipefail
cd "$(dirname "$0")/.."
RUNS=${RUNS:-5} BENCH=$PWD/target/bench
mkdir -p "$BENCH"
cargo build --release --locked --quiet --example squash
SQUASH=$PWD/target/release/examples/squash
# shellcheck source=../specs/python-flask/machine.sh
WORK=$BENCH . specs/python-flask/machine.sh

if [ $# = 0 ]; then
	if [ ! -d "$BENCH/flask" ]; then
		umoci unpack --image "${FLASK:-$BENCH/flask-image:latest}" "$BENCH/flask" > /dev/null 2>&1
	fi
	if [ ! -d "$BENCH/large" ]; then
		mkdir "$BENCH/large"
		for part in bin lib/x86_64-linux-gnu lib/python3 lib/gcc share/doc share/perl share/man lib/locale lib/llvm-14 share/icons; do
			[ ! -d "/usr/$part" ] || { mkdir -p "$BENCH/large/$part" && cp -a "/usr/$part/." "$BENCH/large/$part/"; }
			[ "$(du -sm "$BENCH/large" | cut -f1)" -ge 700 ] && break
		done
	fi
	set -- "$BENCH/flask/rootfs" "$BENCH/large"
fi

measure() { # NAME COMMAND...: one line `seconds kilobytes` into NAME.times
	name=$1
	shift
	rm -rf "$BENCH/out"
	sync
	command time --format '%e %M' --append --output "$BENCH/$name.times" "$@" > /dev/null 2> "$BENCH/$name.log" ||
		{ cat "$BENCH/$name.log" >&2; exit 1; }
}

blob() { # bytes of the largest file below a layout
	find "$BENCH/out" -type f -printf '%s\n' | sort -n | tail -n 1
}

median() { sort -n -k "$2" "$BENCH/$1.times" | cut -d ' ' -f "$2" | awk '{v[NR]=$1} END {print v[int((NR+1)/2)]}'; }

for tree; do
	rm -f "$BENCH"/*.times
	container=$(buildah from scratch)
	mount=$(buildah mount "$container")
	cp -a "$tree/." "$mount/"
	buildah unmount "$container" > /dev/null
	declare -A size
	find "$tree" -type f -exec cat {} + > /dev/null # into the page cache
	for _ in $(seq "$RUNS"); do
		measure onelayer "$SQUASH" "$tree" "oci:$BENCH/out:latest"
		size[onelayer]=$(blob)
		measure buildah buildah commit --quiet --disable-compression=false "$container" "oci:$BENCH/out:latest"
		size[buildah]=$(blob)
		rm -rf "$BENCH/umoci"
		umoci init --layout "$BENCH/umoci"
		umoci new --image "$BENCH/umoci:latest"
		measure umoci umoci insert --image "$BENCH/umoci:latest" "$tree" /
		size[umoci]=$(find "$BENCH/umoci" -type f -printf '%s\n' | sort -n | tail -n 1)
		measure pigz sh -c "tar --create --directory '$tree' . | pigz | tee '$BENCH/tar.gz' | sha256sum"
		size[pigz]=$(stat --format %s "$BENCH/tar.gz")
	done
	buildah rm "$container" > /dev/null
	echo "$(basename "$(dirname "$tree")")/$(basename "$tree"): $(du --apparent-size -sm "$tree" | cut -f1) MB, $(find "$tree" | wc -l) entries, $(nproc) cores, medians of $RUNS"
	echo
	echo '| | seconds | onelayer is faster by | blob, MB | peak memory, MB |'
	echo '|---|---|---|---|---|'
	own=$(median onelayer 1)
	for name in onelayer buildah umoci pigz; do
		awk -v name="$name" -v own="$own" -v s="$(median $name 1)" -v b="${size[$name]}" -v m="$(median $name 2)" \
			'BEGIN { printf "| %s | %.2f | %s | %.1f | %.0f |\n", name, s, (name == "onelayer" ? "" : sprintf("%.2f", s / own)), b / 1e6, m / 1024 }'
	done
	echo
done
