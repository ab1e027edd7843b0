//! The step that brings a file from the network.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{AbsolutePath, ByPlatform, Condition, Mode, Owner, Sha256, Sha512};

/// Fetches a file, checks its digest, and puts it or what it holds into the root file system.
/// What was fetched once is kept and not fetched again.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fetch {
    /// Title of the step, for messages and progress.
    #[schemars(example = &"install the application")]
    pub name: Option<String>,
    /// Condition under which the step is made.
    pub when: Option<Condition>,
    /// Address of the file, `https://…` or `http://…`.
    #[schemars(example = &"https://example.com/tool-1.0.tar.gz")]
    pub fetch: String,
    /// Where it goes: a file takes this name, or goes into it when it ends in `/`; with `extract`
    /// it is the folder for what the archive holds.
    pub to: AbsolutePath,
    /// SHA-256 digest that the file must have: one, or one for each platform. This or `sha512`
    /// must be given.
    pub sha256: Option<ByPlatform<Sha256>>,
    /// SHA-512 digest that the file must have: one, or one for each platform.
    pub sha512: Option<ByPlatform<Sha512>>,
    /// Whether it is an archive whose contents are wanted: tar, plain or compressed with gzip,
    /// zstd, xz or bzip2, or zip.
    #[serde(default)]
    pub extract: bool,
    /// Number of folders to leave out at the beginning of each name in the archive.
    #[serde(default)]
    pub strip: u32,
    /// Owner of all that is written, `0:0` if not given.
    #[schemars(extend("default" = "0:0"))]
    pub owner: Option<Owner>,
    /// Mode of the file, 0644 if not given. Files of an archive keep theirs unless this is given.
    pub mode: Option<Mode>,
}
