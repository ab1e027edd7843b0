//! The images that a recipe names, found once and used for planning and building alike.

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::digest::Digest;
use crate::execute::{Bases, LayerContent};
use crate::image::{self, ConfigFile};
use crate::plan::{ImageSettings, InputError, InputImage, PlannedImage, PlannedLayer};
use crate::recipe::Platform;
use crate::sandbox::Cancel;
use crate::transport::{Found, Reference, Source, TransportError};

/// Images by reference, as far as they were asked for.
#[derive(Debug)]
pub(super) struct Images {
    /// What relative paths in references start from.
    directory: PathBuf,
    found: Mutex<BTreeMap<Asked, Arc<Known>>>,
    /// Why the last image could not be read, if that is not the recipe's fault.
    failure: Mutex<Option<TransportError>>,
}

/// A reference as written, and a platform.
type Asked = (String, String);

/// An image, and the place where its blobs are.
#[derive(Debug)]
pub(super) struct Known {
    /// Spelled out, but with its path as the recipe has it: a plan is the same everywhere.
    pub(super) reference: String,
    pub(super) source: Source,
    pub(super) image: Found,
}

impl Images {
    /// None yet; relative paths start from `directory`.
    pub(super) fn new(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
            found: Mutex::default(),
            failure: Mutex::default(),
        }
    }

    /// What a recipe says of an image, answered for planning.
    pub(super) fn answer(
        &self,
        reference: &str,
        digest: Option<Digest>,
        platform: &Platform,
    ) -> Result<InputImage, InputError> {
        let failed = |source: Box<dyn StdError + Send + Sync>| InputError::Image {
            reference: reference.to_owned(),
            source,
        };
        let known = match self.find(reference, digest, platform) {
            Ok(known) => known,
            Err(Failure::Reference(error)) => return Err(failed(Box::new(error))),
            Err(Failure::Transport(error)) if error.is_choice() => {
                return Err(failed(Box::new(error)));
            }
            Err(Failure::Transport(error)) => {
                let shown = error.to_string();
                *lock(&self.failure) = Some(error);
                return Err(failed(shown.into()));
            }
        };
        let image = &known.image;
        let layers = image.manifest.layers.iter().zip(&image.config.diff_ids);
        Ok(InputImage {
            reference: known.reference.clone(),
            digest: image.digest,
            platform: image.config.platform.to_string(),
            layers: layers
                .map(|(layer, diff_id)| PlannedLayer {
                    digest: layer.digest,
                    size: layer.size,
                    diff_id: *diff_id,
                })
                .collect(),
            settings: settings(&image.config),
        })
    }

    /// Takes the reason why an image could not be read, if there is one.
    pub(super) fn failure(&self) -> Option<TransportError> {
        lock(&self.failure).take()
    }

    fn find(
        &self,
        text: &str,
        digest: Option<Digest>,
        platform: &Platform,
    ) -> Result<Arc<Known>, Failure> {
        let reference = Reference::source(text).map_err(Failure::Reference)?;
        let shown = reference.to_string();
        let asked = (shown.clone(), platform.to_string());
        if let Some(known) = lock(&self.found).get(&asked)
            && digest.is_none_or(|digest| known.image.digest == digest)
        {
            return Ok(Arc::clone(known));
        }
        let wanted = image::Platform {
            os: platform.part(crate::recipe::PlatformPart::Os).to_owned(),
            architecture: platform.architecture().to_owned(),
            variant: platform.variant().map(str::to_owned),
        };
        let find = || {
            let source = Source::open_from(&self.directory, &reference)?;
            let image = source.image(digest.as_ref(), Some(&wanted))?;
            Ok((source, image))
        };
        let (source, image) = find().map_err(Failure::Transport)?;
        let known = Arc::new(Known {
            reference: shown,
            source,
            image,
        });
        lock(&self.found).insert(asked, Arc::clone(&known));
        Ok(known)
    }

    /// All that were found.
    pub(super) fn all(&self) -> Vec<Arc<Known>> {
        lock(&self.found).values().cloned().collect()
    }
}

/// All images of a plan, to build from.
pub(super) struct Brought(pub(super) Vec<Arc<Known>>);

impl Brought {
    /// The one that a plan names.
    pub(super) fn find(&self, image: &PlannedImage) -> Option<&Known> {
        let mut known = self.0.iter().map(Arc::as_ref);
        known.find(|known| known.image.digest == image.digest && known.reference == image.image)
    }
}

impl Bases for Brought {
    fn layer(
        &self,
        image: &PlannedImage,
        layer: &PlannedLayer,
        _: &Cancel,
    ) -> Result<LayerContent, Box<dyn StdError + Send + Sync>> {
        match self.find(image) {
            Some(known) => known.layer(layer),
            None => Err(format!("`{}` was not found when the plan was made", image.image).into()),
        }
    }
}

/// Why an image cannot be used.
enum Failure {
    Reference(crate::transport::ParseReferenceError),
    Transport(TransportError),
}

impl Known {
    /// The blob of one of its layers.
    pub(super) fn layer(
        &self,
        layer: &PlannedLayer,
    ) -> Result<LayerContent, Box<dyn StdError + Send + Sync>> {
        let mut layers = self.image.manifest.layers.iter();
        match layers.find(|descriptor| descriptor.digest == layer.digest) {
            Some(descriptor) => Ok(Box::new(self.source.blob(descriptor, "layer")?)),
            None => Err(format!("`{}` has no layer {}", self.reference, layer.digest).into()),
        }
    }
}

/// What an image says about itself, as a plan has it.
fn settings(file: &ConfigFile) -> ImageSettings {
    let config = &file.config;
    ImageSettings {
        architecture: file.platform.architecture.clone(),
        variant: file.platform.variant.clone(),
        author: file.author.clone(),
        entrypoint: config.entrypoint.clone(),
        cmd: config.cmd.clone(),
        env: config.env.clone(),
        user: config.user.clone(),
        workdir: config.working_dir.clone(),
        exposed_ports: config.exposed_ports.iter().cloned().collect(),
        volumes: config.volumes.iter().cloned().collect(),
        labels: config.labels.clone(),
        stop_signal: config.stop_signal.clone(),
        ..ImageSettings::default()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
