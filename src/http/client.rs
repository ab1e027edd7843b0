//! Clients, with the certificates that they trust and the time that they wait.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ureq::Agent;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use super::HttpError;
use super::proxy::proxy;

/// Where distributions keep the certificates that programs shall trust.
const HOST_BUNDLES: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

const CONNECT: Duration = Duration::from_secs(20);
const ANSWER: Duration = Duration::from_secs(60);
/// A connection on which nothing comes for so long is given up.
const STALL: Duration = Duration::from_secs(30);

/// What a client does where a server leads on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redirects {
    /// Goes along, so many times; one time more is an error. Never from https to http.
    Follow(u32),
    /// Gives the answer that leads on to its caller, who decides.
    Show,
}

/// A client for `url`, whose scheme decides about the proxy and whether only https will do.
///
/// `ca_bundle` is a file in PEM form, trusted beside the host's certificates; `proxies` are the
/// variables that curl(1) knows, with their values.
///
/// # Errors
/// When the bundle holds no certificates or a proxy's address is none.
pub fn client(
    url: &str,
    ca_bundle: Option<&Path>,
    proxies: &[(String, String)],
    redirects: Redirects,
) -> Result<Agent, HttpError> {
    let encrypted = url.starts_with("https://");
    let (most_redirects, too_many_fail) = match redirects {
        Redirects::Follow(most) => (most, true),
        Redirects::Show => (0, false),
    };
    let mut config = Agent::config_builder()
        .http_status_as_error(false)
        .https_only(encrypted)
        .max_redirects(most_redirects)
        .max_redirects_will_error(too_many_fail)
        .user_agent(concat!("onelayer/", env!("CARGO_PKG_VERSION")))
        .accept("*/*")
        // What is checked are the bytes that the server has.
        .accept_encoding("identity")
        .proxy(proxy(encrypted, proxies)?)
        .timeout_resolve(Some(CONNECT))
        .timeout_connect(Some(CONNECT))
        .timeout_recv_response(Some(ANSWER))
        .timeout_per_read(Some(STALL))
        .timeout_per_write(Some(STALL));
    // A plain address may lead to an encrypted one.
    let tls = TlsConfig::builder().root_certs(roots(ca_bundle)?);
    config = config.tls_config(tls.build());
    Ok(config.build().new_agent())
}

fn roots(ca_bundle: Option<&Path>) -> Result<RootCerts, HttpError> {
    let host = HOST_BUNDLES.iter().find_map(|path| {
        let certificates: Vec<_> = certificates(&fs::read(path).ok()?).flatten().collect();
        (!certificates.is_empty()).then_some(certificates)
    });
    let mut roots = host.unwrap_or_else(|| {
        let bundled = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter();
        bundled.map(|der| Certificate::from_der(der)).collect()
    });
    if let Some(path) = ca_bundle {
        let failed = |source| HttpError::CaBundle {
            path: path.to_owned(),
            source,
        };
        let pem = fs::read(path).map_err(|error| failed(error.into()))?;
        let own: Result<Vec<_>, ureq::Error> = certificates(&pem).collect();
        let own = own.map_err(|error| failed(error.into()))?;
        if own.is_empty() {
            return Err(failed("there are none".into()));
        }
        roots.extend(own);
    }
    Ok(RootCerts::Specific(Arc::new(roots)))
}

fn certificates(
    pem: &[u8],
) -> impl Iterator<Item = Result<Certificate<'static>, ureq::Error>> + '_ {
    parse_pem(pem).filter_map(|item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(Ok(certificate)),
        Ok(_) => None,
        Err(error) => Some(Err(error)),
    })
}
