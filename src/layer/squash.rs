//! The one pass.

use std::io::Write;
use std::num::NonZero;
use std::thread;
use std::time::Instant;

use crate::digest::{Digest, Hasher, HashingWriter};
use crate::progress::{Event, Reporter};
use crate::tree::Tree;

use super::compress::{Compression, Encoder};
use super::failure::LayerError;
use super::order::order;
use super::segment::{self, Segment};
use super::window::Window;

/// Uncompressed bytes on the way, per thread: one segment in work and one waiting.
const BUDGET_PER_THREAD: u64 = 16 << 20;

/// How to write a layer.
#[derive(Clone, Copy, Default)]
pub struct Options<'a> {
    /// How the blob is compressed.
    pub compression: Compression,
    /// Seconds since 1970; later times are put back to it. See
    /// <https://reproducible-builds.org/specs/source-date-epoch/>.
    pub source_date_epoch: u64,
    /// How many threads read and compress; all processors if `None`. No influence on the bytes.
    pub threads: Option<NonZero<usize>>,
    /// Asked between segments; the work stops soon after it says yes.
    pub cancel: Option<&'a (dyn Fn() -> bool + Sync)>,
}

/// A layer that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// Digest of the tar, uncompressed.
    pub diff_id: Digest,
    /// Digest of the blob, compressed.
    pub digest: Digest,
    /// Bytes of the blob, compressed.
    pub size: u64,
    /// Bytes of the tar, uncompressed.
    pub uncompressed_size: u64,
    /// Media type of the blob.
    pub media_type: &'static str,
    /// Entries in the archive, the root among them.
    pub entries: usize,
}

/// Writes `tree` as one layer to `blob`, and tells both digests.
///
/// The same tree and options give the same bytes. On failure, `blob` holds a part of the layer
/// that must be thrown away.
pub fn squash(
    tree: &Tree,
    options: &Options<'_>,
    blob: impl Write,
    reporter: &dyn Reporter,
) -> Result<Layer, LayerError> {
    let started = Instant::now();
    let items = order(tree)?;
    let epoch = options.source_date_epoch;
    let segments = segment::cut(&items, epoch)?;
    let threads = options
        .threads
        .or_else(|| thread::available_parallelism().ok())
        .map_or(1, NonZero::get)
        .min(segments.len());
    let encoders = (0..threads)
        .map(|_| Encoder::new(options.compression))
        .collect::<Result<Vec<_>, _>>()?;

    let window = Window::new(&segments, BUDGET_PER_THREAD * threads as u64);
    let sums = thread::scope(|scope| {
        for (number, mut encoder) in encoders.into_iter().enumerate() {
            let (worker, items) = (window.worker(), &items);
            let work = move || {
                worker.work(|segment, buffers| {
                    segment.read(items, epoch, &mut buffers.tar)?;
                    encoder.encode(&buffers.tar, &mut buffers.blob);
                    Ok(())
                });
            };
            match thread::Builder::new().spawn_scoped(scope, work) {
                Ok(_) => {}
                Err(error) if number == 0 => return Err(LayerError::Thread(error)),
                // Fewer threads make the same layer.
                Err(_) => break,
            }
        }
        let sums = commit(&segments, &window, options, blob, reporter);
        window.close();
        sums
    })?;

    let layer = Layer {
        diff_id: sums.diff_id,
        digest: sums.digest,
        size: sums.size,
        uncompressed_size: sums.uncompressed_size,
        media_type: options.compression.media_type(),
        entries: items.len(),
    };
    reporter.report(&Event::Squashed {
        entries: layer.entries,
        uncompressed: layer.uncompressed_size,
        compressed: layer.size,
        elapsed: started.elapsed(),
    });
    Ok(layer)
}

/// What is known when all bytes have passed.
struct Sums {
    diff_id: Digest,
    digest: Digest,
    size: u64,
    uncompressed_size: u64,
}

/// Takes the segments in order, hashes them both ways and writes them.
fn commit(
    segments: &[Segment],
    window: &Window<'_>,
    options: &Options<'_>,
    blob: impl Write,
    reporter: &dyn Reporter,
) -> Result<Sums, LayerError> {
    let total = segments.iter().map(|segment| segment.length).sum();
    let is_compressed = options.compression != Compression::None;
    let mut blob = HashingWriter::new(blob);
    let mut diff_id = Hasher::new();
    let mut done = 0;
    for position in 0..segments.len() {
        if options.cancel.is_some_and(|cancelled| cancelled()) {
            return Err(LayerError::Cancelled);
        }
        let buffers = window.wait_for(position).ok_or(LayerError::Cancelled)??;
        let written = if is_compressed {
            diff_id.update(&buffers.tar);
            blob.write_all(&buffers.blob)
        } else {
            blob.write_all(&buffers.tar)
        };
        written.map_err(LayerError::Write)?;
        done += buffers.tar.len() as u64;
        window.done(position, buffers);
        reporter.report(&Event::Squashing { done, total });
    }
    blob.flush().map_err(LayerError::Write)?;
    let (_, digest, size) = blob.finish();
    Ok(Sums {
        diff_id: if is_compressed {
            diff_id.finish()
        } else {
            digest
        },
        digest,
        size,
        uncompressed_size: done,
    })
}
