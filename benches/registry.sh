#!/bin/sh
# Reads an image from a registry into a root, and pushes one, with onelayer and its peers, alternated.
#   In:  number of rounds (5); FOLDER, whose three largest folders become three layers (/usr).
#   Out: medians of seconds, and how many times less onelayer takes.
# Needs root, docker-registry, buildah, skopeo, umoci, podman, and a release build (made here). Everything is in a
# temporary folder; the registry is on the loopback device and ends with the script.
set -eu
cd "$(dirname "$0")/.."
rounds=${1:-5}
folder=${FOLDER:-/usr}
cargo build --release --locked --quiet
onelayer=$PWD/target/release/onelayer
work=$(mktemp -d)
port=$((20000 + $$ % 20000))
host=localhost:$port
store="--root $work/podman --runroot $work/podman-run"

cat > "$work/registry.yml" <<END
version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $work/registry}}
http: {addr: "127.0.0.1:$port"}
END
docker-registry serve "$work/registry.yml" > "$work/registry.log" 2>&1 &
registry=$!
trap 'kill $registry; podman $store rmi --all --force > "$work/log" 2>&1 || :; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# A layer for each of three folders, about 500 MB together when compressed.
number=0
for part in $(du -sm "$folder"/* 2> /dev/null | sort -rn | awk '$1 < 900 {print $2}' | head -n 3); do
	number=$((number + 1))
	tar --create --file "$work/part$number.tar" --directory "$part" .
done
index=$work/base
umoci init --layout "$index" > "$work/log" 2>&1
umoci new --image "$index:x" >> "$work/log" 2>&1
for number in 1 2 3; do
	umoci raw add-layer --image "$index:x" "$work/part$number.tar" >> "$work/log" 2>&1
	rm "$work/part$number.tar"
done
skopeo copy --quiet --dest-tls-verify=false "oci:$index:x" "docker://$host/base:1"

# Seconds that a command takes, at the end of a file.
timed() {
	file=$work/$1
	shift
	start=$(date +%s.%N)
	"$@" > "$work/log" 2>&1 || { cat "$work/log"; exit 1; }
	echo "$(date +%s.%N) $start" | awk '{print $1 - $2}' >> "$file"
}
median() { sort -n "$work/$1" | awk '{all[NR] = $1} END {print all[int((NR + 1) / 2)]}'; }
report() { echo "$1 $(median "$1") $(median "$2")" | awk '{printf "%-28s %7.2f s  %5.2f\n", $1, $2, $2 / $3}'; }

skopeo_umoci() {
	skopeo copy --quiet --src-tls-verify=false "docker://$host/base:1" "oci:$work/copied:x"
	umoci raw unpack --image "$work/copied:x" "$work/unpacked"
}
podman_pull() { podman $store pull --quiet --tls-verify=false "$host/base:1"; }
# The whole build, but the layer that is made of it: what is timed is base and unpacking.
read_base() {
	"$onelayer" build "$work/recipe.yaml" --cache-dir "$work/cache" -o "oci:$work/out" --progress json 2> "$work/events"
}
number=0
while [ "$number" -lt "$rounds" ]; do
	number=$((number + 1))
	rm -rf "$work/cache" "$work/out" "$work/copied" "$work/unpacked"
	# Another layer each time: skopeo remembers which repositories have one.
	printf 'name: read\nbase: docker://%s/base:1\nsteps: [{write: /round, content: "%s"}]\n' "$host" "$number" \
		> "$work/recipe.yaml"
	sync
	timed whole read_base
	sed -n 's/.*base_finished.*"seconds":\([0-9.]*\).*/\1/p' "$work/events" >> "$work/onelayer"
	sync
	timed skopeo-umoci skopeo_umoci
	rm -rf "$work/copied" "$work/unpacked"
	podman $store rmi --all --force > "$work/log" 2>&1 || :
	sync
	timed podman-pull podman_pull
	timed again read_base
	timed push "$onelayer" copy "oci:$work/out:latest" "docker://$host/ours$number:1"
	timed skopeo-push skopeo copy --quiet --dest-tls-verify=false "oci:$work/out:latest" "docker://$host/theirs$number:1"
done
echo "reading an image into a root (times of onelayer's)"
for tool in onelayer skopeo-umoci podman-pull; do report "$tool" onelayer; done
echo "the whole build, first and again"
for tool in whole again; do report "$tool" whole; done
echo "pushing an image of one layer (times of onelayer's)"
for tool in push skopeo-push; do report "$tool" push; done
