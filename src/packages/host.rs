//! What of the caller's surroundings a step with network may use.

use std::fs;
use std::io;
use std::path::PathBuf;

use crate::sandbox::Mount;

use super::PackagesError;

/// Where the bundle of `--ca-bundle` is seen in a sandbox.
const CA_BUNDLE: &str = "/run/onelayer/ca-bundle.crt";

/// Variables by which programs find their certificates: openssl(1) and Python's ssl, curl, pip,
/// requests, git and node.
const CA_VARIABLES: [&str; 6] = [
    "SSL_CERT_FILE",
    "CURL_CA_BUNDLE",
    "PIP_CERT",
    "REQUESTS_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "NODE_EXTRA_CA_CERTS",
];

/// The caller's way to the network: name servers, proxies, certificates. None of it enters the
/// image or a key.
#[derive(Debug, Clone, Default)]
pub struct HostAccess {
    /// Where inputs of the recipe are.
    pub context: PathBuf,
    /// Certificates to trust besides the root's own.
    pub ca_bundle: Option<PathBuf>,
    /// Proxy variables with their values.
    pub proxies: Vec<(String, String)>,
}

impl HostAccess {
    /// The mounts that give a sandbox with network what it needs to find and trust a server.
    ///
    /// # Errors
    /// When the certificate bundle cannot be read.
    pub fn mounts(&self) -> Result<Vec<Mount>, PackagesError> {
        let mut mounts = vec![
            // Only name servers and search lists: a stub resolver on loopback works as well, since
            // the network is the host's.
            file("/etc/resolv.conf", read_or_empty("/etc/resolv.conf")),
            file(
                "/etc/hosts",
                b"127.0.0.1 localhost\n::1 localhost\n".to_vec(),
            ),
        ];
        if let Some(bundle) = &self.ca_bundle {
            let contents = fs::read(bundle).map_err(|source| PackagesError::Read {
                path: bundle.clone(),
                source,
            })?;
            mounts.push(file(CA_BUNDLE, contents));
        }
        Ok(mounts)
    }

    /// The variables that go with [`HostAccess::mounts`].
    pub fn environment(&self) -> Vec<(String, String)> {
        let bundle = self
            .ca_bundle
            .iter()
            .flat_map(|_| CA_VARIABLES.map(|name| (name.to_owned(), CA_BUNDLE.to_owned())));
        self.proxies.iter().cloned().chain(bundle).collect()
    }

    /// The certificate bundle as the sandbox sees it.
    pub(super) fn bundle_in_sandbox(&self) -> Option<&'static str> {
        self.ca_bundle.as_ref().map(|_| CA_BUNDLE)
    }
}

fn file(target: &str, contents: Vec<u8>) -> Mount {
    Mount::File {
        target: target.into(),
        contents,
        mode: 0o644,
    }
}

/// A host without the file has nothing to say; any other failure shows when a name is looked up.
fn read_or_empty(path: &str) -> Vec<u8> {
    fs::read(path)
        .or_else(|error| match error.kind() {
            io::ErrorKind::NotFound => Ok(Vec::new()),
            _ => Err(error),
        })
        .unwrap_or_default()
}
