//! What can go wrong with places.

use std::io;
use std::path::PathBuf;

use crate::digest::Digest;
use crate::image::DocumentError;
use crate::rootfs::RootfsError;
use crate::tar::EntryProblem;

use super::registry::RegistryError;

/// A text names no image in a place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseReferenceError {
    /// Nothing in front of a colon.
    #[error("`{text}` names no transport")]
    NoTransport {
        /// The whole text.
        text: String,
    },
    /// A transport that nobody knows.
    #[error("there is no transport `{transport}`")]
    UnknownTransport {
        /// As written.
        transport: String,
    },
    /// A transport that others have.
    #[error("transport `{transport}` is not supported")]
    Unsupported {
        /// As written.
        transport: String,
    },
    /// No path behind the transport.
    #[error("there is no path behind the transport")]
    NoPath,
    /// A registry's image without the slashes that go before its name.
    #[error("`docker:{place}` wants two slashes, `docker://{place}`")]
    NoSlashes {
        /// What follows the colon.
        place: String,
    },
    /// Outside the grammar of image names.
    #[error("`{name}` is no name of an image: {reason}")]
    Name {
        /// As written.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Outside the grammar of tags.
    #[error("`{tag}` is not a tag")]
    Tag {
        /// As written.
        tag: String,
    },
}

