//! The way to a server: certificates, proxies, timeouts.
//!
//! Nothing is read from the environment and no credentials are sent. Whom to trust is the host's
//! business: its own bundle of certificates counts; a host without one gets Mozilla's, which are
//! part of the program. The caller's `--ca-bundle` is trusted beside them.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Proxy};

use crate::packages::HostAccess;

use super::FetchError;

/// How often a server may lead on.
pub(super) const MOST_REDIRECTS: u32 = 10;

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

/// A client for `url`.
pub(super) fn client(url: &str, access: &HostAccess) -> Result<Agent, FetchError> {
    let encrypted = url.starts_with("https://");
    let mut config = Agent::config_builder()
        .http_status_as_error(false)
        .https_only(encrypted)
        .max_redirects(MOST_REDIRECTS)
        .user_agent(concat!("onelayer/", env!("CARGO_PKG_VERSION")))
        .accept("*/*")
        // What is checked is the file itself.
        .accept_encoding("identity")
        .proxy(proxy(encrypted, &access.proxies)?)
        .timeout_resolve(Some(CONNECT))
        .timeout_connect(Some(CONNECT))
        .timeout_recv_response(Some(ANSWER))
        .timeout_per_read(Some(STALL))
        .timeout_per_write(Some(STALL));
    // A plain address may lead to an encrypted one.
    let tls = TlsConfig::builder().root_certs(roots(access.ca_bundle.as_deref())?);
    config = config.tls_config(tls.build());
    Ok(config.build().new_agent())
}

fn roots(ca_bundle: Option<&Path>) -> Result<RootCerts, FetchError> {
    let host = HOST_BUNDLES.iter().find_map(|path| {
        let certificates: Vec<_> = certificates(&fs::read(path).ok()?).flatten().collect();
        (!certificates.is_empty()).then_some(certificates)
    });
    let mut roots = host.unwrap_or_else(|| {
        let bundled = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter();
        bundled.map(|der| Certificate::from_der(der)).collect()
    });
    if let Some(path) = ca_bundle {
        let failed = |source| FetchError::CaBundle {
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

/// The proxy that curl(1) would take from these variables: lower case wins, and an empty value
/// means none.
fn proxy(encrypted: bool, variables: &[(String, String)]) -> Result<Option<Proxy>, FetchError> {
    let value = |name: &str| {
        let mut found = variables.iter().filter(|(variable, _)| variable == name);
        found.next().map(|(variable, value)| (variable, value))
    };
    let first = |names: &[&str]| names.iter().find_map(|name| value(name));
    let own: &[&str] = match encrypted {
        true => &["https_proxy", "HTTPS_PROXY"],
        // In capitals a server could set it as a header of a request to a CGI program.
        false => &["http_proxy"],
    };
    let found = first(own).or_else(|| first(&["all_proxy", "ALL_PROXY"]));
    let Some((variable, address)) = found.filter(|(_, address)| !address.is_empty()) else {
        return Ok(None);
    };
    let failed = |source: ureq::Error| FetchError::Proxy {
        variable: variable.clone(),
        source: source.into(),
    };
    let parsed = Proxy::new(address).map_err(failed)?;
    let mut proxy = Proxy::builder(parsed.protocol())
        .host(parsed.host())
        .port(parsed.port());
    if let Some(name) = parsed.username() {
        proxy = proxy.username(name);
    }
    if let Some(password) = parsed.password() {
        proxy = proxy.password(password);
    }
    let none = first(&["no_proxy", "NO_PROXY"]).map_or("", |(_, value)| value.as_str());
    for host in none.split([',', ' ']).filter(|host| !host.is_empty()) {
        proxy = proxy.no_proxy(host);
        // To curl, a name stands for everything below it too.
        if !host.starts_with(['.', '*']) {
            proxy = proxy.no_proxy(&format!(".{host}"));
        }
    }
    proxy.build().map(Some).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(encrypted: bool, variables: &[(&str, &str)]) -> Option<Proxy> {
        let variables: Vec<_> = (variables.iter())
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        proxy(encrypted, &variables).unwrap()
    }

    #[test]
    fn proxies_are_chosen_as_curl_does() {
        let both = [
            ("http_proxy", "http://plain.example:1"),
            ("HTTPS_PROXY", "upper.example:2"),
        ];
        assert_eq!(of(false, &both).unwrap().host(), "plain.example");
        let chosen = of(true, &both).unwrap();
        assert_eq!((chosen.host(), chosen.port()), ("upper.example", 2));
        let lower = [("HTTPS_PROXY", "http://a"), ("https_proxy", "http://b")];
        assert_eq!(of(true, &lower).unwrap().host(), "b");
        assert!(of(true, &[("https_proxy", ""), ("all_proxy", "http://a")]).is_none());
        assert!(of(false, &[("HTTP_PROXY", "http://a")]).is_none());
        assert_eq!(of(false, &[("all_proxy", "http://a")]).unwrap().host(), "a");
    }

    #[test]
    fn some_hosts_need_no_proxy() {
        let chosen = of(
            true,
            &[
                ("https_proxy", "http://a"),
                ("no_proxy", "example.org, .net"),
            ],
        )
        .unwrap();
        let direct = |url: &str| chosen.is_no_proxy(&url.parse().unwrap());
        assert!(direct("https://example.org/x"));
        assert!(direct("https://files.example.org/x"));
        assert!(direct("https://any.net/x"));
        assert!(!direct("https://example.com/x"));
        assert!(!direct("https://notexample.org/x"));
    }
}
