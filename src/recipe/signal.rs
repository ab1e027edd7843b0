//! Signals.

use std::fmt;
use std::str::FromStr;

use super::scalar::{Scalar, ScalarProblem, scalar};
use crate::diagnostic::nearest;

/// A signal by name or number: `SIGTERM`, `SIGRTMIN+3`, `15`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signal(String);

const NAMES: [&str; 31] = [
    "SIGHUP",
    "SIGINT",
    "SIGQUIT",
    "SIGILL",
    "SIGTRAP",
    "SIGABRT",
    "SIGBUS",
    "SIGFPE",
    "SIGKILL",
    "SIGUSR1",
    "SIGSEGV",
    "SIGUSR2",
    "SIGPIPE",
    "SIGALRM",
    "SIGTERM",
    "SIGSTKFLT",
    "SIGCHLD",
    "SIGCONT",
    "SIGSTOP",
    "SIGTSTP",
    "SIGTTIN",
    "SIGTTOU",
    "SIGURG",
    "SIGXCPU",
    "SIGXFSZ",
    "SIGVTALRM",
    "SIGPROF",
    "SIGWINCH",
    "SIGIO",
    "SIGPWR",
    "SIGSYS",
];
/// Signals from `SIGRTMIN` to `SIGRTMAX`, less one.
const REAL_TIME: u8 = 30;
const LARGEST: u8 = 64;

impl Signal {
    /// The signal as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_signal(text: &str) -> bool {
    let offset = |digits: &str| {
        digits.bytes().all(|byte| byte.is_ascii_digit())
            && digits.parse::<u8>().is_ok_and(|offset| offset <= REAL_TIME)
    };
    NAMES.contains(&text)
        || matches!(text, "SIGRTMIN" | "SIGRTMAX")
        || text.strip_prefix("SIGRTMIN+").is_some_and(offset)
        || text.strip_prefix("SIGRTMAX-").is_some_and(offset)
        || (text.bytes().all(|byte| byte.is_ascii_digit())
            && text
                .parse::<u8>()
                .is_ok_and(|number| (1..=LARGEST).contains(&number)))
}

impl Scalar for Signal {
    const WHAT: &'static str = "a signal";
    const NUMBERS: bool = true;
    const PATTERN: &'static str = "^(SIG[A-Z0-9]+([+-][0-9]+)?|[0-9]+)$";
    const EXAMPLES: &'static [&'static str] = &["SIGTERM", "SIGRTMIN+3"];
}

impl FromStr for Signal {
    type Err = ScalarProblem;

    fn from_str(text: &str) -> Result<Self, ScalarProblem> {
        if is_signal(text) {
            return Ok(Self(text.to_owned()));
        }
        let upper = text.to_uppercase();
        let meant = [upper.clone(), format!("SIG{upper}")]
            .into_iter()
            .find(|name| is_signal(name))
            .or_else(|| nearest(&upper, NAMES).map(str::to_owned));
        Err(ScalarProblem::new(
            format!("`{}` is not a signal", text.escape_debug()),
            match meant {
                Some(name) => format!("write `{name}`"),
                None => "write `SIGTERM`, `SIGRTMIN+3` or a number from 1 to 64".to_owned(),
            },
        ))
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

scalar!(Signal);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_real_time_names_and_numbers() {
        for good in ["SIGTERM", "SIGRTMIN", "SIGRTMIN+3", "SIGRTMAX-1", "1", "64"] {
            assert!(good.parse::<Signal>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "0",
            "65",
            "SIGRTMIN+31",
            "SIGRTMIN+",
            "SIGRTMIN-1",
            "+1",
            "SIGNOPE",
        ] {
            assert!(bad.parse::<Signal>().is_err(), "{bad}");
        }
        assert_eq!(
            "term".parse::<Signal>().unwrap_err().help,
            "write `SIGTERM`"
        );
        assert_eq!(
            "SIGTREM".parse::<Signal>().unwrap_err().help,
            "write `SIGTERM`"
        );
    }
}
