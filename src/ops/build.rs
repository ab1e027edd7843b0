//! From a plan to images at their destinations.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Mutex;

use serde::Serialize;

use crate::digest::Digest;
use crate::execute::Execution;
use crate::image::{self, Config, Description, Healthcheck, Image};
use crate::layer::{self, Compression};
use crate::packages::{self, HostAccess};
use crate::plan::{Action, HealthcheckSettings, ImageSettings, LimitSettings, Plan};
use crate::progress::{Event, Reporter};
use crate::recipe;
use crate::sandbox::{Cancel, Launcher};
use crate::store::Store;
use crate::transport::{Access, Destinations, Reference, Watch};
use crate::tree::Tree;

use super::bring::Brought;
use super::{Error, Planned};

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
    /// Where results are kept.
    pub cache_directory: PathBuf,
    /// Certificates for steps with network.
    pub ca_bundle: Option<PathBuf>,
    /// Proxy variables for steps with network.
    pub proxies: Vec<(String, String)>,
    /// The way to registries.
    pub access: Access,
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
    check_language(planned)?;
    for recipe in planned.below() {
        check_language(&recipe)?;
    }
    let references = references(plan, options)?;
    let access = HostAccess {
        context: planned.context.directory().to_owned(),
        ca_bundle: options.ca_bundle.clone(),
        proxies: options.proxies.clone(),
    };
    check_host(plan, &access)?;
    let cancelled = || cancel.is_cancelled();
    let watch = Watch {
        cancelled: &cancelled,
        reporter,
    };
    let destinations = Destinations::open_with(&references, &options.access, &watch)?;
    let store = Store::open(&options.cache_directory)?;
    let bases = Brought {
        known: planned.images(),
        store: &store,
        access: &options.access,
        watch,
        remotes: Mutex::default(),
    };
    let execution = Execution {
        store: &store,
        bases: &bases,
        reuse: options.reuse,
        launcher: &Launcher::default(),
        access: &access,
        reporter,
        cancel,
    };
    let root = execution.run(plan)?;
    let image = write(
        &root.tree,
        plan,
        options.threads,
        destinations,
        reporter,
        cancel,
    )?;
    let outputs: Vec<String> = references.iter().map(ToString::to_string).collect();
    for destination in &outputs {
        reporter.report(&Event::Written { destination });
    }
    let layer = &image.layers[0];
    Ok(Built {
        version: VERSION,
        digest: image.manifest.digest,
        outputs,
        diff_id: layer.diff_id,
        layer_size: layer.size,
        uncompressed_size: layer.uncompressed_size,
    })
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

/// Fails if the recipe says what this version cannot carry out, with all that it says.
fn check_language(planned: &Planned) -> Result<(), Error> {
    let found = planned.not_carried_out();
    if found.is_empty() {
        return Ok(());
    }
    Err(Error::Rejected {
        recipe: planned.source.clone(),
        diagnostics: found,
    })
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

/// Fails if this host cannot carry out the plan, before anything is done.
fn check_host(plan: &Plan, access: &HostAccess) -> Result<(), Error> {
    if plan.needs_sandbox() && !Launcher::is_possible() {
        return Err(Error::NeedsRoot);
    }
    for step in plan.all_steps() {
        if let Action::Packages(action) = &step.action {
            packages::find(action, access)?;
        }
    }
    Ok(())
}

/// Squashes `tree` straight into the first destination, and names the image in all of them.
fn write(
    tree: &Tree,
    plan: &Plan,
    threads: Option<NonZeroUsize>,
    mut destinations: Destinations,
    reporter: &dyn Reporter,
    cancel: &Cancel,
) -> Result<Image, Error> {
    let mut blob = destinations.blob()?;
    let options = layer::Options {
        compression: compression(plan),
        source_date_epoch: plan.output.source_date_epoch,
        threads,
        cancel: Some(&|| cancel.is_cancelled()),
    };
    let layer = layer::squash(tree, &options, &mut blob, reporter)?;
    destinations.add(blob, &layer.digest)?;
    let image = image::assemble(vec![layer], &description(&plan.config, plan.output.format))?;
    check_limits(&image, &plan.limits)?;
    let watch = Watch {
        reporter,
        cancelled: &|| cancel.is_cancelled(),
    };
    destinations.commit(&image, &watch)?;
    Ok(image)
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

fn description(settings: &ImageSettings, format: recipe::Format) -> Description {
    Description {
        platform: image::Platform {
            os: "linux".to_owned(),
            architecture: settings.architecture.clone(),
            variant: settings.variant.clone(),
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
            healthcheck: settings.healthcheck.as_ref().map(healthcheck),
        },
        annotations: settings.annotations.clone(),
        format: match format {
            recipe::Format::Oci => image::Format::Oci,
            recipe::Format::Docker => image::Format::Docker,
        },
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
