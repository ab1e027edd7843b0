//! Why certificates could not be added.

/// Why certificates could not be added.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CertificatesError {
    /// No certificate at all.
    #[error("`{path}` holds no certificate in PEM form")]
    None {
        /// Path in the context.
        path: String,
    },
    /// A secret that would become part of the image.
    #[error("`{path}` holds a private key")]
    PrivateKey {
        /// Path in the context.
        path: String,
    },
    /// Something else beside certificates.
    #[error("`{path}` holds a `{label}`, which is no certificate")]
    Other {
        /// Path in the context.
        path: String,
        /// What the block says it is.
        label: String,
    },
    /// A block that cannot be read.
    #[error("PEM block {number} of `{path}` is damaged")]
    Damaged {
        /// Path in the context.
        path: String,
        /// Which block, from 1.
        number: usize,
    },
    /// Far too many bytes.
    #[error("`{path}` has more than 16777216 bytes, which is no bundle of certificates")]
    TooLarge {
        /// Path in the context or in the root.
        path: String,
    },
    /// A trust bundle that is a folder, pipe or device.
    #[error("`{path}` in the root is no regular file")]
    NotAFile {
        /// Path in the root.
        path: String,
    },
}

impl CertificatesError {
    /// What the user can do about it.
    pub fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::None { .. } => {
                "convert it with `openssl x509 -inform der -in FILE -out FILE.pem` if it is in DER form"
            }
            Self::PrivateKey { .. } => "keep only the certificate in the file: a key is a secret",
            Self::Other { .. } => "keep only blocks that begin with `-----BEGIN CERTIFICATE-----`",
            Self::Damaged { .. } => "look at it with `openssl x509 -text -in FILE`",
            Self::TooLarge { .. } | Self::NotAFile { .. } => return None,
        })
    }
}
