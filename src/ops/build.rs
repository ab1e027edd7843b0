//! From a plan to images at their destinations.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::digest::Digest;
use crate::execute::Execution;
use crate::image::{self, Config, Description, Image, Platform};
use crate::layer::{self, Compression};
use crate::packages::{self, HostAccess};
use crate::plan::{Action, ImageSettings, Plan};
use crate::progress::{Event, Reporter};
use crate::sandbox::{Cancel, Launcher};
use crate::store::Store;
use crate::transport::{Layout, Reference, TransportError, is_tag, write_archive};
use crate::tree::Tree;

use super::{Error, Planned};

/// Version of the JSON form of [`Built`].
const VERSION: u32 = 1;

/// How to build.
#[derive(Debug, Clone, Default)]
pub struct BuildOptions {
    /// Destinations, as containers-transports(5) spells them; `oci:out/NAME` if there are none.
    pub outputs: Vec<String>,
    /// Tags instead of the recipe's.
    pub tags: Vec<String>,
    /// Whether results of earlier builds are taken.
    pub reuse: bool,
    /// Where results are kept.
    pub cache_directory: PathBuf,
    /// Certificates for steps with network.
    pub ca_bundle: Option<PathBuf>,
    /// Proxy variables for steps with network.
    pub proxies: Vec<(String, String)>,
    /// Threads for the layer; one per core if `None`.
    pub threads: Option<NonZeroUsize>,
}

/// What was built.
#[derive(Debug, Clone, Serialize)]
pub struct Built {
    version: u32,
    /// Digest of the manifest.
    pub digest: Digest,
    /// Where the image is, one name for each destination and tag.
    pub outputs: Vec<String>,
    /// Digest of the layer, uncompressed.
    pub diff_id: Digest,
    /// Bytes of the layer's blob.
    pub layer_size: u64,
    /// Bytes of the layer, uncompressed.
    pub uncompressed_size: u64,
}

impl Built {
    /// As one line of JSON.
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string(self).expect("all keys are text");
        json.push('\n');
        json
    }
}

/// Builds a planned recipe and writes the image to every destination.
///
/// # Errors
/// Before any work: destinations that cannot be, and what this host lacks. Then the step, layer or
/// destination that failed; no destination shows a partial image.
pub fn build(
    planned: &Planned,
    options: &BuildOptions,
    reporter: &dyn Reporter,
    cancel: &Cancel,
) -> Result<Built, Error> {
    let plan = &planned.plan;
    let destinations = destinations(plan, options)?;
    let access = HostAccess {
        context: planned.context.clone(),
        ca_bundle: options.ca_bundle.clone(),
        proxies: options.proxies.clone(),
    };
    check_host(plan, &access)?;
    let store = Store::open(&options.cache_directory)?;
    let execution = Execution {
        store: &store,
        reuse: options.reuse,
        launcher: &Launcher::default(),
        access: &access,
        reporter,
        cancel,
    };
    let tree = execution.run(plan)?;
    let image = write(&tree, plan, options, &destinations, reporter, cancel)?;
    let layer = &image.layers[0];
    Ok(Built {
        version: VERSION,
        digest: image.manifest.digest,
        outputs: destinations.iter().flat_map(Destination::names).collect(),
        diff_id: layer.diff_id,
        layer_size: layer.size,
        uncompressed_size: layer.uncompressed_size,
    })
}

/// A place for the image, and the tags it has there.
struct Destination {
    reference: Reference,
    tags: Vec<String>,
}

impl Destination {
    fn names(&self) -> impl Iterator<Item = String> + '_ {
        self.tags
            .iter()
            .map(|tag| self.reference.clone().with_tag(tag).to_string())
    }
}

fn destinations(plan: &Plan, options: &BuildOptions) -> Result<Vec<Destination>, Error> {
    let tags = if options.tags.is_empty() {
        &plan.output.tags
    } else {
        &options.tags
    };
    if let Some(tag) = tags.iter().find(|tag| !is_tag(tag)) {
        return Err(Error::Tag { tag: tag.clone() });
    }
    let default = [format!("oci:out/{}", plan.name)];
    let outputs = if options.outputs.is_empty() {
        default.as_slice()
    } else {
        &options.outputs
    };
    (outputs.iter())
        .map(|output| {
            let reference: Reference = output.parse()?;
            let tags = reference
                .tag()
                .map_or_else(|| tags.clone(), |tag| vec![tag.to_owned()]);
            Ok(Destination { reference, tags })
        })
        .collect()
}

