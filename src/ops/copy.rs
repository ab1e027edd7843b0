//! An image from one place to others.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::digest::Digest;
use crate::image::{self, Document, Format, Image, Release};
use crate::layer::Layer;
use crate::progress::{Event, Reporter};
use crate::transport::{
    Destinations, Found, FoundRelease, ImageName, Reference, Remote, Source, TransportError, Watch,
};

use super::carry::{Content, carry};
use super::{Error, Registries};

/// Version of the JSON form of [`Copied`].
const VERSION: u32 = 1;

/// Which of the images that a name means are copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// The one for a platform; this machine's if it is not named.
    Platform(Option<String>),
    /// All of them, with their index.
    All,
}

/// What was copied.
#[derive(Debug, Clone, Serialize)]
pub struct Copied {
    version: u32,
    /// Digest of the manifest or index, as it is at the destinations.
    pub digest: Digest,
    /// Where the image is now.
    pub outputs: Vec<String>,
}

impl Copied {
    /// As one line of JSON.
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string(self).expect("all keys are text");
        json.push('\n');
        json
    }
}

/// Copies what `source` names to every one of `destinations`, each spelled as
/// containers-transports(5) does. Documents stay as they are, byte for byte, and so the digest; but
/// where a layout is to hold docker's format, its manifest is written anew in OCI's.
///
/// # Errors
/// When there is no such image, it is damaged, or a destination cannot be written; no destination
/// shows a partial image.
pub fn copy(
    source: &str,
    destinations: &[String],
    selection: &Selection,
    registries: &Registries,
    reporter: &dyn Reporter,
) -> Result<Copied, Error> {
    let source = Reference::source(source)?;
    let places = destinations.iter().map(|text| text.parse());
    let places: Vec<Reference> = places.collect::<Result<_, _>>()?;
    registries.watched(reporter, |watch| {
        let from = From::open(&source, registries, watch)?;
        let found = from.find(selection)?;
        if found.index.is_some() {
            super::build::take_several(&places)?;
        }
        let all = Destinations::open_with(&places, &registries.access, watch)?;
        let mut copying = Copying {
            from: &from,
            destinations: all,
            format: wanted(&places),
            written: BTreeMap::new(),
            watch,
        };
        let release = copying.release(found)?;
        copying.destinations.release(&release)?;
        let outputs: Vec<String> = places.iter().map(ToString::to_string).collect();
        for destination in &outputs {
            reporter.report(&Event::Written { destination });
        }
        Ok(Copied {
            version: VERSION,
            digest: release.document().digest,
            outputs,
        })
    })
}

/// The format that manifests must have, if there is one: a layout with docker's is not read by all.
fn wanted(places: &[Reference]) -> Option<Format> {
    let is_layout = |place: &Reference| {
        matches!(
            place,
            Reference::Oci { .. } | Reference::OciArchive { .. } | Reference::ContainersStorage(_)
        )
    };
    places.iter().any(is_layout).then_some(Format::Oci)
}

/// Where an image comes from.
enum From<'a> {
    Local(Source),
    Registry(Remote<'a>, ImageName),
}

impl<'a> From<'a> {
    fn open(
        source: &Reference,
        registries: &Registries,
        watch: Watch<'a>,
    ) -> Result<Self, TransportError> {
        Ok(match source {
            Reference::Docker(name) => {
                let remote = Remote::open(name, &registries.access, watch)?;
                Self::Registry(remote, name.clone())
            }
            local => Self::Local(Source::open(local)?),
        })
    }

    /// The repository, if it is one.
    fn name(&self) -> Option<&ImageName> {
        match self {
            Self::Local(_) => None,
            Self::Registry(_, name) => Some(name),
        }
    }

    fn content(&self, layer: &image::Descriptor) -> Result<Content<'a>, Error> {
        Ok(match self {
            Self::Local(source) => Content::Here(source.blob(layer, "layer")?),
            Self::Registry(remote, _) => Content::Stream(Box::new(remote.layer(layer)?)),
        })
    }

    fn find(&self, selection: &Selection) -> Result<FoundRelease, Error> {
        let platform = match selection {
            Selection::All => {
                return Ok(match self {
                    Self::Local(source) => source.release()?,
                    Self::Registry(remote, _) => remote.release()?,
                });
            }
            Selection::Platform(platform) => super::plan::platform(platform.as_deref())?,
        };
        let image = match self {
            Self::Local(source) => source.image(None, Some(&platform))?,
            Self::Registry(remote, _) => {
                remote.image(None, Some(&platform), &crate::transport::Forgetful)?
            }
        };
        Ok(FoundRelease {
            index: None,
            images: vec![image],
        })
    }
}

struct Copying<'a> {
    from: &'a From<'a>,
    destinations: Destinations<'a>,
    format: Option<Format>,
    /// Layers that are there already, by the digests that manifests name.
    written: BTreeMap<Digest, Layer>,
    watch: Watch<'a>,
}

impl Copying<'_> {
    fn release(&mut self, found: FoundRelease) -> Result<Release, Error> {
        let mut images = Vec::new();
        for image in &found.images {
            images.push(self.image(image)?);
        }
        let rewritten = images.iter().zip(&found.images);
        let is_changed = |(new, old): (&Image, &Found)| new.manifest.digest != old.digest;
        if found.index.is_some() && rewritten.into_iter().any(is_changed) {
            return Err(Error::DockerIndex);
        }
        Release::of(images, found.index).ok_or(Error::NoPlatform)
    }

    fn image(&mut self, found: &Found) -> Result<Image, Error> {
        let mut layers = Vec::new();
        let pairs = found.manifest.layers.iter().zip(&found.config.diff_ids);
        for (descriptor, diff_id) in pairs {
            let layer = match self.written.get(&descriptor.digest) {
                Some(written) => Layer {
                    diff_id: *diff_id,
                    ..written.clone()
                },
                None => carry(
                    (descriptor, *diff_id),
                    self.from.name(),
                    &mut self.destinations,
                    self.watch.cancelled,
                    || self.from.content(descriptor),
                )?,
            };
            self.written.insert(descriptor.digest, layer.clone());
            layers.push(layer);
        }
        let is_kept = |manifest: &&Document| {
            self.format != Some(Format::Oci) || manifest.media_type == image::media_type::MANIFEST
        };
        let documents = &found.documents;
        match documents.manifest.as_ref().filter(is_kept) {
            Some(manifest) => Ok(Image {
                config: documents.config.clone(),
                manifest: manifest.clone(),
                layers,
            }),
            None => {
                let format = self.format.unwrap_or_default();
                let annotations = &found.manifest.annotations;
                Ok(image::reassemble(
                    layers,
                    documents.config.clone(),
                    annotations,
                    format,
                )?)
            }
        }
    }
}
