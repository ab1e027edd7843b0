//! From a plan to images at their destinations.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Mutex;

use serde::Serialize;

use crate::digest::Digest;
use crate::execute::Execution;
use crate::image::{Image, Platform, Release};
use crate::layer::Layer;
use crate::packages::{self, HostAccess};
use crate::plan::{Action, Plan};
use crate::progress::{Event, Reporter};
use crate::recipe;
use crate::sandbox::{self, Cancel, Isolation, Launcher, Processes, Refusal};
use crate::store::Store;
use crate::transport::{Access, Destinations, Reference, TransportError, Watch};

use super::bring::Brought;
use super::kept_layers::KeptLayers;
use super::publish::{self, Publishing};
use super::secrets::{self, SecretSource};
use super::{Error, Planned, emulation};

/// Version of the JSON form of [`Built`].
const VERSION: u32 = 1;

/// How to build.
#[derive(Debug, Clone, Default)]
pub struct BuildOptions {
    /// Destinations, as containers-transports(5) spells them; `oci:out/NAME`, or
    /// `docker-archive:out/NAME.tar` in docker's format, if there are none.
    pub outputs: Vec<String>,
    /// Tags instead of the recipe's.
    pub tags: Vec<String>,
    /// Whether results of earlier builds are taken.
    pub reuse: bool,
    /// Whether layers are made a second time, from nothing, and compared.
    pub verify: bool,
    /// Where results are kept.
    pub cache_directory: PathBuf,
    /// Certificates for steps with network.
    pub ca_bundle: Option<PathBuf>,
    /// Proxy variables for steps with network.
    pub proxies: Vec<(String, String)>,
    /// Secrets that steps may ask for.
    pub secrets: Vec<SecretSource>,
    /// The way to registries.
    pub access: Access,
    /// Whether a shell is opened in the root of a command that fails, which needs a terminal.
    pub shell_on_failure: bool,
    /// Threads for the layer; one per core if `None`.
    pub threads: Option<NonZeroUsize>,
    /// Why commands are not isolated in a more exact way, if that was wanted.
    pub inexact: Option<String>,
    /// What commands see of other processes.
    pub processes: Processes,
    /// Why they cannot be isolated at all.
    pub refusal: Option<Refusal>,
}

/// What was built.
#[derive(Debug, Clone, Serialize)]
pub struct Built {
    version: u32,
    /// Digest of the manifest, or of the index of several images.
    pub digest: Digest,
    /// Where the image is, one name for each destination and tag.
    pub outputs: Vec<String>,
    /// The layer that was made; of several images the first one's.
    #[serde(flatten)]
    pub layer: BuiltLayer,
    /// The images of an index, in the order of their platforms.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<BuiltImage>,
}

/// One image of an index.
#[derive(Debug, Clone, Serialize)]
pub struct BuiltImage {
    /// What it runs on.
    pub platform: String,
    /// Digest of its manifest.
    pub digest: Digest,
    /// The layer that was made.
    #[serde(flatten)]
    pub layer: BuiltLayer,
}

/// A layer that was made.
#[derive(Debug, Clone, Serialize)]
pub struct BuiltLayer {
    /// Its digest, uncompressed.
    pub diff_id: Digest,
    /// Bytes of its blob.
    pub layer_size: u64,
    /// Its bytes, uncompressed.
    pub uncompressed_size: u64,
}

impl From<&Layer> for BuiltLayer {
    fn from(layer: &Layer) -> Self {
        Self {
            diff_id: layer.diff_id,
            layer_size: layer.size,
            uncompressed_size: layer.uncompressed_size,
        }
    }
}

impl Built {
    /// Without an image there is nothing to tell.
    fn of(images: &[(Platform, Image)], digest: Digest, outputs: Vec<String>) -> Option<Self> {
        let of = |image: &Image| image.layers.last().map(BuiltLayer::from);
        let several = images.iter().filter(|_| images.len() > 1);
        let several = several.filter_map(|(platform, image)| {
            Some(BuiltImage {
                platform: platform.to_string(),
                digest: image.manifest.digest,
                layer: of(image)?,
            })
        });
        Some(Self {
            version: VERSION,
            digest,
            outputs,
            layer: of(&images.first()?.1)?,
            images: several.collect(),
        })
    }

    /// As one line of JSON.
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string(self).expect("all keys are text");
        json.push('\n');
        json
    }
}

/// Fails if one of the places has room for an image of one platform only.
pub(super) fn take_several(places: &[Reference]) -> Result<(), TransportError> {
    match places.iter().find(|place| !place.takes_several()) {
        None => Ok(()),
        Some(place) => Err(TransportError::SeveralPlatforms {
            place: format!("`{place}`"),
        }),
    }
}

