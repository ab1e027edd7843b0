//! Addresses of HTTP: the registry's own, and where its answers lead.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use ureq::http::Uri;

/// The longest address that is followed.
const LONGEST: usize = 16 << 10;

/// An absolute address of http or https, without credentials and fragment ([RFC 3986]).
///
/// [RFC 3986]: https://www.rfc-editor.org/rfc/rfc3986
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    encrypted: bool,
    /// Host, and a port if it was written, in lower case.
    authority: String,
    /// Begins with a slash.
    path: String,
    query: Option<String>,
}

impl Address {
    /// The top of a server: `host` is a name or number, with a port or without.
    pub(super) fn of_server(encrypted: bool, host: &str) -> Result<Self, &'static str> {
        let scheme = if encrypted { "https" } else { "http" };
        Self::parse(&format!("{scheme}://{host}/"))
    }

    /// Reads an absolute address; what is wrong with it otherwise.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.split('#').next().unwrap_or_default();
        if text.len() > LONGEST {
            return Err("it is too long");
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) || text.contains('\\') {
            return Err("it has characters that no address has");
        }
        let uri: Uri = text.parse().map_err(|_| "it is no address")?;
        let encrypted = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err("it is neither https nor http"),
        };
        let authority = uri.authority().ok_or("it names no host")?.as_str();
        if authority.contains('@') {
            return Err("it has credentials in it");
        }
        if uri.host().is_none_or(str::is_empty) {
            return Err("it names no host");
        }
        let address = Self {
            encrypted,
            authority: authority.to_ascii_lowercase(),
            path: uri.path().to_owned(),
            query: uri.query().map(str::to_owned),
        };
        if address.port().parse::<u16>().is_err() {
            return Err("its port is no number");
        }
        match address.path.starts_with('/') {
            true => Ok(address),
            false => Ok(Self {
                path: format!("/{}", address.path),
                ..address
            }),
        }
    }

    /// The address that `reference` means in an answer from here ([RFC 9110, section 10.2.2]).
    ///
    /// [RFC 9110, section 10.2.2]: https://www.rfc-editor.org/rfc/rfc9110#section-10.2.2
    pub(super) fn join(&self, reference: &str) -> Result<Self, &'static str> {
        let scheme = if self.encrypted { "https" } else { "http" };
        let top = format!("{scheme}://{}", self.authority);
        let before_path = reference.split(['/', '?', '#']).next().unwrap_or_default();
        if before_path.contains(':') {
            return Self::parse(reference);
        }
        if reference.starts_with("//") {
            return Self::parse(&format!("{scheme}:{reference}"));
        }
        if reference.starts_with('/') {
            return Self::parse(&format!("{top}{reference}"));
        }
        if reference.starts_with('?') {
            return Self::parse(&format!("{top}{}{reference}", self.path));
        }
        let folder = self.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        Self::parse(&format!("{top}{folder}/{reference}"))
    }

    /// The same server, with another path, which begins with a slash.
    pub(super) fn at(&self, path: String) -> Self {
        Self {
            path,
            query: None,
            ..self.clone()
        }
    }

    /// The same with `name=value` behind what the query has; both are encoded already.
    pub(super) fn with(&self, pair: &str) -> Self {
        let query = match self.query.as_deref() {
            None | Some("") => pair.to_owned(),
            Some(query) => format!("{query}&{pair}"),
        };
        Self {
            query: Some(query),
            ..self.clone()
        }
    }

    /// Whether nobody on the way can read along.
    pub(super) fn is_encrypted(&self) -> bool {
        self.encrypted
    }

    /// Whether scheme, host and port are the same: only there do credentials go.
    pub(super) fn is_same_server(&self, other: &Self) -> bool {
        self.encrypted == other.encrypted
            && self.host() == other.host()
            && self.port() == other.port()
    }

    /// Whether the server is this machine: `localhost`, 127.0.0.0/8 or `::1`.
    pub(super) fn is_loopback(&self) -> bool {
        let host = self.host();
        if let Some(inner) = host.strip_prefix('[') {
            let number = inner.trim_end_matches(']').parse::<Ipv6Addr>();
            return number.is_ok_and(|number| number.is_loopback());
        }
        host == "localhost" || (host.parse::<Ipv4Addr>()).is_ok_and(|number| number.is_loopback())
    }

    /// The whole address, as a request needs it. Queries may be as good as credentials: messages
    /// have the [`Display`](fmt::Display) form.
    pub(super) fn whole(&self) -> String {
        match &self.query {
            Some(query) => format!("{self}?{query}"),
            None => self.to_string(),
        }
    }

    fn host(&self) -> &str {
        match self.authority.rsplit_once(':') {
            // A colon inside of brackets belongs to the number.
            Some((host, port)) if !port.ends_with(']') => host,
            _ => &self.authority,
        }
    }

    fn port(&self) -> &str {
        match self.authority[self.host().len()..].strip_prefix(':') {
            None | Some("") if self.encrypted => "443",
            None | Some("") => "80",
            Some(port) => port,
        }
    }
}

