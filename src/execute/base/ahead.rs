//! A stream that is read ahead on a thread of its own.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{Builder, Scope};

const BLOCK: usize = 256 << 10;
/// Blocks that wait to be taken: with the one in each hand less than two mebibytes.
const DEPTH: usize = 4;

/// What a thread reads, in blocks.
pub(super) struct Ahead {
    blocks: Receiver<io::Result<Vec<u8>>>,
    block: Vec<u8>,
    /// Bytes of the block that were taken.
    taken: usize,
    ended: bool,
}

impl Ahead {
    /// Reads the stream that `open` gives, ahead of whoever reads from this. The thread ends with
    /// the stream, or when nobody wants it any more.
    ///
    /// # Errors
    /// When no thread can be started.
    pub(super) fn spawn<'s, F>(scope: &'s Scope<'s, '_>, open: F) -> io::Result<Self>
    where
        F: FnOnce() -> io::Result<Box<dyn Read + 's>> + Send + 's,
    {
        let (sender, blocks) = sync_channel(DEPTH);
        Builder::new().spawn_scoped(scope, move || {
            let mut stream = match open() {
                Ok(stream) => stream,
                Err(error) => {
                    let _ = sender.send(Err(error));
                    return;
                }
            };
            loop {
                let block = fill(&mut stream);
                let is_last = !matches!(&block, Ok(block) if !block.is_empty());
                if sender.send(block).is_err() || is_last {
                    return;
                }
            }
        })?;
        Ok(Self {
            blocks,
            block: Vec::new(),
            taken: 0,
            ended: false,
        })
    }
}

/// A block, shorter at the end; empty behind it.
fn fill(stream: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut block = Vec::with_capacity(BLOCK);
    stream.take(BLOCK as u64).read_to_end(&mut block)?;
    Ok(block)
}

impl Read for Ahead {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.block.len() && !self.ended && !buffer.is_empty() {
            let next = self.blocks.recv();
            // Without a last block the thread must have panicked.
            self.block = next.unwrap_or_else(|_| Err(io::ErrorKind::BrokenPipe.into()))?;
            self.taken = 0;
            self.ended = self.block.is_empty();
        }
        let rest = &self.block[self.taken..];
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        self.taken += length;
        Ok(length)
    }
}
