//! Certificates in PEM form (RFC 7468).

use std::collections::BTreeSet;

use pem::{EncodeConfig, LineEnding, Pem};

use crate::digest::Digest;

use super::CertificatesError;

const LABEL: &str = "CERTIFICATE";
const BEGIN: &[u8] = b"-----BEGIN ";

/// A certificate and where it comes from.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Certificate {
    /// Name of its file without the ending.
    stem: String,
    pub(super) der: Vec<u8>,
}

impl Certificate {
    /// The certificate alone, in the one form in which it is always written.
    pub(super) fn pem(&self) -> String {
        let block = Pem::new(LABEL, self.der.as_slice());
        pem::encode_config(&block, EncodeConfig::new().set_line_ending(LineEnding::LF))
    }

    /// A name for its own file: that of the file it comes from, and what makes it unique.
    pub(super) fn name(&self) -> String {
        format!("{}-{}.crt", self.stem, &Digest::of(&self.der).hex()[..8])
    }
}

/// All certificates of the file at `path` in the context; anything else in it is an error.
pub(super) fn parse(path: &str, text: &[u8]) -> Result<Vec<Certificate>, CertificatesError> {
    let path = || path.to_owned();
    let begins = text.windows(BEGIN.len()).filter(|part| *part == BEGIN);
    let count = begins.count();
    let mut found = Vec::new();
    // One by one: the reader stops without a word at a block that has no end.
    let mut rest = text;
    for number in 1..=count {
        let start = (rest.windows(BEGIN.len()).position(|part| part == BEGIN)).unwrap_or(0);
        let (_, block) = rest.split_at(start);
        let next = block[1..]
            .windows(BEGIN.len())
            .position(|part| part == BEGIN);
        let (block, after) = block.split_at(next.map_or(block.len(), |next| next + 1));
        rest = after;
        let label = label(block);
        if label.ends_with("PRIVATE KEY") {
            return Err(CertificatesError::PrivateKey { path: path() });
        }
        if label != LABEL {
            let path = path();
            return Err(CertificatesError::Other { path, label });
        }
        match pem::parse(block) {
            Ok(block) if is_certificate(block.contents()) => found.push(Certificate {
                stem: stem(&path()),
                der: block.into_contents(),
            }),
            _ => {
                let path = path();
                return Err(CertificatesError::Damaged { path, number });
            }
        }
    }
    match found.is_empty() {
        true => Err(CertificatesError::None { path: path() }),
        false => Ok(found),
    }
}

/// What is in a bundle; what cannot be read in it is not known.
pub(super) fn known(text: &[u8]) -> BTreeSet<Vec<u8>> {
    let mut known = BTreeSet::new();
    let mut rest = text;
    while let Some(start) = rest.windows(BEGIN.len()).position(|part| part == BEGIN) {
        let block = &rest[start..];
        let next = block[1..]
            .windows(BEGIN.len())
            .position(|part| part == BEGIN);
        let (block, after) = block.split_at(next.map_or(block.len(), |next| next + 1));
        rest = after;
        if label(block) == LABEL
            && let Ok(block) = pem::parse(block)
        {
            known.insert(block.into_contents());
        }
    }
    known
}

/// What a block that begins here says it is.
fn label(block: &[u8]) -> String {
    let rest = &block[BEGIN.len()..];
    let end = rest.windows(5).position(|part| part == b"-----");
    let label = &rest[..end.unwrap_or(rest.len()).min(64)];
    String::from_utf8_lossy(label).escape_debug().to_string()
}

fn stem(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or_default();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let stem: String = stem.chars().filter(|c| plain(*c)).take(64).collect();
    match stem.trim_start_matches(['.', '-']) {
        "" => "certificate".to_owned(),
        stem => stem.to_owned(),
    }
}

/// Whether the bytes have the outer form of a certificate (RFC 5280, section 4.1): a sequence of
/// what is signed, an algorithm and a signature. One that has not would end the reading of the
/// whole bundle in some programs.
fn is_certificate(der: &[u8]) -> bool {
    let Some((0x30, content, [])) = value(der) else {
        return false;
    };
    let mut tags = Vec::new();
    let mut rest = content;
    while let Some((tag, _, after)) = value(rest) {
        tags.push(tag);
        rest = after;
    }
    rest.is_empty() && tags == [0x30, 0x30, 0x03]
}

/// Tag and content of the first value of some DER, and what follows it.
fn value(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let [tag, length, rest @ ..] = der else {
        return None;
    };
    let (length, rest) = match length {
        0..=0x7f => (usize::from(*length), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
            let length = digits
                .iter()
                .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
            (length, rest)
        }
        _ => return None,
    };
    let (content, after) = rest.split_at_checked(length)?;
    Some((*tag, content, after))
}
