//! Hashing while bytes pass by.

use std::io::{self, Write};

use sha2::digest::common::hazmat::{SerializableState, SerializedState};
use sha2::{Digest as _, Sha256};

use super::Digest;

/// Bytes of a [`Hasher`]'s saved state.
pub const STATE: usize = 104;

/// A running SHA-256.
#[derive(Clone, Default, Debug)]
pub struct Hasher(Sha256);

impl Hasher {
    /// Starts with no bytes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds `bytes`.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Adds a length-prefixed field, so that neighbouring fields cannot run into each other.
    pub fn field(&mut self, bytes: &[u8]) {
        self.update(&(bytes.len() as u64).to_le_bytes());
        self.update(bytes);
    }

    /// What it has come to, to go on from another time. The form is that of `sha2` 0.11, whose
    /// versions 0.11.x read each other's. It has no mark of its own by which damage would be seen.
    pub fn state(&self) -> [u8; STATE] {
        self.0.serialize().into()
    }

    /// Goes on from a saved state; `None` if it cannot be one.
    pub fn resume(state: &[u8; STATE]) -> Option<Self> {
        let state: &SerializedState<Sha256> = state.into();
        Sha256::deserialize(state).ok().map(Self)
    }

    /// Ends the stream and gives its digest.
    pub fn finish(self) -> Digest {
        Digest::from_bytes(self.0.finalize().into())
    }
}

/// A writer that passes everything on and knows digest and length of what passed.
pub struct HashingWriter<W> {
    inner: W,
    hasher: Hasher,
    written: u64,
}

impl<W: Write> HashingWriter<W> {
    /// Wraps `inner`.
    pub fn new(inner: W) -> Self {
        Self {
            inner,
            hasher: Hasher::new(),
            written: 0,
        }
    }

    /// Gives the inner writer back, with digest and number of the bytes written to it.
    pub fn finish(self) -> (W, Digest, u64) {
        (self.inner, self.hasher.finish(), self.written)
    }
}

impl<W: Write> Write for HashingWriter<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(buffer)?;
        self.hasher.update(&buffer[..written]);
        self.written += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_can_be_gone_on_from_at_any_byte() {
        let bytes: Vec<u8> = (0..1000u32).map(|byte| byte as u8).collect();
        for cut in [0, 1, 55, 63, 64, 65, 127, 128, 999, 1000] {
            let mut first = Hasher::new();
            first.update(&bytes[..cut]);
            let mut second = Hasher::resume(&first.state()).unwrap();
            second.update(&bytes[cut..]);
            assert_eq!(second.finish(), Digest::of(&bytes), "{cut}");
        }
    }
}
