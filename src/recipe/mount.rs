//! What a command sees besides the root file system.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{AbsolutePath, Mode, Size, Source};

/// Something that a command sees besides the root file system. Nothing of it enters the image.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(untagged)]
pub enum Mount {
    /// A folder that is kept between builds.
    Cache(CacheMount),
    /// A secret that the command line names.
    Secret(SecretMount),
    /// A file or folder of the context, a stage or an image.
    Bind(BindMount),
    /// A folder in memory.
    Tmpfs(TmpfsMount),
    /// The caller's ssh agent.
    Ssh(SshMount),
}

/// A folder that is kept between builds.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CacheMount {
    /// Name of the cache; steps of all recipes that name the same one share it, one at a time.
    #[schemars(example = &"pip")]
    pub cache: String,
    /// Where the command sees it.
    pub target: AbsolutePath,
    /// Mode of the folder, 0755 if not given. It belongs to the user of the step.
    #[schemars(extend("default" = "0755"))]
    pub mode: Option<Mode>,
}

/// A secret that the command line names with `--secret id=ID,…`. It is in no layer, log or key.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretMount {
    /// Name of the secret.
    #[schemars(example = &"token")]
    pub secret: String,
    /// File in which the command finds it, `/run/secrets/ID` if neither this nor `env` is given.
    pub target: Option<AbsolutePath>,
    /// Variable in which the command finds it, instead of a file.
    #[schemars(example = &"TOKEN")]
    pub env: Option<String>,
    /// Mode of the file, 0400 if not given. It belongs to the user of the step.
    #[schemars(extend("default" = "0400"))]
    pub mode: Option<Mode>,
    /// Whether the build fails if the command line does not name it; `true` if not given.
    #[serde(default = "yes")]
    #[schemars(default = "yes")]
    pub required: bool,
}

/// A file or folder that the command sees in place, without a copy.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BindMount {
    /// One path in the context, or in what `from` names.
    #[schemars(example = &"src")]
    pub bind: String,
    /// Where it comes from: `stage:NAME` or a reference of an image; the context if not given.
    pub from: Option<Source>,
    /// Where the command sees it.
    pub target: AbsolutePath,
    /// Whether the command may write there; what it writes is thrown away.
    #[serde(default)]
    pub writable: bool,
}

/// A folder in memory that is gone when the command ends.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TmpfsMount {
    /// Where the command sees it.
    pub tmpfs: AbsolutePath,
    /// Most bytes that it takes.
    pub size: Option<Size>,
    /// Mode of the folder, 1777 if not given.
    #[schemars(extend("default" = "1777"))]
    pub mode: Option<Mode>,
}

/// The caller's ssh agent, or a key that the command line names.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SshMount {
    /// Name of the agent: `default` is the caller's own.
    #[schemars(example = &"default")]
    pub ssh: String,
    /// Socket that the command sees, `/run/ssh-agent.sock` if not given.
    #[schemars(extend("default" = "/run/ssh-agent.sock"))]
    pub target: Option<AbsolutePath>,
    /// Mode of the socket, 0600 if not given.
    #[schemars(extend("default" = "0600"))]
    pub mode: Option<Mode>,
    /// Whether the build fails if there is no agent; `true` if not given.
    #[serde(default = "yes")]
    #[schemars(default = "yes")]
    pub required: bool,
}

fn yes() -> bool {
    true
}
