//! All that was found.

use serde::Serialize;

use crate::diagnostic;
use crate::sandbox::{Answer, Failure};

use super::examination::{Examination, State};
use super::trials::Trials;

/// What was found about a host.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// What can be built here.
    pub builds: Builds,
    /// How commands of recipes are isolated; none if they cannot run.
    pub isolation: Option<String>,
    /// One thing after another.
    pub examinations: Vec<Examination>,
    /// Why commands cannot run.
    #[serde(skip)]
    refusal: Option<Failure>,
}

/// What can be built on a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Builds {
    /// Recipes that run commands, and all others.
    Commands,
    /// Recipes that run no command.
    Files,
    /// None.
    Nothing,
}

impl Report {
    pub(super) fn new(trials: Trials, examinations: Vec<Examination>) -> Report {
        let Answer {
            isolation, failure, ..
        } = trials.sandbox;
        let builds = match (&trials.cache, &failure) {
            (Err(_), _) => Builds::Nothing,
            (Ok(()), None) => Builds::Commands,
            (Ok(()), Some(_)) => Builds::Files,
        };
        Report {
            builds,
            isolation,
            examinations,
            refusal: failure,
        }
    }

    /// Why commands of recipes cannot run.
    pub fn refusal(&self) -> Option<&Failure> {
        self.refusal.as_ref()
    }

    /// One of the examinations.
    pub fn examination(&self, name: &str) -> Option<&Examination> {
        self.examinations.iter().find(|found| found.name == name)
    }

    /// For people: state, name and finding in columns, below them what it means and what mends it.
    pub fn to_text(&self, colour: bool) -> String {
        let name = |found: &Examination| found.name.len();
        let width = self.examinations.iter().map(name).max().unwrap_or(0);
        let mut text = String::new();
        let mut line = |state: &str, name: &str, what: &str| {
            let what = diagnostic::printable(what);
            let line = format!("{state}  {name:width$}  {what}");
            text.push_str(line.trim_end());
            text.push('\n');
        };
        let blank = " ".repeat(LONGEST_STATE);
        for found in &self.examinations {
            line(&shown(found.state, colour), found.name, &found.found);
            line(&blank, "", &found.meaning);
            if let Some(cure) = &found.cure {
                line(&blank, "", &format!("mend: {cure}"));
            }
        }
        let builds = match self.builds {
            Builds::Commands => "recipes that run commands can be built here",
            Builds::Files => "only recipes that run no command can be built here",
            Builds::Nothing => "nothing can be built here",
        };
        text.push_str(&format!("\n{builds}\n"));
        text
    }
}

/// Of the words of [`State`].
const LONGEST_STATE: usize = 7;

/// The word for a state, padded, in its colour: green, yellow, red.
fn shown(state: State, colour: bool) -> String {
    let word = format!("{:LONGEST_STATE$}", state.name());
    let code = match state {
        State::Ok => 32,
        State::Limited => 33,
        State::Missing => 31,
    };
    match colour {
        true => format!("\x1b[{code}m{word}\x1b[0m"),
        false => word,
    }
}
