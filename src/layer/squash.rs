//! The one pass.

use std::io::Write;
use std::num::NonZero;
use std::thread;
use std::time::Instant;

use crate::digest::Digest;
use crate::progress::{Event, Reporter};
use crate::tree::Tree;

use super::commit::Committer;
use super::compression::Compression;
use super::encoder::Encoder;
use super::failure::LayerError;
use super::index::Index;
use super::kept::Kept;
use super::key;
use super::order::{Item, order};
use super::part;
use super::segment::{self, Segment};
use super::window::{Buffers, Window};

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
    /// What earlier layers left, and where this one leaves its parts. No influence on the bytes.
    pub kept: Option<&'a dyn Kept>,
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
    let segments = segment::cut(&items, options.source_date_epoch)?;
    let squash = Squash {
        keys: Keys::of(&items, &segments, options)?,
        items: &items,
        segments: &segments,
        options,
        reporter,
    };
    let mut committer = Committer::new(blob);
    squash.take_over(&mut committer)?;
    squash.make(&mut committer)?;
    let (diff_id, digest) = committer.finish()?;
    if let Some(keys) = &squash.keys {
        let index = keys.index.write(&committer.records);
        keys.kept.keep_index(&keys.family, &index);
    }
    let layer = Layer {
        diff_id,
        digest,
        size: committer.size,
        uncompressed_size: committer.archived,
        media_type: options.compression.media_type(),
        entries: items.len(),
    };
    reporter.report(&Event::Squashed {
        entries: layer.entries,
        uncompressed: layer.uncompressed_size,
        compressed: layer.size,
        kept: committer.kept,
        elapsed: started.elapsed(),
    });
    Ok(layer)
}

struct Squash<'a> {
    items: &'a [Item<'a>],
    segments: &'a [Segment],
    keys: Option<Keys<'a>>,
    options: &'a Options<'a>,
    reporter: &'a dyn Reporter,
}

/// What tells the segments from those of other layers, and what is known of those.
struct Keys<'a> {
    kept: &'a dyn Kept,
    start: Digest,
    /// Of each segment with all before it, and its own; as far as they can be told again.
    segments: Vec<(Digest, Digest)>,
    /// What layers have in common whose indexes are one: how they begin.
    family: Digest,
    index: Index,
}

impl<'a> Keys<'a> {
    /// `None` if nothing is kept, or could be found again.
    fn of(
        items: &[Item<'_>],
        segments: &[Segment],
        options: &Options<'a>,
    ) -> Result<Option<Self>, LayerError> {
        let Some(kept) = options.kept else {
            return Ok(None);
        };
        let fingerprint = Encoder::new(options.compression)?.fingerprint()?;
        let start = key::start(&fingerprint, options.source_date_epoch);
        let keys = segments
            .iter()
            .map_while(|segment| key::key(segment, items));
        let keys = keys.scan(start, |chain, key| {
            *chain = key::chain(chain, &key);
            Some((*chain, key))
        });
        let segments: Vec<(Digest, Digest)> = keys.collect();
        let Some(&(family, _)) = segments.first() else {
            return Ok(None);
        };
        let index = kept.index(&family);
        Ok(Some(Self {
            index: index.as_deref().map_or_else(Index::default, Index::read),
            kept,
            start,
            family,
            segments,
        }))
    }
}

impl Squash<'_> {
    /// Takes over all segments from the first on that stood there before.
    fn take_over<W: Write>(&self, committer: &mut Committer<W>) -> Result<(), LayerError> {
        let Some(keys) = &self.keys else {
            return Ok(());
        };
        let mut part = Vec::new();
        for (chain, _) in &keys.segments {
            self.check_cancelled()?;
            let Some(record) = keys.index.at(chain) else {
                break;
            };
            if !part::find(keys.kept, &record.name, &mut part) || part.len() as u64 != record.length
            {
                break;
            }
            committer.take_over(record, &part)?;
        }
        Ok(())
    }

    /// Makes the segments that follow.
    fn make<W: Write>(&self, committer: &mut Committer<W>) -> Result<(), LayerError> {
        let start = committer.records.len();
        let options = self.options;
        let threads = (options.threads)
            .or_else(|| thread::available_parallelism().ok())
            .map_or(1, NonZero::get)
            .min(self.segments.len() - start);
        let encoders = (0..threads)
            .map(|_| Encoder::new(options.compression))
            .collect::<Result<Vec<_>, _>>()?;
        let budget = BUDGET_PER_THREAD * threads as u64;
        let window = Window::new(self.segments, start, budget);
        thread::scope(|scope| {
            for (number, mut encoder) in encoders.into_iter().enumerate() {
                let worker = window.worker();
                let work = move || {
                    worker.work(|position, buffers| self.fill(position, &mut encoder, buffers));
                };
                match thread::Builder::new().spawn_scoped(scope, work) {
                    Ok(_) => {}
                    Err(error) if number == 0 => return Err(LayerError::Thread(error)),
                    // Fewer threads make the same layer.
                    Err(_) => break,
                }
            }
            let committed = self.commit(start, &window, committer);
            window.close();
            committed
        })
    }

    /// Reads a segment, and compresses it unless that was done before.
    fn fill(
        &self,
        position: usize,
        encoder: &mut Encoder,
        buffers: &mut Buffers,
    ) -> Result<(), LayerError> {
        let epoch = self.options.source_date_epoch;
        self.segments[position].read(self.items, epoch, &mut buffers.tar)?;
        (buffers.name, buffers.found) = (None, false);
        let keys = (self.keys.as_ref()).filter(|keys| position < keys.segments.len());
        let Some(keys) = keys else {
            return encoder.encode(&buffers.tar, &mut buffers.blob);
        };
        let known = keys.index.name(&keys.segments[position].1);
        let name = known.unwrap_or_else(|| key::name(&keys.start, &buffers.tar));
        buffers.name = Some(name);
        if self.options.compression != Compression::None {
            buffers.found = part::find(keys.kept, &name, &mut buffers.blob);
        }
        if !buffers.found {
            encoder.encode(&buffers.tar, &mut buffers.blob)?;
            part::keep(keys.kept, &name, buffers.part_mut());
        }
        Ok(())
    }

    /// Takes the segments in order, as they become ready.
    fn commit<W: Write>(
        &self,
        start: usize,
        window: &Window<'_>,
        committer: &mut Committer<W>,
    ) -> Result<(), LayerError> {
        let lengths = self.segments.iter().map(|segment| segment.length);
        let total = lengths.sum();
        for position in start..self.segments.len() {
            self.check_cancelled()?;
            let buffers = window.wait_for(position).ok_or(LayerError::Cancelled)??;
            let keys = self.keys.as_ref();
            let keys = keys.and_then(|keys| keys.segments.get(position).copied());
            committer.add(&buffers, keys)?;
            window.done(position, buffers);
            self.reporter.report(&Event::Squashing {
                done: committer.archived,
                total,
            });
        }
        Ok(())
    }

    fn check_cancelled(&self) -> Result<(), LayerError> {
        match self.options.cancel {
            Some(cancelled) if cancelled() => Err(LayerError::Cancelled),
            _ => Ok(()),
        }
    }
}
