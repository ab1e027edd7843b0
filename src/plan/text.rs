//! The plan as people read it.

use std::fmt;

use crate::diagnostic::printable;

use super::{
    Action, CopyAction, CopyKind, MountAction, PackagesAction, Plan, PlannedCheck, PlannedStep,
    SkippedStep,
};

/// Longest title in characters; the rest of a script is cut.
const LONGEST: usize = 72;

/// One line that says what `action` does.
pub(super) fn title(action: &Action) -> String {
    let text = match action {
        Action::Packages(packages) => format!("packages: {}", changes(packages).join(", then ")),
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
        Action::CopyFrom(copy) => format!(
            "copy: {} from {} to {}",
            copy.sources.join(", "),
            copy.from,
            copy.to
        ),
        Action::Fetch(fetch) => format!("fetch: {} to {}", fetch.url, fetch.to),
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
        Action::Accounts(accounts) => {
            let groups = accounts
                .groups
                .iter()
                .map(|group| format!("group {}", group.name));
            let users = accounts
                .users
                .iter()
                .map(|user| format!("user {}", user.name));
            let names: Vec<String> = groups.chain(users).collect();
            format!("accounts: {}", names.join(", "))
        }
        Action::Certificates(certificates) => {
            let files: Vec<&str> = certificates.files.iter().map(|f| f.path.as_str()).collect();
            format!("certificates: {}", files.join(", "))
        }
    };
    cut(&text)
}

/// The first line, shortened.
pub(super) fn cut(text: &str) -> String {
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
        let mut first = 1;
        for stage in &self.stages {
            let name = format!("stage {}", stage.name);
            root(f, &name, &stage.base, &stage.steps, &stage.skipped, first)?;
            checks(f, &stage.checks)?;
            first += stage.steps.len();
        }
        root(f, &self.name, &self.base, &self.steps, &self.skipped, first)?;
        checks(f, &self.checks)
    }
}

/// A line in which nothing acts on a terminal or begins another line, whatever the recipe says.
fn line(f: &mut fmt::Formatter<'_>, text: &fmt::Arguments<'_>) -> fmt::Result {
    writeln!(f, "{}", printable(&text.to_string()))
}

/// What must hold when a root is finished.
fn checks(f: &mut fmt::Formatter<'_>, checks: &[PlannedCheck]) -> fmt::Result {
    for check in checks {
        line(f, &format_args!("  =  check         {}", check.title()))?;
    }
    Ok(())
}

/// One root file system: a headline, then its steps, the first with number `first`.
fn root(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    base: &str,
    steps: &[PlannedStep],
    skipped: &[SkippedStep],
    first: usize,
) -> fmt::Result {
    let plural = if steps.len() == 1 { "" } else { "s" };
    line(
        f,
        &format_args!("{name}: {} step{plural} from {base}", steps.len()),
    )?;
    for (index, step) in steps.iter().enumerate() {
        line(
            f,
            &format_args!("{:3}  {}  {}", first + index, step.key.short(), step.title),
        )?;
        details(&step.action, f)?;
    }
    for step in skipped {
        let title = step.name.as_ref().unwrap_or(&step.kind);
        line(
            f,
            &format_args!("  -  skipped       {title}: when {}", step.when),
        )?;
    }
    Ok(())
}

/// What happens to packages, one text for each change.
fn changes(packages: &PackagesAction) -> Vec<String> {
    let transactions = packages.transactions.iter();
    let mut found: Vec<String> = transactions.map(|names| names.join(" ")).collect();
    let changes = &packages.changes;
    let mut add = |what: &str, names: &[String]| {
        if !names.is_empty() {
            found.push(format!("{what} {}", names.join(" ")));
        }
    };
    let local: Vec<String> = changes
        .local
        .iter()
        .map(|file| file.path.to_string())
        .collect();
    add("modules", &changes.modules.enable);
    add("groups", &changes.groups);
    add("files", &local);
    add("reinstall", &changes.reinstall);
    add("remove", &changes.remove);
    match &changes.upgrade {
        Some(crate::recipe::Upgrade::Names(names)) => add("upgrade", names),
        Some(crate::recipe::Upgrade::All(true)) => found.push("upgrade".to_owned()),
        _ => {}
    }
    if changes.autoremove {
        found.push("autoremove".to_owned());
    }
    found
}

fn mount(mount: &MountAction) -> String {
    match mount {
        MountAction::Cache { id, target, .. } => format!("cache {id} at {target}"),
        MountAction::Secret {
            id, target, env, ..
        } => match (target, env) {
            (_, Some(env)) => format!("secret {id} as ${env}"),
            (target, None) => format!("secret {id} at {}", target.as_deref().unwrap_or("?")),
        },
        MountAction::Bind {
            source,
            from,
            target,
            ..
        } => match from {
            Some(from) => format!("{source} from {} at {target}", from),
            None => format!("{source} at {target}"),
        },
        MountAction::Tmpfs { target, .. } => format!("memory at {target}"),
        MountAction::Ssh { id, .. } => format!("ssh agent {id}"),
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
                line(
                    f,
                    &format_args!("{INDENT}from {} ({signed})", repository.id),
                )?;
            }
            for (option, value) in &packages.setopts {
                line(f, &format_args!("{INDENT}{option}={value}"))?;
            }
            if let Some(langs) = &packages.install_langs {
                line(f, &format_args!("{INDENT}languages {langs}"))?;
            }
        }
        Action::Run(run) => {
            if run.network != super::Network::None {
                line(f, &format_args!("{INDENT}network {}", run.network))?;
            }
            for seen in &run.mounts {
                line(f, &format_args!("{INDENT}{}", mount(seen)))?;
            }
        }
        _ => {}
    }
    Ok(())
}
