//! Secrets of the command line: read once, before any work, for the steps that take them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use crate::execute::{LARGEST_SECRET, Secrets};
use crate::plan::{Action, MountAction, Plan};
use crate::progress::{Event, Reporter};

use super::Error;

/// Most bytes of a variable with its name, `=` and end (execve(2), MAX_ARG_STRLEN).
const LARGEST_VARIABLE: usize = 128 << 10;

/// A secret that the caller has, as `--secret` names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretSource {
    /// Name of the secret, as recipes say it.
    pub id: String,
    /// Where its value is.
    pub place: SecretPlace,
}

/// Where the value of a secret is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretPlace {
    /// In a file.
    File(PathBuf),
    /// In a variable of the caller's environment.
    Variable(String),
}

/// A secret that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// A step needs one that the command line does not have.
    #[error("step {step} needs the secret `{id}`: {title}")]
    Missing {
        /// Number of the step.
        step: usize,
        /// What it does.
        title: String,
        /// Name of the secret.
        id: String,
    },
    /// The variable is not set.
    #[error("the variable `{variable}` of the secret `{id}` is not set")]
    NoVariable {
        /// Name of the secret.
        id: String,
        /// The variable.
        variable: String,
    },
    /// Two values for one secret.
    #[error("the secret `{id}` is given twice")]
    Twice {
        /// Name of the secret.
        id: String,
    },
    /// The file cannot be read.
    #[error("cannot read the secret `{id}` from `{}`", path.display())]
    Read {
        /// Name of the secret.
        id: String,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The value is too large.
    #[error("the secret `{id}` is larger than {most} bytes{as_what}")]
    TooLarge {
        /// Name of the secret.
        id: String,
        /// Bytes that it may have.
        most: usize,
        /// As what it was to be used.
        as_what: &'static str,
    },
    /// No variable can have such a value.
    #[error("step {step} wants the secret `{id}` in a variable, and it holds a NUL byte")]
    Nul {
        /// Number of the step.
        step: usize,
        /// Name of the secret.
        id: String,
    },
}

impl SecretError {
    /// What the user can do about it.
    pub(super) fn help(&self) -> String {
        match self {
            Self::Missing { id, .. } => format!(
                "give it with `--secret id={id},src=FILE` or `--secret id={id},env=VARIABLE`, or say \
                 `required: false` in the recipe"
            ),
            Self::NoVariable { variable, .. } => {
                format!("set and export `{variable}`, or name a file with `src=`")
            }
            Self::Twice { .. } => "keep one of the two".to_owned(),
            Self::Read { .. } => "name a regular file that you may read".to_owned(),
            Self::TooLarge { .. } => {
                "give the command what unlocks it, and let it fetch the rest".to_owned()
            }
            Self::Nul { .. } => "write `target` instead of `env` in the recipe".to_owned(),
        }
    }
}

/// Reads what `plans` take of `sources`.
pub(super) fn gather(
    plans: &[&Plan],
    sources: &[SecretSource],
    reporter: &dyn Reporter,
) -> Result<Secrets, Error> {
    let mut named: BTreeMap<&str, &SecretSource> = BTreeMap::new();
    for source in sources {
        if named.insert(&source.id, source).is_some() {
            let id = source.id.clone();
            return Err(SecretError::Twice { id }.into());
        }
    }
    let mut secrets = Secrets::default();
    let mut taken: BTreeSet<&str> = BTreeSet::new();
    for plan in plans {
        for (index, step) in plan.all_steps().enumerate() {
            let Action::Run(run) = &step.action else {
                continue;
            };
            for mount in &run.mounts {
                let MountAction::Secret {
                    id, env, required, ..
                } = mount
                else {
                    continue;
                };
                let step_number = index + 1;
                match named.get(id.as_str()) {
                    Some(source) if taken.insert(id.as_str()) => {
                        secrets.insert(id.clone(), read(source)?);
                    }
                    None if *required => {
                        return Err(SecretError::Missing {
                            step: step_number,
                            title: step.title.clone(),
                            id: id.clone(),
                        }
                        .into());
                    }
                    _ => {}
                }
                if let (Some(name), Some(value)) = (env, secrets.get(id)) {
                    fits_variable(step_number, id, name, value)?;
                }
            }
        }
    }
    for source in sources {
        if !taken.contains(source.id.as_str()) {
            let message = format!("no step takes the secret `{}`", source.id);
            reporter.report(&Event::Warning { message: &message });
        }
    }
    Ok(secrets)
}

fn read(source: &SecretSource) -> Result<Vec<u8>, SecretError> {
    let id = || source.id.clone();
    let value = match &source.place {
        SecretPlace::Variable(variable) => {
            let value = std::env::var_os(variable);
            let value = value.ok_or_else(|| SecretError::NoVariable {
                id: id(),
                variable: variable.clone(),
            })?;
            value.into_vec()
        }
        SecretPlace::File(path) => read_file(path).map_err(|source| SecretError::Read {
            id: id(),
            path: path.clone(),
            source,
        })?,
    };
    if value.len() > LARGEST_SECRET {
        return Err(SecretError::TooLarge {
            id: id(),
            most: LARGEST_SECRET,
            as_what: "",
        });
    }
    Ok(value)
}

/// One byte more than a secret may have, at most. A pipe is welcome: `<(command)` of a shell is one.
fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    let found = fs::metadata(path)?;
    if found.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let mut value = Vec::new();
    let most = LARGEST_SECRET as u64 + 1;
    File::open(path)?.take(most).read_to_end(&mut value)?;
    Ok(value)
}

fn fits_variable(step: usize, id: &str, name: &str, value: &[u8]) -> Result<(), SecretError> {
    if value.contains(&0) {
        return Err(SecretError::Nul {
            step,
            id: id.to_owned(),
        });
    }
    let most = LARGEST_VARIABLE.saturating_sub(name.len() + 2);
    if value.len() > most {
        return Err(SecretError::TooLarge {
            id: id.to_owned(),
            most,
            as_what: ", the most that a variable holds",
        });
    }
    Ok(())
}
