//! The plan as people read it.

use std::fmt;

use super::{Action, CopyAction, CopyKind, Plan, StepKey};

/// Longest title in characters; the rest of a script is cut.
const LONGEST: usize = 72;

/// One line that says what `action` does.
pub(super) fn title(action: &Action) -> String {
    let text = match action {
        Action::Packages(packages) => {
            let transactions: Vec<String> = (packages.transactions.iter())
                .map(|names| names.join(" "))
                .collect();
            format!("packages: {}", transactions.join(", then "))
        }
        Action::Run(run) => {
            // A script is the last word; its shell is seldom worth a look.
            let is_script = |shell: &[String]| shell.last().is_some_and(|word| word == "-c");
            let command = match run.command.split_last() {
                Some((script, shell)) if is_script(shell) => script.clone(),
                _ => run.command.join(" "),
            };
            format!("run: {}", command.trim())
        }
        Action::Copy(copy) => format!(
            "copy: {} to {} ({})",
            copy.sources.join(", "),
            copy.to,
            amount(copy)
        ),
        Action::Write(write) => format!(
            "write: {} ({})",
            write.path,
            bytes(write.content.len() as u64)
        ),
        Action::Link(link) => format!("link: {} to {}", link.path, link.target),
        Action::Directory(directory) => format!("directory: {}", directory.path),
        Action::Remove(remove) => format!("remove: {}", remove.patterns.join(", ")),
        Action::Permissions(permissions) => {
            format!("permissions: {}", permissions.patterns.join(", "))
        }
    };
    cut(&text)
}

/// The first line, shortened.
fn cut(text: &str) -> String {
    let first = text.lines().next().unwrap_or_default();
    if first.len() == text.trim_end().len() && first.chars().count() <= LONGEST {
        return first.to_owned();
    }
    let mut short: String = first.chars().take(LONGEST - 1).collect();
    short.push('…');
    short
}

fn amount(copy: &CopyAction) -> String {
    let sizes: Vec<u64> = (copy.entries.iter())
        .filter_map(|entry| match entry.kind {
            CopyKind::File { size, .. } => Some(size),
            _ => None,
        })
        .collect();
    let plural = if sizes.len() == 1 { "" } else { "s" };
    format!(
        "{} file{plural}, {}",
        sizes.len(),
        bytes(sizes.iter().sum())
    )
}

fn bytes(count: u64) -> String {
    match count {
        1 => "1 byte".to_owned(),
        0..10_000 => format!("{count} bytes"),
        10_000..1_000_000 => format!("{:.1} kB", count as f64 / 1e3),
        _ => format!("{:.1} MB", count as f64 / 1e6),
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.steps.len() == 1 { "" } else { "s" };
        writeln!(
            f,
            "{}: {} step{plural} from {}",
            self.name,
            self.steps.len(),
            self.base
        )?;
        for (index, step) in self.steps.iter().enumerate() {
            let key: &StepKey = &step.key;
            writeln!(f, "{:3}  {}  {}", index + 1, key.short(), step.title)?;
            details(&step.action, f)?;
        }
        Ok(())
    }
}

/// What the title does not say and a reviewer wants to know.
fn details(action: &Action, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    const INDENT: &str = "                   ";
    match action {
        Action::Packages(packages) => {
            for repository in &packages.repositories {
                let signed = if repository.keys.is_empty() {
                    "not checked"
                } else {
                    "signed"
                };
                writeln!(f, "{INDENT}from {} ({signed})", repository.id)?;
            }
            for (option, value) in &packages.setopts {
                writeln!(f, "{INDENT}{option}={value}")?;
            }
            if let Some(langs) = &packages.install_langs {
                writeln!(f, "{INDENT}languages {langs}")?;
            }
        }
        Action::Run(run) if run.network != super::Network::None => {
            writeln!(f, "{INDENT}network {}", run.network)?;
        }
        _ => {}
    }
    Ok(())
}