/// An image could not be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// The kernel refused.
    #[error("cannot {action} `{}`", path.display())]
    Io {
        /// What was tried: a verb.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The kernel's answer.
        source: io::Error,
    },
    /// The directory holds something else, which is left alone.
    #[error("`{}` is neither empty nor an image layout", path.display())]
    NotALayout {
        /// The directory.
        path: PathBuf,
    },
    /// Something stands where a file, or a directory, should be.
    #[error("`{}` is not {expected}", path.display())]
    Kind {
        /// What stands there.
        path: PathBuf,
        /// What should, with an article.
        expected: &'static str,
    },
    /// Nothing that can be read from, or written to.
    #[error("`{reference}` cannot be {used} by this version")]
    Unusable {
        /// The place.
        reference: String,
        /// `read` or `written`.
        used: &'static str,
    },
    /// Two outputs in one file.
    #[error("`{}` is named as an output twice", path.display())]
    SameOutput {
        /// The file.
        path: PathBuf,
    },
    /// A member of the archive comes twice, or is a link.
    #[error("`{}` has an unusable member `{member}`", path.display())]
    Member {
        /// The archive.
        path: PathBuf,
        /// The member.
        member: String,
    },
    /// A place that takes one image is to have several.
    #[error("{place} takes an image for one platform only")]
    SeveralPlatforms {
        /// The kind of place.
        place: String,
    },
    /// Nothing is there to read from.
    #[error("there is no `{}`", path.display())]
    NoPlace {
        /// What was looked for.
        path: PathBuf,
    },
    /// The image is missing, or a file that lists it.
    #[error("`{}` has no {what}", path.display())]
    Missing {
        /// The layout or archive.
        path: PathBuf,
        /// What was looked for.
        what: String,
    },
    /// A blob that the image is made of is missing.
    #[error("`{}` has no blob {digest}", path.display())]
    NoBlob {
        /// The layout or archive.
        path: PathBuf,
        /// Which blob.
        digest: Digest,
    },
    /// The list of an archive names a file that the archive does not have, or that is outside.
    #[error("`{}` has no file `{file}`, which its `manifest.json` names", path.display())]
    Listed {
        /// The archive.
        path: PathBuf,
        /// As named, printable.
        file: String,
    },
    /// A layout of another version of the format.
    #[error("`{}` does not say that it is an image layout of version 1", path.display())]
    Version {
        /// The file that says which version it is.
        path: PathBuf,
    },
    /// Several images match.
    #[error("`{}` has {count} images that match; name one of: {candidates}", path.display())]
    Several {
        /// The layout or archive.
        path: PathBuf,
        /// How many.
        count: usize,
        /// Their tags or platforms.
        candidates: String,
    },
    /// An index has nothing for the platform.
    #[error("`{}` has no image for {wanted}, only for: {found}", path.display())]
    NoPlatform {
        /// The place.
        path: PathBuf,
        /// As asked for.
        wanted: String,
        /// What there is.
        found: String,
    },
    /// The image is another one than was asked for.
    #[error("the image in `{}` has the digest {found}, and not {expected}", path.display())]
    Pinned {
        /// The place.
        path: PathBuf,
        /// As asked for.
        expected: Digest,
        /// That of the image.
        found: Digest,
    },
    /// A blob is not the one that was announced.
    #[error("{what} in `{}` does not match its digest {digest}", path.display())]
    Digest {
        /// The layout or archive.
        path: PathBuf,
        /// What the blob is.
        what: &'static str,
        /// As announced.
        digest: Digest,
    },
    /// A blob has another size than announced.
    #[error("{what} {digest} in `{}` does not have the announced {size} bytes", path.display())]
    Size {
        /// The layout or archive.
        path: PathBuf,
        /// What the blob is.
        what: &'static str,
        /// Which blob.
        digest: Digest,
        /// As announced.
        size: u64,
    },
    /// A document is larger than any real one.
    #[error("{what} in `{}` is larger than {limit} bytes", path.display())]
    TooLarge {
        /// The layout or archive.
        path: PathBuf,
        /// What it is.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
    /// A document is not what it should be.
    #[error("`{}` cannot be read as an image", path.display())]
    Document {
        /// The layout or archive.
        path: PathBuf,
        /// What is wrong.
        source: DocumentError,
    },
    /// A registry could not be read or written.
    #[error(transparent)]
    Registry(Box<RegistryError>),
    /// The list of tags is no JSON object of the right form.
    #[error("`{}` is damaged", path.display())]
    Index {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// A directory that would be replaced holds something.
    #[error("`{}` is not empty, so it is not replaced", path.display())]
    NotEmpty {
        /// The directory.
        path: PathBuf,
    },
    /// A blob of other destinations; only a wrong caller has one.
    #[error("a blob was given to destinations that it was not started in")]
    ForeignBlob,
    /// An image's own digest is what it is.
    #[error("`{reference}` names a digest, which cannot be chosen for what is written")]
    ChosenDigest {
        /// The place.
        reference: String,
    },
    /// A layer that is needed here was never added, or its blob is not the one that the image's
    /// configuration names.
    #[error("the blob of layer {diff_id} does not unpack to that layer")]
    Layer {
        /// Digest of the layer, uncompressed.
        diff_id: Digest,
    },
    /// A layer's blob cannot be read or decompressed.
    #[error("cannot read layer {diff_id}")]
    ReadLayer {
        /// Digest of the layer, uncompressed.
        diff_id: Digest,
        /// Why not.
        source: io::Error,
    },
    /// A layer has an entry that no root file system can have.
    #[error("`{entry}` in layer {diff_id} {problem}")]
    Entry {
        /// Digest of the layer, uncompressed.
        diff_id: Digest,
        /// Its name, printable.
        entry: String,
        /// What is wrong with it.
        problem: EntryProblem,
    },
    /// A root file system could not be unpacked.
    #[error("cannot write `{}`", path.display())]
    Root {
        /// The directory.
        path: PathBuf,
        /// What went wrong in it.
        source: RootfsError,
    },
    /// A program of the host that writes to this kind of place is missing.
    #[error("`{reference}` cannot be written without {tools}")]
    NoTool {
        /// The place.
        reference: String,
        /// The program, or those of which one is enough.
        tools: &'static str,
        /// What makes it possible: begins with a verb.
        cure: &'static str,
    },
    /// The program is there, and what it talks to is not.
    #[error("`{command}` finds no running docker: {told}")]
    NoDaemon {
        /// What was run.
        command: String,
        /// The end of what it printed.
        told: String,
    },
    /// A program could not be started, or watched.
    #[error("cannot run `{command}`")]
    Run {
        /// What was run.
        command: String,
        /// The kernel's answer.
        source: io::Error,
    },
    /// A program of the host failed.
    #[error("`{command}` failed ({status}): {told}")]
    Tool {
        /// What was run.
        command: String,
        /// How it ended.
        status: std::process::ExitStatus,
        /// The end of what it printed.
        told: String,
    },
    /// The caller asked to stop.
    #[error("interrupted while writing the image")]
    Cancelled,
}

impl TransportError {
    /// Whether the place answered, and what was asked for is not there: another reference, tag,
    /// digest or platform would do.
    pub fn is_choice(&self) -> bool {
        let is_missing = |error: &RegistryError| matches!(error, RegistryError::Missing { .. });
        matches!(self, Self::Registry(error) if is_missing(error))
            || matches!(
                self,
                Self::NoPlace { .. }
                    | Self::Missing { .. }
                    | Self::NoBlob { .. }
                    | Self::Listed { .. }
                    | Self::Several { .. }
                    | Self::NoPlatform { .. }
                    | Self::Pinned { .. }
                    | Self::Unusable { .. }
            )
    }

    /// Whether this host lacks what it takes, so that another try fails as well.
    pub fn is_unsupported(&self) -> bool {
        matches!(self, Self::NoTool { .. } | Self::NoDaemon { .. })
    }

    /// What the user can do about it: begins with a verb.
    pub fn help(&self) -> Option<String> {
        let text = match self {
            Self::Registry(error) => return error.help(),
            Self::NoPlatform { .. } => {
                "choose another image, or say which is wanted with `platform`"
            }
            Self::NoBlob { .. } => "bring the image there again: a part of it is missing",
            Self::Listed { .. } => {
                "write the archive again, with `docker save` or `skopeo copy`, or choose another"
            }
            Self::Digest { .. } | Self::Size { .. } => {
                "bring the image there again: it was damaged or changed on the way"
            }
            Self::TooLarge { .. }
            | Self::Document { .. }
            | Self::Version { .. }
            | Self::Member { .. }
            | Self::Index { .. } => {
                "choose another image, or have this one made again by those who made it"
            }
            Self::NotEmpty { .. } => "name a directory that does not exist yet, or empty this one",
            Self::NotALayout { .. } => {
                "name a directory that does not exist yet, or an image layout"
            }
            Self::ChosenDigest { .. } => "give it a tag, or a name alone",
            Self::SeveralPlatforms { .. } => {
                "choose one with `--platform`, or write to `oci:`, `oci-archive:` or `docker://`"
            }
            Self::SameOutput { .. } => "give every output a path of its own",
            Self::NoTool { cure, .. } => cure,
            Self::NoDaemon { .. } => {
                "start docker, or name it by `DOCKER_HOST`; or write a `docker-archive:` for `docker load`"
            }
            _ => return None,
        };
        Some(text.to_owned())
    }

    pub(super) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}

impl From<RegistryError> for TransportError {
    fn from(error: RegistryError) -> Self {
        Self::Registry(Box::new(error))
    }
}