/// Fails if this host cannot carry out the plan, before anything is done.
fn check_host(plan: &Plan, access: &HostAccess) -> Result<(), Error> {
    if plan.needs_sandbox() && !Launcher::is_possible() {
        return Err(Error::NeedsRoot);
    }
    for step in &plan.steps {
        if let Action::Packages(action) = &step.action {
            packages::find(action, access)?;
        }
    }
    Ok(())
}

/// Squashes `tree` into the first destination and brings the image to the others.
fn write(
    tree: &Tree,
    plan: &Plan,
    options: &BuildOptions,
    destinations: &[Destination],
    reporter: &dyn Reporter,
    cancel: &Cancel,
) -> Result<Image, Error> {
    let staging = Staging::beside(destinations)?;
    let mut blob = staging.layout.blob()?;
    let layer_options = layer::Options {
        compression: compression(plan),
        source_date_epoch: plan.output.source_date_epoch,
        threads: options.threads,
        cancel: Some(&|| cancel.is_cancelled()),
    };
    let layer = layer::squash(tree, &layer_options, &mut blob, reporter)?;
    staging.layout.keep(blob, &layer.digest)?;
    let image = image::assemble(vec![layer], &description(&plan.config))?;
    for destination in destinations {
        match &destination.reference {
            Reference::Oci { directory, .. } => {
                let layout = Layout::open(directory)?;
                if directory != staging.layout.directory() {
                    layout.import(&staging.layout, &image)?;
                }
                layout.tag(&image, &destination.tags)?;
            }
            Reference::OciArchive { file, .. } => {
                let folder = tempfile::tempdir().map_err(|cause| Error::Read {
                    path: std::env::temp_dir(),
                    cause,
                })?;
                let packed = if staging.is_temporary() {
                    &staging.layout
                } else {
                    &Layout::open(folder.path())?
                };
                if !staging.is_temporary() {
                    packed.import(&staging.layout, &image)?;
                }
                packed.tag(&image, &destination.tags)?;
                write_archive(packed, &image, file)?;
            }
        }
        for name in destination.names() {
            reporter.report(&Event::Written { destination: &name });
        }
    }
    Ok(image)
}

/// The layout that the layer is written into: the first one that is wanted anyway, else a
/// temporary one beside the first archive.
struct Staging {
    layout: Layout,
    temporary: Option<tempfile::TempDir>,
}

impl Staging {
    fn beside(destinations: &[Destination]) -> Result<Self, Error> {
        for destination in destinations {
            if let Reference::Oci { directory, .. } = &destination.reference {
                return Ok(Self {
                    layout: Layout::open(directory)?,
                    temporary: None,
                });
            }
        }
        let folder = match destinations
            .first()
            .map(|destination| &destination.reference)
        {
            Some(Reference::OciArchive { file, .. }) => match file.parent() {
                Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
                _ => PathBuf::from("."),
            },
            _ => PathBuf::from("."),
        };
        let temporary = temporary_beside(&folder).map_err(|source| TransportError::Io {
            action: "write into",
            path: folder.clone(),
            source,
        })?;
        Ok(Self {
            layout: Layout::open(temporary.path())?,
            temporary: Some(temporary),
        })
    }

    fn is_temporary(&self) -> bool {
        self.temporary.is_some()
    }
}

fn temporary_beside(folder: &Path) -> std::io::Result<tempfile::TempDir> {
    std::fs::create_dir_all(folder)?;
    tempfile::Builder::new()
        .prefix(".onelayer-")
        .tempdir_in(folder)
}

fn compression(plan: &Plan) -> Compression {
    match plan.output.compression.as_str() {
        "none" => Compression::None,
        _ => plan
            .output
            .level
            .map_or_else(Compression::default, |level| Compression::Gzip { level }),
    }
}

fn description(settings: &ImageSettings) -> Description {
    Description {
        platform: Platform {
            os: "linux".to_owned(),
            architecture: settings.architecture.clone(),
            variant: None,
        },
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
        },
        annotations: settings.annotations.clone(),
    }
}
