//! Checks that look at one path.

use std::io::Read;

use memchr::memmem;

use crate::execute::editor::CAPABILITY;
use crate::execute::error::shown;
use crate::execute::{ExecuteError, owner};
use crate::plan::{CheckKind, FileKind, Owner};
use crate::tree::{Entry, Kind, Tree};

const BLOCK: usize = 1 << 20;

/// Says in what a path is not as expected.
pub(super) fn check(check: &CheckKind, tree: &Tree) -> Result<Vec<String>, ExecuteError> {
    let CheckKind::File {
        path,
        kind,
        mode,
        owner,
        contains,
        executable,
        capabilities,
    } = check
    else {
        return Ok(Vec::new());
    };
    let entry = match tree.resolve_parent(path.as_bytes()) {
        Ok(found) => found.entry,
        Err(error) => return Ok(vec![format!("it is not there: {error}")]),
    };
    let Some(entry) = entry else {
        return Ok(vec!["it is not there".to_owned()]);
    };
    let mut problems = Vec::new();
    if kind.is_some_and(|kind| !is(entry, kind)) {
        let wanted = kind.map_or("", name);
        problems.push(format!("it is {}, expected {wanted}", found(entry)));
    }
    if let Some(mode) = mode {
        let wanted = mode.apply(entry.mode, entry.is_directory());
        if wanted != entry.mode {
            let found = entry.mode;
            problems.push(format!("its mode is {found:04o}, expected {mode}"));
        }
    }
    if let Some(owner) = owner {
        problems.extend(owned(entry, owner, tree)?);
    }
    if let Some(wanted) = executable {
        let is_executable = entry.mode & 0o111 != 0;
        if is_executable != *wanted {
            let who = if is_executable { "somebody" } else { "nobody" };
            let mode = entry.mode;
            problems.push(format!("{who} can execute it: its mode is {mode:04o}"));
        }
    }
    if let Some(wanted) = capabilities {
        let mut xattrs = entry.xattrs().iter();
        let found = xattrs.find(|xattr| *xattr.name == *CAPABILITY.as_bytes());
        if found.is_none_or(|found| *found.value != wanted.to_xattr()) {
            let state = if found.is_some() { "other" } else { "no" };
            problems.push(format!("it has {state} capabilities, expected {wanted}"));
        }
    }
    if !contains.is_empty() {
        problems.extend(lacks(entry, contains)?);
    }
    Ok(problems)
}

fn is(entry: &Entry, kind: FileKind) -> bool {
    matches!(
        (&entry.kind, kind),
        (Kind::File { .. }, FileKind::File)
            | (Kind::Directory, FileKind::Directory)
            | (Kind::Symlink { .. }, FileKind::Symlink)
    )
}

fn name(kind: FileKind) -> &'static str {
    match kind {
        FileKind::File => "a file",
        FileKind::Directory => "a folder",
        FileKind::Symlink => "a symbolic link",
    }
}

fn found(entry: &Entry) -> &'static str {
    match entry.kind {
        Kind::File { .. } => name(FileKind::File),
        Kind::Directory => name(FileKind::Directory),
        Kind::Symlink { .. } => name(FileKind::Symlink),
        Kind::CharDevice { .. } | Kind::BlockDevice { .. } => "a device",
        Kind::Fifo => "a pipe",
        Kind::Whiteout => "nothing",
    }
}

fn owned(entry: &Entry, wanted: &Owner, tree: &Tree) -> Result<Option<String>, ExecuteError> {
    let (uid, gid) = match owner::resolve(tree, wanted, Some(entry.gid)) {
        Err(error @ ExecuteError::UnknownName { .. }) => return Ok(Some(error.to_string())),
        ids => ids?,
    };
    let fits = uid == entry.uid && gid == entry.gid;
    let (uid, gid) = (entry.uid, entry.gid);
    Ok((!fits).then(|| format!("its owner is {uid}:{gid}, expected {wanted}")))
}

/// The texts that a file does not hold. It is read block by block, and each with the end of the
/// one before it.
fn lacks(entry: &Entry, texts: &[String]) -> Result<Vec<String>, ExecuteError> {
    let Some(mut file) = entry.open()? else {
        return Ok(vec![format!("it is {}, and holds no text", found(entry))]);
    };
    let longest = texts.iter().map(String::len).max().unwrap_or(0);
    let mut missing: Vec<&String> = texts.iter().collect();
    let mut window = Vec::new();
    loop {
        let before = window.len();
        let block = (&mut file).take(BLOCK as u64).read_to_end(&mut window);
        block.map_err(|source| ExecuteError::Input {
            path: shown(&entry.path),
            source,
        })?;
        missing.retain(|text| memmem::find(&window, text.as_bytes()).is_none());
        if window.len() == before || missing.is_empty() {
            break;
        }
        let kept = window.len().min(longest);
        window.drain(..window.len() - kept);
    }
    entry.check_unchanged(&file)?;
    let told = missing.iter();
    Ok(told
        .map(|text| format!("it does not contain `{}`", text.escape_debug()))
        .collect())
}