/// Without the query, which storage servers sign.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.encrypted { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority, self.path)
    }
}

/// `text` as the value of a query or a form ([RFC 3986, section 2.3]: what is not unreserved is
/// encoded).
///
/// [RFC 3986, section 2.3]: https://www.rfc-editor.org/rfc/rfc3986#section-2.3
pub(super) fn encoded(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'-' | b'.' | b'_' | b'~' => value.push(byte.into()),
            byte if byte.is_ascii_alphanumeric() => value.push(byte.into()),
            byte => value.push_str(&format!("%{byte:02X}")),
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_lead_where_they_say() {
        let from = Address::parse("https://Host:5000/v2/a/blobs/uploads/?x=1").unwrap();
        for (location, whole) in [
            ("https://other/x?y=%2F&z", "https://other/x?y=%2F&z"),
            ("http://other", "http://other/"),
            ("//other/x", "https://other/x"),
            ("/x/y?z", "https://host:5000/x/y?z"),
            (
                "id?state=a:b",
                "https://host:5000/v2/a/blobs/uploads/id?state=a:b",
            ),
            ("?z", "https://host:5000/v2/a/blobs/uploads/?z"),
            ("/x#part", "https://host:5000/x"),
        ] {
            assert_eq!(from.join(location).unwrap().whole(), whole, "{location}");
        }
        for wrong in [
            "ftp://other/x",
            "https://me:secret@other/",
            "https://me@other/",
            "https:///x",
            "https://",
            "javascript:x",
            "/a b",
            "/a\nb",
            "/\u{e9}",
            "\\\\other\\x",
            "https://other:port/",
        ] {
            assert!(from.join(wrong).is_err(), "{wrong}");
        }
        assert!(from.join(&format!("/{}", "x".repeat(LONGEST))).is_err());
    }

    #[test]
    fn servers_are_compared_whole() {
        let same = |a: &str, b: &str| {
            Address::parse(a)
                .unwrap()
                .is_same_server(&Address::parse(b).unwrap())
        };
        assert!(same("https://host/x", "https://HOST:443/y?z"));
        assert!(same("http://[::1]:80/x", "http://[::1]/"));
        assert!(!same("https://host/", "http://host/"));
        assert!(!same("https://host/", "https://host:444/"));
        assert!(!same("https://host/", "https://host.example/"));
        assert!(!same("https://host/", "https://xhost/"));
    }

    #[test]
    fn this_machine_is_known_by_number_too() {
        let is_loopback = |host: &str| Address::of_server(true, host).unwrap().is_loopback();
        for host in [
            "localhost",
            "localhost:5000",
            "127.0.0.1:5000",
            "127.1.2.3",
            "[::1]:5000",
            "[::1]",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "localhost.example",
            "128.0.0.1",
            "[::2]:5000",
            "127.example:1",
            "0.0.0.0",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn messages_have_no_queries() {
        let address = Address::parse("https://host/x?signature=secret").unwrap();
        assert_eq!(address.to_string(), "https://host/x");
        assert_eq!(
            address.with("a=b").whole(),
            "https://host/x?signature=secret&a=b"
        );
        assert_eq!(
            encoded("repository:a/b:pull é"),
            "repository%3Aa%2Fb%3Apull%20%C3%A9"
        );
    }
}
