# shellcheck shell=sh disable=SC2034
# Sourced by tutorial.sh and demo.sh: what this machine needs before buildah, podman and dnf work as their
# manuals say. In: WORK, a folder for all state, so that nothing of the user's is read or changed.
# Out: the environment; and CA_OPTIONS, words for `buildah run` where a bundle of the user's own is set.
mkdir -p "$WORK/home"
HOME=$WORK/home
CONTAINERS_STORAGE_CONF=$WORK/storage.conf
CONTAINERS_CONF=$WORK/containers.conf
export HOME CONTAINERS_STORAGE_CONF CONTAINERS_CONF

# Debian's rpm keeps its database in the home folder.
echo '%_dbpath /var/lib/rpm' > "$HOME/.rpmmacros"

cat > "$CONTAINERS_STORAGE_CONF" << END
[storage]
driver = "overlay"
graphroot = "$WORK/storage"
runroot = "$WORK/run"
END

# podman raises limits that a container without CAP_SYS_RESOURCE may not; crun cannot do cgroups v1 beside v2.
{
	printf '[containers]\ndefault_ulimits = []\n[network]\nnetwork_backend = "netavark"\n[engine]\n'
	if [ ! -e /sys/fs/cgroup/cgroup.controllers ]; then
		printf 'runtime = "runc"\ncgroup_manager = "cgroupfs"\n'
	fi
} > "$CONTAINERS_CONF"

CA_OPTIONS=
if [ -n "${SSL_CERT_FILE:-}" ]; then
	CA_OPTIONS="-v $SSL_CERT_FILE:/run/ca.crt:ro -e PIP_CERT=/run/ca.crt"
fi
