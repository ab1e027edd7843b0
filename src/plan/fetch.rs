//! A file from the network, resolved.

use serde::Serialize;

use super::{BytePath, Checksum, Mode, Owner};

/// A file to fetch, to check and to put into the root.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FetchAction {
    /// Where it is.
    pub url: String,
    /// What its bytes must be.
    pub checksum: Checksum,
    /// Absolute path in the root: of the file, or with `extract` of the folder.
    pub to: BytePath,
    /// Whether it is an archive whose contents are wanted.
    pub extract: bool,
    /// Folders to leave out at the beginning of each name in the archive.
    pub strip: u32,
    /// Owner.
    pub owner: Owner,
    /// Permission bits, where the recipe says them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
}
