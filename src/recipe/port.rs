//! Ports on which a container listens.

use std::fmt;
use std::str::FromStr;

use super::scalar::{Scalar, ScalarProblem, scalar};

/// A port or a range of ports with its protocol: `8080`, `8080/udp`, `8000-8010/tcp`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Port {
    /// First port, from 1.
    pub first: u16,
    /// Last port; the first one again if there is only one.
    pub last: u16,
    /// Protocol, tcp if not written.
    pub protocol: Protocol,
}

/// A protocol that has ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// `tcp`
    Tcp,
    /// `udp`
    Udp,
    /// `sctp`
    Sctp,
}

impl Protocol {
    /// The spelling of recipes and image configurations.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Sctp => "sctp",
        }
    }
}

impl Port {
    /// Every port of the range as an image configuration names it: `8080/tcp`.
    pub fn exposed(self) -> impl Iterator<Item = String> {
        (self.first..=self.last).map(move |port| format!("{port}/{}", self.protocol.as_str()))
    }
}

impl Scalar for Port {
    const WHAT: &'static str = "a port";
    const NUMBERS: bool = true;
    const PATTERN: &'static str = "^[0-9]{1,5}(-[0-9]{1,5})?(/(tcp|udp|sctp))?$";
    const EXAMPLES: &'static [&'static str] = &["8080", "8080/udp", "8000-8010/tcp"];
}

impl FromStr for Port {
    type Err = ScalarProblem;

    fn from_str(text: &str) -> Result<Self, ScalarProblem> {
        const FORMS: &str =
            "write a port, a range or either with a protocol: `8080`, `8080/udp`, `8000-8010/tcp`";
        let number = |digits: &str| -> Result<u16, ScalarProblem> {
            let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            match digits.parse::<u16>() {
                Ok(port) if plain && port > 0 => Ok(port),
                _ if plain => Err(ScalarProblem::new(
                    format!("`{digits}` is not the number of a port"),
                    "use a number from 1 to 65535",
                )),
                _ => Err(ScalarProblem::new(
                    format!("`{}` is not a port", text.escape_debug()),
                    FORMS,
                )),
            }
        };
        let (range, protocol) = match text.split_once('/') {
            None => (text, Protocol::Tcp),
            Some((range, "tcp")) => (range, Protocol::Tcp),
            Some((range, "udp")) => (range, Protocol::Udp),
            Some((range, "sctp")) => (range, Protocol::Sctp),
            Some((_, other)) => {
                return Err(ScalarProblem::new(
                    format!("`{}` is not a protocol of ports", other.escape_debug()),
                    "use `tcp`, `udp` or `sctp`",
                ));
            }
        };
        let (first, last) = match range.split_once('-') {
            Some((first, last)) => (number(first)?, number(last)?),
            None => (number(range)?, number(range)?),
        };
        if first > last {
            return Err(ScalarProblem::new(
                format!("the range `{range}` runs backwards"),
                format!("write `{last}-{first}`"),
            ));
        }
        Ok(Self {
            first,
            last,
            protocol,
        })
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first)?;
        if self.last != self.first {
            write!(f, "-{}", self.last)?;
        }
        write!(f, "/{}", self.protocol.as_str())
    }
}

scalar!(Port);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_ranges_and_protocols() {
        let shown = |text: &str| text.parse::<Port>().map(|port| port.to_string()).ok();
        assert_eq!(shown("8080").as_deref(), Some("8080/tcp"));
        assert_eq!(shown("53/udp").as_deref(), Some("53/udp"));
        assert_eq!(shown("8000-8002").as_deref(), Some("8000-8002/tcp"));
        for bad in [
            "", "0", "65536", "-1", "+1", "80/", "80/http", "2-1", "1-", "a", "1.0", "80/TCP",
        ] {
            assert_eq!(shown(bad), None, "{bad}");
        }
        let range: Port = "1-2/sctp".parse().unwrap();
        assert_eq!(range.exposed().collect::<Vec<_>>(), ["1/sctp", "2/sctp"]);
    }
}