/// Builds a planned recipe and writes the image to every destination; planned for several
/// platforms, an index of images.
///
/// # Errors
/// Before any work: destinations that cannot be, and what this host lacks. Then the step, layer or
/// destination that failed; no destination shows a partial image.
pub fn build(
    planned: &[Planned],
    options: &BuildOptions,
    reporter: &dyn Reporter,
    cancel: &Cancel,
) -> Result<Built, Error> {
    let Some(first) = planned.first() else {
        return Err(Error::NoPlatform);
    };
    for planned in planned {
        check_language(planned)?;
        check_isolation(&planned.plan, options)?;
        check_programs(&planned.plan, &access(planned, options))?;
    }
    if let Some(isolation) = Isolation::current()
        && planned.iter().any(|planned| planned.plan.needs_sandbox())
    {
        reporter.report(&Event::Isolation {
            isolation: isolation.name(),
            reason: options.inexact.as_deref(),
            processes: options.processes.name(),
        });
    }
    let references = references(&first.plan, options)?;
    if planned.len() > 1 {
        take_several(&references)?;
    }
    let plans: Vec<&Plan> = planned.iter().map(|planned| &planned.plan).collect();
    let secrets = secrets::gather(&plans, &options.secrets, reporter)?;
    let cancelled = || cancel.is_cancelled();
    let watch = Watch {
        cancelled: &cancelled,
        reporter,
    };
    let mut destinations = Destinations::open_with(&references, &options.access, watch)?;
    let store = Store::open(&options.cache_directory, sandbox::place_name().as_deref())?;
    let mut images = Vec::new();
    for planned in planned {
        let bases = Brought {
            known: planned.images(),
            store: &store,
            access: &options.access,
            watch,
            remotes: Mutex::default(),
        };
        let recipe_path = planned.path();
        let execution = Execution {
            store: &store,
            bases: &bases,
            recipe: (&recipe_path, &planned.plan.name),
            reuse: options.reuse,
            launcher: &Launcher::default(),
            access: &access(planned, options),
            secrets: &secrets,
            reporter,
            shell_on_failure: options.shell_on_failure,
            cancel,
        };
        let root = execution.run(&planned.plan)?;
        let publishing = Publishing {
            bases: &bases,
            kept: &KeptLayers::new(&store, options.reuse, reporter),
            verify: options.verify,
            threads: options.threads,
            reporter,
            cancel,
        };
        let image = publishing.image(&root, &planned.plan, &mut destinations)?;
        images.push((publish::platform(&planned.plan.config), image));
    }
    let release = match images.as_slice() {
        [(_, image)] => image.clone().into(),
        several => Release::index(several, publish::format(first.plan.output.format))?,
    };
    destinations.release(&release)?;
    let outputs: Vec<String> = references.iter().map(ToString::to_string).collect();
    for destination in &outputs {
        reporter.report(&Event::Written { destination });
    }
    Built::of(&images, release.document().digest, outputs).ok_or(Error::NoPlatform)
}

/// What steps with network may use, and where inputs are.
pub(super) fn access(planned: &Planned, options: &BuildOptions) -> HostAccess {
    HostAccess {
        context: planned.context.directory().to_owned(),
        ca_bundle: options.ca_bundle.clone(),
        proxies: options.proxies.clone(),
    }
}

/// Every place and tag that the image gets.
fn references(plan: &Plan, options: &BuildOptions) -> Result<Vec<Reference>, Error> {
    let tags = if options.tags.is_empty() {
        &plan.output.tags
    } else {
        &options.tags
    };
    let is_docker = plan.output.format == recipe::Format::Docker;
    let default = [match is_docker {
        true => format!("docker-archive:out/{}.tar", plan.name),
        false => format!("oci:out/{}", plan.name),
    }];
    let outputs = if options.outputs.is_empty() {
        default.as_slice()
    } else {
        &options.outputs
    };
    let mut references = Vec::new();
    for output in outputs {
        references.extend(Reference::outputs(output, &plan.name, tags)?);
    }
    let is_layout =
        |found: &&Reference| matches!(found, Reference::Oci { .. } | Reference::OciArchive { .. });
    if let Some(layout) = references.iter().find(is_layout).filter(|_| is_docker) {
        return Err(Error::DockerInLayout {
            output: layout.to_string(),
        });
    }
    Ok(references)
}

/// Fails if the recipe, or one below it, says what this version cannot carry out, with all that it
/// says.
pub(super) fn check_language(planned: &Planned) -> Result<(), Error> {
    check_own_language(planned)?;
    (planned.below().iter()).try_for_each(|recipe| check_own_language(recipe))
}

fn check_own_language(planned: &Planned) -> Result<(), Error> {
    let found = planned.not_carried_out();
    if found.is_empty() {
        return Ok(());
    }
    Err(Error::Rejected {
        recipe: planned.source.clone(),
        diagnostics: found,
    })
}

/// Fails if the commands of the plan cannot be isolated, before anything is done.
fn check_isolation(plan: &Plan, options: &BuildOptions) -> Result<(), Error> {
    if plan.needs_sandbox() && (options.refusal.is_some() || Isolation::current().is_none()) {
        return Err(Error::NoIsolation {
            refusal: options.refusal.clone(),
        });
    }
    Ok(())
}

/// Fails if this host has not the programs that carry out the plan, before anything is done.
pub(super) fn check_programs(plan: &Plan, access: &HostAccess) -> Result<(), Error> {
    if plan.needs_sandbox() {
        emulation::check(&plan.platform)?;
    }
    for step in plan.all_steps() {
        if let Action::Packages(action) = &step.action {
            packages::find(action, access)?;
        }
    }
    Ok(())
}
