//! From an image's blobs to one change set.

use std::error::Error;
use std::io::{BufRead, BufReader, Read};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, Scope};

use crate::digest::VerifyingReader;
use crate::execute::ExecuteError;
use crate::execute::archive::{Bounded, Limits};
use crate::execute::editor::Editor;
use crate::plan::{PlannedImage, PlannedLayer};
use crate::progress::Reporter;
use crate::sandbox::{Cancel, enclosed};
use crate::tar::Format;

use super::ahead::Ahead;
use super::applying::{Applying, Whiteouts};
use super::error::{BaseError, BasePart};

/// How many layers are brought at once: as many as the other tools ask registries for.
const AT_ONCE: usize = 4;

/// The blob of a layer, as it is stored.
pub type LayerContent = Box<dyn Read + Send>;

/// What can bring the layers of the images that a plan names.
pub trait Bases: Sync {
    /// Brings a layer: afterwards its blob can be read without waiting for a network. Called from
    /// several threads; returns soon after `cancel` says so. The stream fails at its end if it is
    /// not the announced blob.
    ///
    /// # Errors
    /// When the place that the image is in does not give it.
    fn layer(
        &self,
        image: &PlannedImage,
        layer: &PlannedLayer,
        cancel: &Cancel,
    ) -> Result<LayerContent, Box<dyn Error + Send + Sync>>;
}

type Brought = Result<LayerContent, Box<dyn Error + Send + Sync>>;

/// Puts the layers of `image` on top of one another in what `editor` writes. They are brought side
/// by side and applied in order.
pub(in crate::execute) fn import(
    image: &PlannedImage,
    bases: &dyn Bases,
    editor: &mut Editor,
    cancel: &Cancel,
    reporter: &dyn Reporter,
) -> Result<(), ExecuteError> {
    // A layer that fails stops those that are still coming.
    let own = cancel
        .child()
        .map_err(|source| ExecuteError::Start { source })?;
    let (senders, receivers): (Vec<SyncSender<Brought>>, Vec<Receiver<Brought>>) =
        image.layers.iter().map(|_| sync_channel(1)).unzip();
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        let bring = || {
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(layer) = image.layers.get(index) else {
                    return;
                };
                let brought = bases.layer(image, layer, &own);
                if senders[index].send(brought).is_err() || own.is_cancelled() {
                    return;
                }
            }
        };
        for number in 0..AT_ONCE.min(image.layers.len()) {
            match thread::Builder::new().spawn_scoped(scope, bring) {
                Ok(_) => {}
                Err(source) if number == 0 => return Err(ExecuteError::Thread { source }),
                // Those that there are bring everything.
                Err(_) => break,
            }
        }
        let folder = editor.folder();
        let applied = enclosed(&folder, || {
            apply(image, receivers, scope, editor, &own, reporter)
        });
        let applied = applied.unwrap_or_else(|source| Err(ExecuteError::Thread { source }));
        if applied.is_err() {
            own.cancel();
        }
        applied
    })
}

/// Unpacks an archive of a whole root into what `editor` writes; `path` names it in messages.
pub(in crate::execute) fn unpack(
    path: &str,
    mut archive: impl BufRead + Send,
    editor: &mut Editor,
    cancel: &Cancel,
    reporter: &dyn Reporter,
) -> Result<(), ExecuteError> {
    let part = BasePart::Archive(path.to_owned());
    let failed = |source| BaseError::Read {
        part: part.clone(),
        source,
    };
    let format = Format::of(archive.fill_buf().map_err(failed)?);
    if format == Format::Zip {
        return Err(BaseError::Format { part }.into());
    }
    let folder = editor.folder();
    let thread = |source| ExecuteError::Thread { source };
    thread::scope(|scope| {
        let mut stream = Bounded {
            inner: Ahead::spawn(scope, move || format.read(archive)).map_err(thread)?,
            left: Limits::default().bytes,
            cancel,
        };
        enclosed(&folder, || {
            let mut applying = Applying::new(editor, Whiteouts::Refuse, cancel, reporter);
            applying.layer(part, &mut stream)?;
            applying.finish()
        })
        .map_err(thread)?
    })
}

fn apply<'s>(
    image: &PlannedImage,
    brought: Vec<Receiver<Brought>>,
    scope: &'s Scope<'s, '_>,
    editor: &mut Editor,
    cancel: &Cancel,
    reporter: &dyn Reporter,
) -> Result<(), ExecuteError> {
    let mut applying = Applying::new(editor, Whiteouts::Apply, cancel, reporter);
    for (layer, brought) in image.layers.iter().zip(brought) {
        // Whoever was to bring it ends without a word only when nobody wants it any more.
        let brought = brought.recv().map_err(|_| ExecuteError::CANCELLED)?;
        if cancel.is_cancelled() {
            return Err(ExecuteError::CANCELLED);
        }
        let content = brought.map_err(|source| BaseError::Bring {
            layer: layer.digest,
            source,
        })?;
        let mut stream = Bounded {
            inner: uncompressed(layer, content, scope)?,
            left: Limits::default().bytes,
            cancel,
        };
        applying.layer(BasePart::Layer(layer.digest), &mut stream)?;
    }
    applying.finish()
}

/// The tar that a blob holds. Blob and tar are each read on a thread of their own.
fn uncompressed<'s>(
    layer: &PlannedLayer,
    content: LayerContent,
    scope: &'s Scope<'s, '_>,
) -> Result<Ahead, ExecuteError> {
    let part = BasePart::Layer(layer.digest);
    let thread = |source| ExecuteError::Thread { source };
    let blob = Ahead::spawn(scope, move || Ok(content)).map_err(thread)?;
    let mut blob = BufReader::new(blob);
    let start = blob.fill_buf().map_err(|source| BaseError::Read {
        part: part.clone(),
        source,
    })?;
    // As the other tools do it, the bytes count and not the media type: the tar's own digest says
    // whether they were understood.
    let format = Format::of(start);
    if !matches!(format, Format::Gzip | Format::Zstd | Format::Other) {
        return Err(BaseError::Format { part }.into());
    }
    let diff_id = layer.diff_id;
    Ahead::spawn(scope, move || {
        let tar = format.read(blob)?;
        Ok(Box::new(VerifyingReader::new(tar, diff_id)))
    })
    .map_err(thread)
}
