//! Checks that run a command.

use std::path::PathBuf;

use regex::RegexBuilder;

use crate::execute::accounts::Database;
use crate::execute::error::{ending, quote};
use crate::execute::{ExecuteError, Execution, Stack};
use crate::plan::{CheckKind, ExpectText};
use crate::sandbox::{Captured, Exit, Sandbox, Stream, User};
use crate::tree::Tree;

/// So much is kept of each stream.
const LARGEST_OUTPUT: usize = 1 << 20;
/// So many lines of each stream a failure shows.
const LAST_LINES: usize = 10;
/// So much is shown of a text that was expected.
const LONGEST_TEXT: usize = 200;

impl Execution<'_> {
    /// Runs a command, and says in what it is not as expected.
    pub(super) fn command(
        &self,
        check: &CheckKind,
        root: &Stack,
    ) -> Result<Vec<String>, ExecuteError> {
        let CheckKind::Run {
            command,
            env,
            user,
            workdir,
            stdin,
            exit,
            stdout,
            stderr,
        } = check
        else {
            return Ok(Vec::new());
        };
        let (_draft, overlay) = self.throw_away(root, Some(workdir))?;
        let mut sandbox = Sandbox::new(overlay, command);
        sandbox.environment = (env.iter())
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        if !env.contains_key("HOME") {
            let home = home(&root.tree, user);
            sandbox.environment.push(("HOME".into(), home.into()));
        }
        sandbox.working_directory = PathBuf::from(workdir);
        sandbox.user = match user.as_str() {
            "0" => User::ROOT,
            name => User::Name(name.to_owned()),
        };
        sandbox.stdin = stdin.clone().into_bytes();
        let ended = match self.launcher.capture(&sandbox, LARGEST_OUTPUT, self.cancel) {
            // The command is to blame, and not the host.
            Err(error) if error.is_command() => return Ok(vec![error.to_string()]),
            ended => ended?,
        };
        if ended.exit == Exit::Cancelled {
            return Err(ExecuteError::CANCELLED);
        }
        Ok(judge(&ended, *exit, stdout.as_ref(), stderr.as_ref()))
    }
}

/// The home of a user, as engines find it for a container.
fn home(tree: &Tree, user: &str) -> String {
    let name = user.split(':').next().unwrap_or_default();
    let usual = match name {
        "0" | "root" => "/root",
        _ => "/",
    };
    // What is wrong with the file is told when the user is looked up.
    let known = Database::read(tree, "etc/passwd").ok().and_then(|passwd| {
        let named = passwd.find(name);
        let id = name.parse::<u32>().ok();
        let mut all = passwd.all();
        let line = named.or_else(|| all.find(|line| id.is_some() && line.id(2) == id))?;
        Some(line.text(5)).filter(|home| !home.is_empty())
    });
    known.unwrap_or_else(|| usual.to_owned())
}

fn judge(
    ended: &Captured,
    exit: u8,
    stdout: Option<&ExpectText>,
    stderr: Option<&ExpectText>,
) -> Vec<String> {
    let mut problems = Vec::new();
    if ended.exit != Exit::Code(i32::from(exit)) {
        problems.push(format!("{}, expected {exit}", ending(ended.exit)));
    }
    let streams = [
        ("standard output", &ended.output, stdout),
        ("standard error", &ended.error, stderr),
    ];
    for (name, stream, expected) in streams {
        if let Some(expected) = expected {
            compare(name, stream, expected, &mut problems);
        }
    }
    if !problems.is_empty() {
        let shown: String = (streams.iter())
            .map(|(name, stream, _)| end_of(name, stream))
            .collect();
        if let Some(last) = problems.last_mut() {
            last.push_str(&shown);
        }
    }
    problems
}

/// Notes in what a stream is not what was expected.
fn compare(name: &str, stream: &Stream, expected: &ExpectText, problems: &mut Vec<String>) {
    let text = String::from_utf8_lossy(&stream.bytes);
    if !stream.is_whole {
        problems.push(format!("{name} is longer than {LARGEST_OUTPUT} bytes"));
    }
    for part in &expected.contains {
        if !text.contains(part.as_str()) {
            problems.push(format!("{name} does not contain `{}`", brief(part)));
        }
    }
    for pattern in &expected.matches {
        // A line is what people have in mind with `^` and `$`.
        match RegexBuilder::new(pattern).multi_line(true).build() {
            Ok(regex) if regex.is_match(&text) => {}
            Ok(_) => problems.push(format!("{name} does not match `{}`", brief(pattern))),
            Err(error) => problems.push(format!("`{}` cannot be used: {error}", brief(pattern))),
        }
    }
    let end = |text: &str| text.trim_end_matches(['\n', '\r']).to_owned();
    if let Some(wanted) = &expected.equals
        && end(&text) != end(wanted)
    {
        problems.push(format!("{name} is not `{}`", brief(wanted)));
    }
    match expected.empty {
        Some(true) if !text.is_empty() => problems.push(format!("{name} is not empty")),
        Some(false) if text.is_empty() => problems.push(format!("{name} is empty")),
        _ => {}
    }
}

fn brief(text: &str) -> String {
    let mut shown: String = text.chars().take(LONGEST_TEXT).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown.escape_debug().to_string()
}

/// The end of a stream, unless there is nothing.
fn end_of(name: &str, stream: &Stream) -> String {
    let text = String::from_utf8_lossy(&stream.bytes);
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let last = &lines[lines.len().saturating_sub(LAST_LINES)..];
    if last.is_empty() {
        String::new()
    } else {
        format!("\n    {name}:{}", quote(last))
    }
}
