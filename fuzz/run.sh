#!/bin/sh
# Runs every fuzz target, one after the other, and ends with 1 if one of them found something.
#   In:  seconds for each target (300), then names of targets (all). What an earlier run learnt is gone on with.
#   Out: findings below target/fuzz/findings, each with the command that repeats it; slow texts are named.
# cargo-fuzz is installed into target/fuzz if it is not there. No sanitizer: what is fuzzed has no `unsafe` of its own,
# what is looked for are panics, overflow, time and memory, and so the stable toolchain does.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-300}
[ $# = 0 ] || shift
[ $# != 0 ] || set -- yaml toml decode plan render rewrite words \
	archive accounts certificates image layers challenge

work=${CARGO_TARGET_DIR:-$PWD/target}/fuzz
# Nothing takes seconds; a machine with other work to do may.
slowest=10
export CARGO_TARGET_DIR="$work/build"
[ -x "$work/bin/cargo-fuzz" ] || cargo install cargo-fuzz --version 0.13.2 --locked --quiet --root "$work"

# The words of the language are in its schema; the others are the formats' own.
mkdir -p "$work"
{
	grep -o '"[A-Za-z0-9_:./-]\{2,24\}"' schema/recipe.schema.json | sort -u
	cat fuzz/formats.dict
} > "$work/recipe.dict"

# Seeds: for what reads recipes, all of them, of which yaml and toml take one format and the others tell the format by
# the first letter; for the others what is in fuzz/seeds.
seed() {
	corpus=$work/corpus/$1
	mkdir -p "$corpus"
	if [ -d "fuzz/seeds/$1" ]; then
		for seed in "fuzz/seeds/$1"/*; do
			cp "$seed" "$corpus/seed-${seed##*/}"
		done
		return
	fi
	for recipe in tests/recipes/*/* tests/plans/*/* specs/*/recipe.* tests/yaml/* tests/toml/*; do
		case $1-$recipe in
		yaml-*.yaml | toml-*.toml) cat "$recipe" > "$corpus/seed-$(basename "$recipe")" ;;
		yaml-* | toml-*) ;;
		*.yaml) { printf y; cat "$recipe"; } > "$corpus/seed-$(basename "$recipe")" ;;
		*.toml) { printf t; cat "$recipe"; } > "$corpus/seed-$(basename "$recipe")" ;;
		esac
	done
}

# A recipe has at most a mebibyte. What is written to a disk is smaller: a bomb grows a thousandfold.
longest() {
	if [ -d "fuzz/seeds/$1" ]; then echo 16384; else echo 1048576; fi
}

# Steps that are carried out write to memory, where there is such a place.
memory=/dev/shm
[ -w "$memory" ] || memory=${TMPDIR:-/tmp}
TMPDIR=$(mktemp -d "$memory/onelayer-fuzz.XXXXXX")
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
trap 'exit 130' INT TERM

status=0
for target; do
	echo "fuzzing $target for $seconds seconds"
	seed "$target"
	mkdir -p "$work/findings/$target"
	"$work/bin/cargo-fuzz" fuzz run --fuzz-dir fuzz --sanitizer none "$target" "$work/corpus/$target" -- \
		-max_total_time="$seconds" -max_len="$(longest "$target")" -timeout="$slowest" -report_slow_units=1 -rss_limit_mb=2048 \
		-dict="$work/recipe.dict" -artifact_prefix="$work/findings/$target/" -print_final_stats=1 -verbosity=1 \
		> "$work/$target.log" 2>&1 || {
		status=1
		tail -n 40 "$work/$target.log"
	}
	grep -E 'SLOW|Slowest|stat::(number|slowest|peak)|DONE|^Done' "$work/$target.log" || true
done
exit $status
