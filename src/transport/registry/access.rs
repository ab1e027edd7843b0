//! What of the caller's surroundings may be used.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// The variables that proxies are taken from, as curl(1) does.
const PROXY_VARIABLES: [&str; 7] = [
    "http_proxy",
    "https_proxy",
    "HTTPS_PROXY",
    "all_proxy",
    "ALL_PROXY",
    "no_proxy",
    "NO_PROXY",
];

/// What of the caller's surroundings may be used on the way to registries. [`Default`] is nothing:
/// no proxies, no credentials, only https.
#[derive(Clone, Default)]
pub struct Access {
    /// Certificates to trust beside the host's, in PEM form.
    pub ca_bundle: Option<PathBuf>,
    /// Proxy variables with their values.
    pub proxies: Vec<(String, String)>,
    /// Whether a registry that does not speak TLS may be spoken to without it. One on this machine
    /// always may, as docker and podman have it; TLS is tried first in any case.
    pub plain_http: bool,
    /// The one file with credentials (`REGISTRY_AUTH_FILE`); it must exist when it is needed.
    pub authfile: Option<PathBuf>,
    /// Files with credentials where there is no `authfile`: the first that has some for a registry
    /// counts, and none of them need exist ([containers-auth.json(5)]).
    ///
    /// [containers-auth.json(5)]: https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md
    pub auth_files: Vec<PathBuf>,
    /// Folders, as in `PATH`, for the programs that `credHelpers` and `credsStore` name.
    pub program_folders: Option<OsString>,
    /// How patient to be with a registry that fails.
    pub retry: Retry,
}

impl Access {
    /// Takes from variables what podman, buildah and docker take from them: `REGISTRY_AUTH_FILE`,
    /// `XDG_RUNTIME_DIR`, `XDG_CONFIG_HOME`, `HOME`, `DOCKER_CONFIG`, `PATH`, those of proxies, and
    /// the one by which podman knows who it is in a user namespace.
    /// `lookup` gives the value of a variable.
    pub fn from_variables(lookup: impl Fn(&str) -> Option<OsString>) -> Self {
        // An empty value is no value, to all of these tools.
        let value = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let path = |name: &str| value(name).map(PathBuf::from);
        let home = path("HOME");
        let below_home = |folder: &str| home.as_ref().map(|home| home.join(folder));
        let runtime = path("XDG_RUNTIME_DIR").map(|folder| folder.join("containers/auth.json"));
        // Where `podman login` writes for who has no session, as root in a container.
        let runtime = runtime.unwrap_or_else(|| {
            // In a user namespace everybody is root; who that is outside, its maker says.
            let outside = value("_CONTAINERS_ROOTLESS_UID");
            let outside = outside.and_then(|uid| uid.to_str()?.parse().ok());
            let uid: u32 = outside.unwrap_or_else(|| rustix::process::getuid().as_raw());
            format!("/run/containers/{uid}/auth.json").into()
        });
        let config = path("XDG_CONFIG_HOME").or_else(|| below_home(".config"));
        let docker = path("DOCKER_CONFIG").or_else(|| below_home(".docker"));
        let auth_files = [
            Some(runtime),
            config.map(|folder| folder.join("containers/auth.json")),
            docker.map(|folder| folder.join("config.json")),
        ];
        let proxies = PROXY_VARIABLES.iter().filter_map(|name| {
            // An empty value means "no proxy" here, and a proxy is never outside of Unicode.
            let value = lookup(name)?.into_string().ok()?;
            Some(((*name).to_owned(), value))
        });
        Self {
            proxies: proxies.collect(),
            authfile: path("REGISTRY_AUTH_FILE"),
            auth_files: auth_files.into_iter().flatten().collect(),
            program_folders: value("PATH"),
            ..Self::default()
        }
    }
}

/// Without the values of proxies, which may hold passwords.
impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let proxies = self.proxies.iter().map(|(name, _)| name);
        f.debug_struct("Access")
            .field("ca_bundle", &self.ca_bundle)
            .field("proxies", &proxies.collect::<Vec<_>>())
            .field("plain_http", &self.plain_http)
            .field("authfile", &self.authfile)
            .field("auth_files", &self.auth_files)
            .field("program_folders", &self.program_folders)
            .field("retry", &self.retry)
            .finish()
    }
}

/// How often, and after which pauses, what failed is tried again.
#[derive(Debug, Clone, Copy)]
pub struct Retry {
    /// How often something is asked for, at least once; three times at most where nobody listens
    /// and nobody has answered before.
    pub attempts: u32,
    /// Before the second time; doubled before each further one.
    pub first_pause: Duration,
    /// The longest pause, also where a server asks for a longer one.
    pub longest_pause: Duration,
}

impl Default for Retry {
    /// Five attempts in about eight seconds; a server may ask for pauses of a minute.
    fn default() -> Self {
        Self {
            attempts: 5,
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(60),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Access {
        Access::from_variables(|name| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| value.into())
        })
    }

    #[test]
    fn credentials_are_where_the_other_tools_keep_them() {
        let uid = rustix::process::getuid().as_raw();
        let all = of(&[
            ("REGISTRY_AUTH_FILE", "/a.json"),
            ("XDG_RUNTIME_DIR", "/run/user/7"),
            ("HOME", "/home/me"),
            ("https_proxy", "http://proxy:1"),
        ]);
        assert_eq!(all.authfile, Some("/a.json".into()));
        assert_eq!(
            all.auth_files,
            [
                "/run/user/7/containers/auth.json",
                "/home/me/.config/containers/auth.json",
                "/home/me/.docker/config.json",
            ]
            .map(PathBuf::from)
        );
        assert_eq!(
            all.proxies,
            [("https_proxy".into(), "http://proxy:1".into())]
        );
        let other = of(&[
            ("XDG_CONFIG_HOME", "/c"),
            ("DOCKER_CONFIG", "/d"),
            ("REGISTRY_AUTH_FILE", ""),
        ]);
        assert_eq!(other.authfile, None);
        assert_eq!(
            other.auth_files,
            [
                PathBuf::from(format!("/run/containers/{uid}/auth.json")),
                "/c/containers/auth.json".into(),
                "/d/config.json".into(),
            ]
        );
        // As in a user namespace.
        let inside = of(&[("_CONTAINERS_ROOTLESS_UID", "1234")]);
        let expected = [PathBuf::from("/run/containers/1234/auth.json")];
        assert_eq!(inside.auth_files, expected);
    }
}
