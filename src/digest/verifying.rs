//! Streams that must be what was announced.

use std::io::{self, Read};

use super::{Digest, Hasher};

/// A stream that fails at its end, with [`io::ErrorKind::InvalidData`], unless its bytes have the
/// digest that was expected. Whoever uses the bytes before has to be able to take that back.
#[derive(Debug)]
pub struct VerifyingReader<R> {
    inner: R,
    /// None after the end.
    hasher: Option<Hasher>,
    expected: Digest,
}

/// Bytes have another digest than was announced.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("its bytes have the digest {found}, and not {expected} as announced")]
pub struct DigestMismatch {
    /// As announced.
    pub expected: Digest,
    /// As read.
    pub found: Digest,
}

impl<R: Read> VerifyingReader<R> {
    /// Reads `inner`, which should have the digest `expected`.
    pub fn new(inner: R, expected: Digest) -> Self {
        Self {
            inner,
            hasher: Some(Hasher::new()),
            expected,
        }
    }
}

impl<R: Read> Read for VerifyingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        if length > 0 || buffer.is_empty() {
            if let Some(hasher) = &mut self.hasher {
                hasher.update(&buffer[..length]);
            }
            return Ok(length);
        }
        let Some(hasher) = self.hasher.take() else {
            return Ok(0);
        };
        let (expected, found) = (self.expected, hasher.finish());
        if found == expected {
            return Ok(0);
        }
        let mismatch = DigestMismatch { expected, found };
        Err(io::Error::new(io::ErrorKind::InvalidData, mismatch))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_tells() {
        let expected = Digest::of("some bytes");
        let read = |bytes: &[u8]| {
            let mut all = Vec::new();
            VerifyingReader::new(bytes, expected).read_to_end(&mut all)
        };
        assert_eq!(read(b"some bytes").unwrap(), 10);
        for other in [&b"some byte"[..], b"some bytes ", b""] {
            let error = read(other).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
            assert!(error.to_string().contains(&Digest::of(other).to_string()));
        }
    }
}
