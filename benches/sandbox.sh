#!/bin/sh
# Starts and ends commands that do nothing, with onelayer and with its peers, alternated.
#   In:  number of rounds (5).
#   Out: medians of milliseconds for one command, and how many times those of bwrap they are.
# Needs root, bubblewrap, buildah, busybox-static, and a release build (made here). Everything is in a temporary
# folder.
#
# onelayer's is what twenty run steps add to a recipe that has none: the overlay, the list of what changed and the
# cache are in it. bwrap gives the command a root and namespaces, buildah a root; neither looks at what changed.
set -eu
cd "$(dirname "$0")/.."
rounds=${1:-5}
cargo build --release --locked --quiet
onelayer=$PWD/target/release/onelayer
work=$(mktemp -d)
store="--root $work/store --runroot $work/run --storage-driver vfs"
trap 'buildah $store rm --all > /dev/null 2>&1 || :; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

mkdir -p "$work/root/bin" "$work/root/proc" "$work/root/dev"
cp /bin/busybox "$work/root/bin/busybox"
container=$(buildah $store from scratch)
buildah $store copy "$container" "$work/root" / > /dev/null 2>&1

recipe() {
	printf 'name: x\nbase: rootfs:root\nsteps:\n- write: /begun\n  content: x\n'
	number=0
	while [ "$number" -lt "$1" ]; do
		number=$((number + 1))
		printf -- '- run: [/bin/busybox, "true", "%s"]\n' "$number"
	done
}
recipe 0 > "$work/none.yaml"
recipe 20 > "$work/twenty.yaml"

# Milliseconds that a command takes.
timed() {
	start=$(date +%s%N)
	"$@" > "$work/log" 2>&1 || { cat "$work/log"; exit 1; }
	echo $((($(date +%s%N) - start) / 10000)) | awk '{print $1 / 100}'
}
build() {
	rm -rf "$work/cache" "$work/out"
	timed "$onelayer" build "$work/$1.yaml" --cache-dir "$work/cache" -o "oci:$work/out"
}
twenty() {
	run=0
	while [ "$run" -lt 20 ]; do
		run=$((run + 1))
		"$@"
	done
}
in_bwrap() {
	bwrap --unshare-all --die-with-parent --bind "$work/root" / --proc /proc --dev /dev /bin/busybox true
}
in_buildah() { buildah $store run --isolation chroot "$container" -- /bin/busybox true; }
share() { awk "{print \$1 / 20 >> \"$work/$1\"}"; }
median() { sort -n "$work/$1" | awk '{all[NR] = $1} END {print all[int((NR + 1) / 2)]}'; }

number=0
while [ "$number" -lt "$rounds" ]; do
	number=$((number + 1))
	none=$(build none)
	all=$(build twenty)
	echo "$all $none" | awk '{print $1 - $2}' | share onelayer
	timed twenty in_bwrap | share bwrap
	timed twenty in_buildah | share buildah
done
for tool in onelayer bwrap buildah; do
	echo "$tool $(median "$tool") $(median bwrap)" | awk '{printf "%-10s %7.1f ms  %6.2f\n", $1, $2, $2 / $3}'
done
