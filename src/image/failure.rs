//! What can be wrong with an image's documents.

/// An image could not be described.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// The time has no calendar date that JSON readers know.
    #[error("{seconds} seconds after 1970 is no time that an image can have been created at")]
    Created {
        /// As asked for.
        seconds: u64,
        /// Why not.
        source: jiff::Error,
    },
    /// Docker's format has no name for such a layer.
    #[error("docker's image format has no layers of type `{media_type}`")]
    LayerType {
        /// What it is in the OCI format.
        media_type: &'static str,
    },
    /// An index of nothing.
    #[error("there is no image to list in an index")]
    Empty,
    /// A document could not be built.
    #[error("cannot write the image's {document}")]
    Build {
        /// Which one.
        document: &'static str,
        /// What the library found.
        source: oci_spec::OciSpecError,
    },
    /// A document could not be serialised.
    #[error("cannot write the image's {document} as JSON")]
    Serialise {
        /// Which one.
        document: &'static str,
        /// What the library found.
        source: serde_json::Error,
    },
}

/// A document from outside is not what it should be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// No JSON, or not of this kind.
    #[error("the {document} is not valid")]
    Json {
        /// Which one.
        document: &'static str,
        /// Where and why.
        source: serde_json::Error,
    },
    /// It could be read as a manifest and as an index, which CVE-2021-41190 is about.
    #[error("the {document} has both `manifests` and `layers` or `config`")]
    Ambiguous {
        /// Which one it should be.
        document: &'static str,
    },
    /// It says that it is something else.
    #[error("the {document} calls itself `{found}`, but was announced as `{expected}`")]
    MediaType {
        /// Which one.
        document: &'static str,
        /// As announced by the descriptor.
        expected: String,
        /// As written in it.
        found: String,
    },
    /// A kind of document that onelayer does not read.
    #[error("`{media_type}` is not an image manifest or index that can be read")]
    Unsupported {
        /// Its media type.
        media_type: String,
    },
    /// A digest that is malformed, or of an algorithm that cannot be checked.
    #[error("the {document} names something by an unusable digest")]
    Digest {
        /// Which one.
        document: &'static str,
        /// What is wrong with it.
        source: crate::digest::ParseDigestError,
    },
    /// The manifest's layers and the configuration's disagree.
    #[error("the manifest has {layers} layers, the configuration {diff_ids}")]
    LayerCount {
        /// In the manifest.
        layers: usize,
        /// In the configuration.
        diff_ids: usize,
    },
}
