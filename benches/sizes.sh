#!/bin/sh
# How large the tutorial's root is at three points, made by dnf as the shell script calls it and by onelayer.
#   In:  root; dnf, umoci; specs/python-flask/repository with its weak dependencies; target/release/onelayer.
#   Out: a table of bytes (apparent size of all files of the root, as du counts them).
set -eu
cd "$(dirname "$0")/.."
WORK=$(mktemp -d -p target) SPEC=specs/python-flask
WORK=$PWD/$WORK
trap 'rm -rf "$WORK"' EXIT
repository=$PWD/$SPEC/repository
mkdir "$WORK/home"
echo '%_dbpath /var/lib/rpm' > "$WORK/home/.rpmmacros"

size() { du --apparent-size --summarize --block-size=1 "$1" | cut -f1; }

script() { # ROOT OPTIONS...
	root=$1
	shift
	for packages in 'bash coreutils' 'python3 python3-pip'; do
		# shellcheck disable=SC2086
		HOME=$WORK/home dnf -y --quiet --installroot "$root" --releasever 12 --disablerepo='*' \
			--repofrompath "local,file://$repository" --setopt=keepcache=1 \
			--setopt=local.gpgkey="file://$repository/RPM-GPG-KEY-onelayer-demo" --setopt=local.gpgcheck=1 \
			"$@" install $packages > "$WORK/dnf.log" 2>&1 || { cat "$WORK/dnf.log"; exit 1; }
	done
}

onelayer() { # NAME OPTIONS, the two lines of YAML
	mkdir -p "$WORK/own-$1"
	ln "$PWD/$SPEC/repository/RPM-GPG-KEY-onelayer-demo" "$WORK/own-$1/key" 2> /dev/null ||
		cp "$SPEC/repository/RPM-GPG-KEY-onelayer-demo" "$WORK/own-$1/key"
	cp -al "$repository" "$WORK/own-$1/repository"
	cat > "$WORK/own-$1/recipe.yaml" <<-YAML
		name: sizes
		base: scratch
		packages:
		  releasever: "12"
		  repositories: [{id: local, baseurl: repository, gpgkey: key}]
		  install: [[bash, coreutils], [python3, python3-pip]]
		  $2
	YAML
	target/release/onelayer build "$WORK/own-$1" --output "oci:$WORK/own-$1/image" --cache-dir "$WORK/cache" \
		--progress quiet > "$WORK/onelayer.log" 2>&1 || { cat "$WORK/onelayer.log"; exit 1; }
	umoci unpack --image "$WORK/own-$1/image:latest" "$WORK/own-$1/bundle" > /dev/null 2>&1
	size "$WORK/own-$1/bundle/rootfs"
	rm -rf "$WORK/own-$1"
}

options='--setopt=install_weak_deps=false --setopt=tsflags=nodocs --setopt=override_install_langs=en_US.utf8'
setopts='setopts: {install_weak_deps: false, tsflags: nodocs, override_install_langs: en_US.utf8}'

echo '| | shell script | onelayer |'
echo '|---|---|---|'
script "$WORK/none"
echo "| no options | $(size "$WORK/none") | $(onelayer none 'clean: false') |"
rm -rf "$WORK/none"
# shellcheck disable=SC2086
script "$WORK/options" $options
echo "| with options | $(size "$WORK/options") | $(onelayer options "clean: false
  $setopts") |"
HOME=$WORK/home dnf -y --quiet --installroot "$WORK/options" --releasever 12 --disablerepo='*' \
	--repofrompath "local,file://$repository" clean all > /dev/null 2>&1
echo "| cleaned | $(size "$WORK/options") | $(onelayer clean "$setopts") |"
