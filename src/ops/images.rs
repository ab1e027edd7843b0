//! The images that a recipe names, found once and used for planning and building alike.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::digest::Digest;
use crate::image::{ConfigFile, Healthcheck};
use crate::plan::{HealthcheckSettings, ImageSettings, InputError, InputImage, PlannedLayer};
use crate::recipe::Platform;
use crate::transport::{Found, ImageName, Reference, Remote, Source, TransportError};

use super::Registries;
use super::plan::in_words_of_images;
use super::registries::Kept;

/// Images by reference, as far as they were asked for.
#[derive(Debug)]
pub(super) struct Images {
    /// What relative paths in references start from.
    directory: PathBuf,
    registries: Registries,
    kept: Kept,
    found: RefCell<BTreeMap<Asked, Arc<Known>>>,
    /// Why the last image could not be read, if that is not the recipe's fault.
    failure: RefCell<Option<TransportError>>,
}

/// A reference as written, a platform, and the digest that it must have.
type Asked = (String, String, Option<Digest>);

/// An image, and the place where its blobs are.
#[derive(Debug)]
pub(super) struct Known {
    /// Spelled out, but with its path as the recipe has it: a plan is the same everywhere.
    pub(super) reference: String,
    pub(super) place: Place,
    pub(super) image: Found,
}

/// Where an image's blobs are.
#[derive(Debug)]
pub(super) enum Place {
    Local(Box<Source>),
    Registry(ImageName),
}

impl Images {
    /// None yet; relative paths start from `directory`.
    pub(super) fn new(directory: &Path, registries: &Registries) -> Self {
        Self {
            directory: directory.to_owned(),
            kept: Kept::new(registries.cache_directory.clone()),
            registries: registries.clone(),
            found: RefCell::default(),
            failure: RefCell::default(),
        }
    }

    /// What a recipe says of an image, answered for planning.
    pub(super) fn answer(
        &self,
        reference: &str,
        digest: Option<Digest>,
        platform: &Platform,
    ) -> Result<InputImage, InputError> {
        let failed = |source: Box<dyn StdError + Send + Sync>, help| InputError::Image {
            reference: reference.to_owned(),
            source,
            help,
        };
        let known = match self.find(reference, digest, platform) {
            Ok(known) => known,
            Err(Failure::Reference(error)) => return Err(failed(Box::new(error), None)),
            Err(Failure::Transport(error)) if error.is_choice() => {
                let help = error.help();
                return Err(failed(Box::new(error), help));
            }
            Err(Failure::Transport(error)) => {
                let shown = error.to_string();
                self.failure.replace(Some(error));
                return Err(failed(shown.into(), None));
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
        self.failure.take()
    }

    fn find(
        &self,
        text: &str,
        digest: Option<Digest>,
        platform: &Platform,
    ) -> Result<Arc<Known>, Failure> {
        let reference = Reference::source(text).map_err(Failure::Reference)?;
        let shown = reference.to_string();
        let asked = (shown.clone(), platform.to_string(), digest);
        if let Some(known) = self.found.borrow().get(&asked) {
            return Ok(Arc::clone(known));
        }
        let wanted = in_words_of_images(platform);
        let find = || match &reference {
            Reference::Docker(name) => {
                let image = self.registries.with(|watch| {
                    let remote = Remote::open(name, &self.registries.access, watch)?;
                    let ask = || remote.meaning(digest.as_ref(), &self.kept);
                    let start = match (digest, name.digest()) {
                        (None, None) => self.registries.tags.meaning(name, ask)?,
                        _ => ask()?,
                    };
                    remote.image_of(start, digest.as_ref(), Some(&wanted), &self.kept)
                })?;
                Ok((Place::Registry(name.clone()), image))
            }
            local => {
                let source = Source::open_from(&self.directory, local)?;
                let image = source.image(digest.as_ref(), Some(&wanted))?;
                Ok((Place::Local(Box::new(source)), image))
            }
        };
        let (place, image) = find().map_err(Failure::Transport)?;
        let known = Arc::new(Known {
            reference: shown,
            place,
            image,
        });
        self.found.borrow_mut().insert(asked, Arc::clone(&known));
        Ok(known)
    }

    /// All that were found.
    pub(super) fn all(&self) -> Vec<Arc<Known>> {
        self.found.borrow().values().cloned().collect()
    }
}

/// Why an image cannot be used.
enum Failure {
    Reference(crate::transport::ParseReferenceError),
    Transport(TransportError),
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
        healthcheck: config.healthcheck.as_ref().map(healthcheck),
        ..ImageSettings::default()
    }
}

/// Docker's nanoseconds as the seconds that recipes count in, no fewer; its 0 is its default.
fn healthcheck(check: &Healthcheck) -> HealthcheckSettings {
    let seconds = |time: Option<u64>| {
        let time = time.filter(|nanoseconds| *nanoseconds > 0);
        time.map(|nanoseconds| nanoseconds.div_ceil(1_000_000_000))
    };
    let retries = check.retries.filter(|retries| *retries > 0);
    HealthcheckSettings {
        test: check.test.clone(),
        interval: seconds(check.interval),
        timeout: seconds(check.timeout),
        start_period: seconds(check.start_period),
        retries: retries.map(|retries| u32::try_from(retries).unwrap_or(u32::MAX)),
    }
}
