//! The step that brings a file from the network.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{AbsolutePath, ByPlatform, Condition, Mode, Owner, Sha256, Sha512};

/// Fetches a file, checks its digest, and puts it or what it holds into the root file system.
///
/// What was fetched once is kept in the cache under its digest: no recipe fetches it again, from
/// wherever. A connection that breaks off, and an answer that the server is busy, is tried again
/// up to four times, from where it broke off if the server can do that. Redirects are followed,
/// ten at most, and never from `https` to `http`; none of the caller's credentials are sent. The
/// caller's proxy variables count (a proxy is asked with CONNECT for both kinds of addresses), and
/// to the certificates that the host trusts, or Mozilla's on a host without any, come those of
/// `--ca-bundle`. A file has 16 GiB at most.
///
/// An archive is not trusted. Its names are paths below `to`, where links that the root already
/// has are followed inside the root; a `/` in front of a name means nothing. The step fails, and
/// names the entry, if a name holds `..` or would be a removal in a layer (`.wh.`), if a link of
/// the same archive would lead it out of `to`, if it is below a file, and if a hard link leads to
/// anything but a file before it. Of two entries with one name a tar's later one wins, and a zip is
/// refused; a folder is never replaced. Devices are left out with a warning. Files keep their
/// permission bits, set-user-id included, and folders theirs, but a folder that the root already
/// has stays as it is; owners, times and extended attributes of the archive do not count. It may
/// hold two million entries with 256 MiB of names, and 64 GiB.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fetch {
    /// Title of the step, for messages and progress.
    #[schemars(example = &"install the application")]
    pub name: Option<String>,
    /// Condition under which the step is made.
    pub when: Option<Condition>,
    /// Address of the file, `https://…` or `http://…`: whoever changes it on the way is found out
    /// by the digest.
    #[schemars(example = &"https://example.com/tool-1.0.tar.gz")]
    pub fetch: String,
    /// Where it goes: a file takes this name, or goes into it when it ends in `/`, with the last
    /// name of the address; with `extract` it is the folder for what the archive holds.
    pub to: AbsolutePath,
    /// SHA-256 digest that the file must have: one, or one for each platform. This or `sha512`
    /// must be given.
    pub sha256: Option<ByPlatform<Sha256>>,
    /// SHA-512 digest that the file must have: one, or one for each platform.
    pub sha512: Option<ByPlatform<Sha512>>,
    /// Whether it is an archive whose contents are wanted: tar, plain or compressed with gzip,
    /// zstd, xz or bzip2, or zip. Its first bytes say which, not its name.
    #[serde(default)]
    pub extract: bool,
    /// Number of folders to leave out at the beginning of each name in the archive; an entry with
    /// no more names than that is left out.
    #[serde(default)]
    pub strip: u32,
    /// Owner of all that is written, `0:0` if not given.
    #[schemars(extend("default" = "0:0"))]
    pub owner: Option<Owner>,
    /// Mode of the file, 0644 if not given. Files of an archive keep theirs unless this is given.
    pub mode: Option<Mode>,
}
