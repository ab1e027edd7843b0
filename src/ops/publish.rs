//! From finished roots to images at their destinations.

use std::io;
use std::num::NonZeroUsize;

use crate::digest::HashingWriter;
use crate::execute::Root;
use crate::image::{self, Config, Description, Healthcheck, History, Image, Platform};
use crate::layer::{self, Compression, Layer};
use crate::plan::{HealthcheckSettings, ImageSettings, LimitSettings, Plan, PlannedImage};
use crate::progress::Reporter;
use crate::recipe::{self, Layers};
use crate::sandbox::Cancel;
use crate::transport::{BlobWriter, Destinations};
use crate::tree::Tree;

use super::Error;
use super::bring::Brought;
use super::carry::carry;
use super::images::Place;
use super::kept_layers::KeptLayers;

/// The annotations that name what an image stands on ([image-spec, annotations.md]).
///
/// [image-spec, annotations.md]: https://github.com/opencontainers/image-spec/blob/v1.1.0/annotations.md#pre-defined-annotation-keys
const BASE_NAME: &str = "org.opencontainers.image.base.name";
const BASE_DIGEST: &str = "org.opencontainers.image.base.digest";

/// What putting images together takes besides their roots.
pub(super) struct Publishing<'a> {
    pub(super) bases: &'a Brought<'a>,
    pub(super) kept: &'a KeptLayers<'a>,
    /// Whether layers are compared with ones from nothing.
    pub(super) verify: bool,
    pub(super) threads: Option<NonZeroUsize>,
    pub(super) reporter: &'a dyn Reporter,
    pub(super) cancel: &'a Cancel,
}

/// The layers of a base, and how they came about.
#[derive(Default)]
struct Below {
    layers: Vec<Layer>,
    history: Vec<History>,
}

impl Publishing<'_> {
    /// Squashes a root straight into the first destination, on the layers of its base if the recipe
    /// wants them kept, and describes the image.
    pub(super) fn image(
        &self,
        root: &Root,
        plan: &Plan,
        destinations: &mut Destinations<'_>,
    ) -> Result<Image, Error> {
        let base = root.base.as_deref();
        let kept = base.filter(|_| plan.output.layers == Layers::OnBase);
        let Below {
            mut layers,
            history,
        } = match kept {
            Some(base) => self.below(base, destinations)?,
            None => Below::default(),
        };
        let mut blob = destinations.blob()?;
        let options = layer::Options {
            compression: compression(plan),
            source_date_epoch: plan.output.source_date_epoch,
            threads: self.threads,
            cancel: Some(&|| self.cancel.is_cancelled()),
            kept: Some(self.kept),
        };
        let above;
        let tree = match kept {
            Some(_) => {
                above = root.tree.above();
                &above
            }
            None => &root.tree,
        };
        let layer = match self.verify {
            true => self.verified(tree, &options, &mut blob)?,
            false => layer::squash(tree, &options, &mut blob, self.reporter)?,
        };
        destinations.add(blob, &layer.digest)?;
        layers.push(layer);
        let mut description = description(&plan.config, plan.output.format);
        description.history = history;
        if let Some(base) = base {
            self.name_base(base, &mut description);
            if kept.is_none() {
                let (image, digest) = (&base.image, &base.digest);
                description.comment =
                    Some(format!("squashed with the layers of {image}, {digest}"));
            }
        }
        let image = image::assemble(layers, &description)?;
        check_limits(&image, &plan.limits)?;
        Ok(image)
    }

    /// Makes a layer, and once more from nothing; fails unless that is the same, and is what was
    /// written: what is taken over passes unread.
    fn verified(
        &self,
        tree: &Tree,
        options: &layer::Options<'_>,
        blob: &mut BlobWriter,
    ) -> Result<Layer, Error> {
        let mut blob = HashingWriter::new(blob);
        let layer = layer::squash(tree, options, &mut blob, self.reporter)?;
        let (_, written, _) = blob.finish();
        let from_nothing = layer::Options {
            kept: None,
            ..*options
        };
        let expected = layer::squash(tree, &from_nothing, io::sink(), self.reporter)?;
        if layer != expected || written != expected.digest {
            return Err(Error::WrongLayer {
                made: written,
                expected: expected.digest,
            });
        }
        Ok(layer)
    }

    /// Brings the layers of a base to the destinations, as they are.
    fn below(
        &self,
        base: &PlannedImage,
        destinations: &mut Destinations<'_>,
    ) -> Result<Below, Error> {
        let Some(known) = self.bases.find(base) else {
            return Ok(Below::default());
        };
        let origin = match &known.place {
            Place::Registry(name) => Some(name),
            Place::Local(_) => None,
        };
        let (manifest, config) = (&known.image.manifest, &known.image.config);
        let mut below = Below::default();
        for (descriptor, diff_id) in manifest.layers.iter().zip(&config.diff_ids) {
            let open = || {
                let content = self.bases.blob(known, descriptor, self.cancel);
                content.map_err(|source| Error::BaseLayer {
                    digest: descriptor.digest,
                    source,
                })
            };
            let cancelled = || self.cancel.is_cancelled();
            let layer = (descriptor, *diff_id);
            let layer = carry(layer, origin, destinations, &cancelled, open)?;
            below.layers.push(layer);
        }
        below.history = history(&config.history, manifest.layers.len(), &base.image);
        Ok(below)
    }

    /// Says what the image stands on, where others can find it, unless the recipe says it.
    fn name_base(&self, base: &PlannedImage, description: &mut Description) {
        let known = self.bases.find(base);
        if let Some(Place::Registry(name)) = known.map(|known| &known.place) {
            let annotations = &mut description.annotations;
            for (key, value) in [
                (BASE_NAME, name.to_string()),
                (BASE_DIGEST, base.digest.to_string()),
            ] {
                annotations.entry(key.to_owned()).or_insert(value);
            }
        }
    }
}

