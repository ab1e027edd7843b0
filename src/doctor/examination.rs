//! One thing that was looked at.

use serde::Serialize;

/// What was found about one thing, and what follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Examination {
    /// A word for it that never changes.
    pub name: &'static str,
    /// Whether builds have what they want of it.
    pub state: State,
    /// What was found.
    pub found: String,
    /// What that means for builds.
    pub meaning: String,
    /// For a gap, the command that mends it, if there is one.
    pub cure: Option<String>,
}

/// Whether builds have what they want.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Yes.
    Ok,
    /// In part, or with less than there could be.
    Limited,
    /// No.
    Missing,
}

impl State {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            State::Ok => "ok",
            State::Limited => "limited",
            State::Missing => "missing",
        }
    }
}

impl Examination {
    pub(super) fn new(
        name: &'static str,
        state: State,
        found: impl Into<String>,
        meaning: impl Into<String>,
    ) -> Examination {
        Examination {
            name,
            state,
            found: found.into(),
            meaning: meaning.into(),
            cure: None,
        }
    }

    pub(super) fn ok(
        name: &'static str,
        found: impl Into<String>,
        meaning: impl Into<String>,
    ) -> Examination {
        Examination::new(name, State::Ok, found, meaning)
    }

    pub(super) fn limited(
        name: &'static str,
        found: impl Into<String>,
        meaning: impl Into<String>,
    ) -> Examination {
        Examination::new(name, State::Limited, found, meaning)
    }

    pub(super) fn missing(
        name: &'static str,
        found: impl Into<String>,
        meaning: impl Into<String>,
    ) -> Examination {
        Examination::new(name, State::Missing, found, meaning)
    }

    pub(super) fn cured_by(mut self, cure: impl Into<Option<String>>) -> Examination {
        self.cure = cure.into();
        self
    }

    /// Whether builds lack something of it.
    pub fn is_gap(&self) -> bool {
        self.state != State::Ok
    }
}
