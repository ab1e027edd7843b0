//! Bringing the layers of a plan's images.

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::fs::File;
use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};

use crate::execute::{Bases, LayerContent};
use crate::image::Descriptor;
use crate::plan::{PlannedImage, PlannedLayer};
use crate::sandbox::Cancel;
use crate::store::Store;
use crate::transport::{Access, ImageName, Remote, TransportError, Watch};

use super::carry::Content;
use super::images::{Known, Place};
use super::registries::checksum;

/// Bytes between two looks at the wish to stop.
const BLOCK: usize = 1 << 17;

/// All images of a plan, to build from.
pub(super) struct Brought<'a> {
    pub(super) known: Vec<Arc<Known>>,
    pub(super) store: &'a Store,
    pub(super) access: &'a Access,
    pub(super) watch: Watch<'a>,
    /// Registries that were asked already, by image.
    pub(super) remotes: Mutex<BTreeMap<String, Arc<Remote<'a>>>>,
}

type Failure = Box<dyn StdError + Send + Sync>;

impl Brought<'_> {
    /// The one that a plan names.
    pub(super) fn find(&self, image: &PlannedImage) -> Option<&Known> {
        let mut known = self.known.iter().map(Arc::as_ref);
        known.find(|known| known.image.digest == image.digest && known.reference == image.image)
    }

    /// Opens the blob of a layer, which is brought first if it is far.
    pub(super) fn blob(
        &self,
        known: &Known,
        layer: &Descriptor,
        cancel: &Cancel,
    ) -> Result<Content<'static>, Failure> {
        let name = match &known.place {
            Place::Local(source) => return Ok(Content::Here(source.blob(layer, "layer")?)),
            Place::Registry(name) => name,
        };
        let checksum = checksum(&layer.digest);
        if let Some(file) = self.store.blob(&checksum)? {
            return Ok(Content::Stream(Box::new(file)));
        }
        // Beside the change sets, so that it can be moved when it is complete.
        let draft = self.store.draft()?;
        let path = draft.state().join("layer");
        let mut file = File::create_new(&path)?;
        let remote = self.remote(name)?;
        copy(&mut remote.layer(layer)?, &mut file, cancel)?;
        let mut file = self.store.keep_blob(&path, &checksum)?;
        io::Seek::rewind(&mut file)?;
        Ok(Content::Stream(Box::new(file)))
    }

    fn remote(&self, name: &ImageName) -> Result<Arc<Remote<'_>>, TransportError> {
        let mut remotes = self.remotes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(remote) = remotes.get(&name.to_string()) {
            return Ok(Arc::clone(remote) as Arc<Remote<'_>>);
        }
        let remote = Arc::new(Remote::open(name, self.access, self.watch)?);
        remotes.insert(name.to_string(), Arc::clone(&remote));
        Ok(remote)
    }
}

/// The end of a stream, where all of it is known to be right.
fn copy(from: &mut impl Read, to: &mut File, cancel: &Cancel) -> io::Result<()> {
    let mut block = vec![0; BLOCK];
    loop {
        if cancel.is_cancelled() {
            return Err(io::Error::other("interrupted"));
        }
        match from.read(&mut block) {
            Ok(0) => return Ok(()),
            Ok(length) => to.write_all(&block[..length])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

impl Bases for Brought<'_> {
    fn layer(
        &self,
        image: &PlannedImage,
        layer: &PlannedLayer,
        cancel: &Cancel,
    ) -> Result<LayerContent, Failure> {
        let missing = || format!("`{}` was not found when the plan was made", image.image);
        let known = self.find(image).ok_or_else(missing)?;
        let mut layers = known.image.manifest.layers.iter();
        let descriptor = layers.find(|descriptor| descriptor.digest == layer.digest);
        let content = self.blob(known, descriptor.ok_or_else(missing)?, cancel)?;
        Ok(content.into_reader())
    }
}
