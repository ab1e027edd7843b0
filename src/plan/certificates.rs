//! Certificate authorities, resolved.

use serde::Serialize;

use crate::digest::Digest;

/// Certificate authorities that the root shall trust.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CertificatesAction {
    /// PEM files, in the order in which they are added.
    pub files: Vec<CertificateFile>,
}

/// A PEM file in the context.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CertificateFile {
    /// Path in the context.
    pub path: String,
    /// Digest that its content must still have when it is read.
    pub digest: Digest,
}
