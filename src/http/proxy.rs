//! Proxies, as curl(1) takes them from variables.

use ureq::Proxy;

use super::HttpError;

/// The proxy that curl(1) would take from these variables: lower case wins, and an empty value
/// means none.
pub(super) fn proxy(
    encrypted: bool,
    variables: &[(String, String)],
) -> Result<Option<Proxy>, HttpError> {
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
    let failed = |source: ureq::Error| HttpError::Proxy {
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
