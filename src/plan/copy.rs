//! A copy from the context, resolved to single entries.
//!
//! As a Dockerfile does it: of a folder, the contents go into `to`; a file takes the name `to`, or
//! goes into it when `to` ends in `/`. Modes do not depend on the umask of a checkout: folders and
//! executables are 0755, other files 0644, unless the recipe says otherwise.

use serde::Serialize;

use super::{
    BytePath, FileCapabilities, InputEntry, InputKind, InputSource, Mode, OrKeep, Origin, Owner,
};
use crate::digest::Digest;

/// Entries to copy, folders before what is in them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CopyAction {
    /// The sources as the recipe names them, for people.
    pub sources: Vec<String>,
    /// The destination as the recipe names it.
    pub to: String,
    /// Owner of everything copied; none where each entry keeps the one it has on disk.
    pub owner: Option<Owner>,
    /// What is copied where.
    pub entries: Vec<CopyEntry>,
    /// Capabilities of whoever executes the copied files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capabilities: Option<FileCapabilities>,
}

/// A copy from another root file system, whose contents are only known when that is finished.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CopyFromAction {
    /// The root file system.
    pub from: Origin,
    /// Paths or globs in it.
    pub sources: Vec<String>,
    /// Globs, relative to each source, of what is left out.
    pub exclude: Vec<String>,
    /// The destination as the recipe names it.
    pub to: String,
    /// Whether links are copied as what they point to.
    pub follow_links: bool,
    /// Owner of everything copied; none where each entry keeps its own.
    pub owner: Option<Owner>,
    /// Permission bits of files, where the recipe says them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<OrKeep<Mode>>,
    /// Permission bits of folders, where the recipe says them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory_mode: Option<OrKeep<Mode>>,
    /// Capabilities of whoever executes the copied files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capabilities: Option<FileCapabilities>,
}

/// One entry of a copy.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CopyEntry {
    /// Path in the context.
    pub source: BytePath,
    /// Absolute path in the root.
    pub target: BytePath,
    /// What it is.
    #[serde(flatten)]
    pub kind: CopyKind,
    /// Owner on disk, where it is to be kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<(u32, u32)>,
}

/// What an entry of a copy is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum CopyKind {
    /// A regular file.
    File {
        /// Digest that its content must still have when it is copied.
        digest: Digest,
        /// Bytes.
        size: u64,
        /// Permission bits.
        mode: u32,
    },
    /// A folder; `mode` is none where a folder that the root already has keeps its own.
    Directory {
        /// Permission bits.
        #[serde(skip_serializing_if = "Option::is_none")]
        mode: Option<u32>,
    },
    /// A symbolic link.
    Symlink {
        /// The link's text.
        target: BytePath,
    },
}

/// How modes and owners of copied entries are chosen.
pub(super) struct CopyRules {
    pub(super) keep_owner: bool,
    pub(super) mode: Option<OrKeep<Mode>>,
    pub(super) directory_mode: Option<OrKeep<Mode>>,
}

impl CopyRules {
    /// The entries that `source` becomes below `to`. A destination that ends in `/` is a folder.
    pub(super) fn entries(&self, source: &InputSource, to: &str) -> Vec<CopyEntry> {
        let folder = (source.entries.first()).is_some_and(|e| e.kind == InputKind::Directory);
        let top = destination(to, &source.path.file_name(), folder);
        (source.entries.iter())
            .map(|entry| CopyEntry {
                source: source.path.join(&entry.path),
                target: top.join(&entry.path),
                kind: self.kind(entry),
                owner: self.keep_owner.then_some(entry.owner),
            })
            .collect()
    }

    fn kind(&self, entry: &InputEntry) -> CopyKind {
        match &entry.kind {
            InputKind::File { digest, size } => CopyKind::File {
                digest: *digest,
                size: *size,
                mode: file_mode(self.mode.as_ref(), entry.mode),
            },
            InputKind::Directory => CopyKind::Directory {
                mode: (self.directory_mode.as_ref())
                    .map(|mode| choose(Some(mode), 0o755, entry.mode, true)),
            },
            InputKind::Symlink { target } => CopyKind::Symlink {
                target: target.clone(),
            },
        }
    }
}

/// The mode that the recipe's `wanted` gives: `keep` is the one on disk, a symbolic one changes the
/// usual one.
fn choose(wanted: Option<&OrKeep<Mode>>, usual: u32, on_disk: u32, directory: bool) -> u32 {
    match wanted {
        None => usual,
        Some(OrKeep::Keep) => on_disk,
        Some(OrKeep::Set(mode)) => mode.apply(usual, directory),
    }
}

/// Mode of a copied file: 0755 if it is executable, 0644 otherwise, unless the recipe says more.
fn file_mode(wanted: Option<&OrKeep<Mode>>, on_disk: u32) -> u32 {
    let usual = if on_disk & 0o111 == 0 { 0o644 } else { 0o755 };
    choose(wanted, usual, on_disk, false)
}

/// Where a source of this name goes: a file into a folder that `to` names by its last `/`, anything
/// else to `to` itself.
fn destination(to: &str, name: &BytePath, is_folder: bool) -> BytePath {
    match to.strip_suffix('/') {
        Some(_) if !is_folder => BytePath::from(to).join(name),
        Some("") => BytePath::from("/"),
        Some(trimmed) => trimmed.into(),
        None => to.into(),
    }
}

impl CopyFromAction {
    /// Where a source of this name goes.
    pub fn destination(&self, name: &BytePath, is_folder: bool) -> BytePath {
        destination(&self.to, name, is_folder)
    }

    /// Mode of a copied file that has `mode` where it comes from.
    pub fn file_mode(&self, mode: u32) -> u32 {
        file_mode(self.mode.as_ref(), mode)
    }

    /// Mode of a copied folder that has `mode` where it comes from; none where a folder that the
    /// root already has keeps its own.
    pub fn directory_mode(&self, mode: u32) -> Option<u32> {
        let wanted = self.directory_mode.as_ref()?;
        Some(choose(Some(wanted), 0o755, mode, true))
    }

    /// Whether files keep what their mode is and goes with it: extended attributes, capabilities
    /// among them.
    pub fn keeps_attributes(&self) -> bool {
        self.mode == Some(OrKeep::Keep)
    }
}
