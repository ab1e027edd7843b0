//! Checksums that a recipe names: the digest of a file as its publisher wrote it down.

use std::fmt;

use serde::Serialize;
use sha2::Digest as _;

/// A digest with its algorithm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Checksum {
    /// SHA-256, 64 hexadecimal digits in lower case.
    Sha256(String),
    /// SHA-512, 128 hexadecimal digits in lower case.
    Sha512(String),
}

impl Checksum {
    /// Name of the algorithm, as `sha256`.
    pub fn algorithm(&self) -> &'static str {
        match self {
            Self::Sha256(_) => "sha256",
            Self::Sha512(_) => "sha512",
        }
    }

    /// The digits.
    pub fn hex(&self) -> &str {
        match self {
            Self::Sha256(hex) | Self::Sha512(hex) => hex,
        }
    }

    /// Starts to compute what a checksum of the same algorithm is for other bytes.
    pub fn hasher(&self) -> ChecksumHasher {
        match self {
            Self::Sha256(_) => ChecksumHasher::Sha256(sha2::Sha256::new()),
            Self::Sha512(_) => ChecksumHasher::Sha512(sha2::Sha512::new()),
        }
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm(), self.hex())
    }
}

/// A running checksum.
#[derive(Clone)]
pub enum ChecksumHasher {
    /// SHA-256.
    Sha256(sha2::Sha256),
    /// SHA-512.
    Sha512(sha2::Sha512),
}

impl ChecksumHasher {
    /// Adds `bytes`.
    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(hasher) => hasher.update(bytes),
            Self::Sha512(hasher) => hasher.update(bytes),
        }
    }

    /// Ends the stream and gives its checksum.
    pub fn finish(self) -> Checksum {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        match self {
            Self::Sha256(hasher) => Checksum::Sha256(hex(&hasher.finalize())),
            Self::Sha512(hasher) => Checksum::Sha512(hex(&hasher.finalize())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_of_nothing_are_the_known_ones() {
        let of_nothing = |kind: Checksum| kind.hasher().finish().to_string();
        assert_eq!(
            of_nothing(Checksum::Sha256(String::new())),
            "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        assert!(of_nothing(Checksum::Sha512(String::new())).starts_with("sha512:cf83e1357eefb8bd"));
    }
}
