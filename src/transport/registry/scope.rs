//! What a token is to allow.

/// Repositories with what is to be done in them, as token servers want it said
/// ([distribution, "Token Scope"]).
///
/// [distribution, "Token Scope"]: https://distribution.github.io/distribution/spec/auth/scope/
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Scope {
    parts: Vec<String>,
    /// For messages: `read` or `written`.
    pub(super) action: &'static str,
}

impl Scope {
    pub(super) fn pull(repository: &str) -> Self {
        Self {
            parts: vec![format!("repository:{repository}:pull")],
            action: "read",
        }
    }

    pub(super) fn push(repository: &str) -> Self {
        Self {
            parts: vec![format!("repository:{repository}:pull,push")],
            action: "written",
        }
    }

    /// Also to read from `repository`.
    pub(super) fn and_pull(mut self, repository: &str) -> Self {
        self.parts.push(format!("repository:{repository}:pull"));
        self
    }

    /// Its parts, with those of `asked`, which a registry wants besides: behind a proxy a repository
    /// may have another name.
    pub(super) fn with<'s>(&'s self, asked: Option<&'s str>) -> Vec<&'s str> {
        let mut parts: Vec<&str> = self.parts.iter().map(String::as_str).collect();
        for part in asked.unwrap_or_default().split(' ') {
            if !part.is_empty() && !parts.contains(&part) {
                parts.push(part);
            }
        }
        parts
    }

    /// Whether a token that is kept under `key` allows all of it.
    pub(super) fn is_in(&self, key: &str) -> bool {
        let allowed: Vec<&str> = key.split(' ').collect();
        (self.parts.iter()).all(|part| allowed.contains(&part.as_str()))
    }

    /// Under which tokens for it are kept.
    pub(super) fn key(&self) -> String {
        self.parts.join(" ")
    }
}
