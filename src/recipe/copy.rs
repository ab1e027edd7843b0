//! The step that brings files of the context into the root.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{AbsolutePath, Condition, FileCapabilities, Mode, OneOrMany, OrKeep, Owner, Source};

/// Copies files and folders of the context into the root file system, as a Dockerfile does it: of
/// a folder, the contents go into `to`; a file takes the name `to`, or goes into it when it ends
/// in `/`. Folders merge. Links are copied as links; a source itself is followed.
///
/// What the file `.onelayerignore` in the context names, in the syntax of gitignore(5), is left out
/// of every copy, and so is the folder `.onelayer`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Copy {
    /// Title of the step, for messages and progress.
    #[schemars(example = &"install the application")]
    pub name: Option<String>,
    /// Condition under which the step is made.
    pub when: Option<Condition>,
    /// File, folder or glob, or a list of them, in the context or in what `from` names.
    #[schemars(example = &"app")]
    pub copy: OneOrMany<String>,
    /// Where the sources are: `stage:NAME` or the reference of an image; the context if not given.
    pub from: Option<Source>,
    /// Where it goes. A list or a glob needs a `to` that ends in `/`.
    pub to: AbsolutePath,
    /// Owner of all that is copied, `0:0` if not given; `keep` takes the file's own.
    #[schemars(extend("default" = "0:0"))]
    pub owner: Option<OrKeep<Owner>>,
    /// Mode of files, 0644 or 0755 (executables) if not given; `keep` takes the file's own.
    pub mode: Option<OrKeep<Mode>>,
    /// Mode of folders, 0755 if not given; `keep` takes the folder's own.
    #[schemars(extend("default" = "0755"))]
    pub directory_mode: Option<OrKeep<Mode>>,
    /// Globs, relative to each source, of what is left out.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Whether to copy what a symbolic link points to, instead of the link.
    #[serde(default)]
    pub follow_links: bool,
    /// Capabilities that the copied files give to whoever executes them, as setcap(8) takes them.
    /// Folders and links get none.
    pub capabilities: Option<FileCapabilities>,
}