/// The history of a base's layers; of a base that tells of more or fewer layers than it has, one
/// line each that says where they are from.
fn history(told: &[History], layers: usize, base: &str) -> Vec<History> {
    let of_layers = told.iter().filter(|line| !line.empty_layer).count();
    if of_layers == layers {
        return told.to_vec();
    }
    let line = History {
        created: None,
        author: None,
        created_by: None,
        comment: Some(format!("a layer of {base}")),
        empty_layer: false,
    };
    vec![line; layers]
}

/// Fails if the image is larger than the recipe allows.
fn check_limits(image: &Image, limits: &LimitSettings) -> Result<(), Error> {
    let layers = image.layers.iter().map(|layer| layer.size);
    let documents = image.config.bytes.len() + image.manifest.bytes.len();
    let size = layers.sum::<u64>() + documents as u64;
    let entries: usize = image.layers.iter().map(|layer| layer.entries).sum();
    let counted = [
        ("image_size", "bytes", size, limits.image_size),
        (
            "layer_entries",
            "entries",
            entries as u64,
            limits.layer_entries,
        ),
    ];
    for (key, what, found, most) in counted {
        if let Some(most) = most
            && found > most
        {
            return Err(Error::Limit {
                key,
                what,
                found,
                most,
            });
        }
    }
    Ok(())
}

fn compression(plan: &Plan) -> Compression {
    let level = |usual| plan.output.level.unwrap_or(usual);
    match plan.output.compression.as_str() {
        "none" => Compression::None,
        "zstd" => Compression::Zstd { level: level(3) },
        _ => Compression::Gzip { level: level(4) },
    }
}

fn description(settings: &ImageSettings, format: recipe::Format) -> Description {
    Description {
        platform: platform(settings),
        created: settings.created,
        author: settings.author.clone(),
        created_by: settings.created_by.clone(),
        config: Config {
            user: settings.user.clone(),
            exposed_ports: settings.exposed_ports.iter().cloned().collect(),
            env: settings.env.clone(),
            entrypoint: settings.entrypoint.clone(),
            cmd: settings.cmd.clone(),
            volumes: settings.volumes.iter().cloned().collect(),
            working_dir: settings.workdir.clone(),
            labels: settings.labels.clone(),
            stop_signal: settings.stop_signal.clone(),
            healthcheck: settings.healthcheck.as_ref().map(healthcheck),
        },
        annotations: settings.annotations.clone(),
        history: Vec::new(),
        comment: None,
        format: self::format(format),
    }
}

/// What an image runs on.
pub(super) fn platform(settings: &ImageSettings) -> Platform {
    Platform {
        os: "linux".to_owned(),
        architecture: settings.architecture.clone(),
        variant: settings.variant.clone(),
    }
}

/// Whose documents describe an image.
pub(super) fn format(format: recipe::Format) -> image::Format {
    match format {
        recipe::Format::Oci => image::Format::Oci,
        recipe::Format::Docker => image::Format::Docker,
    }
}

/// Seconds as the nanoseconds that docker counts in.
fn healthcheck(settings: &HealthcheckSettings) -> Healthcheck {
    let nanoseconds =
        |seconds: Option<u64>| seconds.map(|seconds| seconds.saturating_mul(1_000_000_000));
    Healthcheck {
        test: settings.test.clone(),
        interval: nanoseconds(settings.interval),
        timeout: nanoseconds(settings.timeout),
        start_period: nanoseconds(settings.start_period),
        retries: settings.retries.map(u64::from),
    }
}
