//! The image's configuration, with what it takes from its base.

use std::collections::BTreeMap;

use crate::recipe::{Command, Config, ConfigKey, Inherit, Scope, Setting};

use super::planner::Planner;
use super::{HealthcheckSettings, ImageSettings, LimitSettings, OutputSettings};

/// Labels and annotations that name the base itself, and would be wrong about what is made from it
/// (image-spec, annotations.md, "Pre-Defined Annotation Keys").
const NAMING: [&str; 8] = [
    "org.opencontainers.image.base.digest",
    "org.opencontainers.image.base.name",
    "org.opencontainers.image.created",
    "org.opencontainers.image.description",
    "org.opencontainers.image.ref.name",
    "org.opencontainers.image.revision",
    "org.opencontainers.image.title",
    "org.opencontainers.image.version",
];

impl Planner<'_> {
    /// What the image says about itself, or that of the stage which is the target.
    pub(super) fn image(&self, target: Option<&str>) -> ImageSettings {
        let recipe = self.recipe.recipe();
        let scope = recipe.scope(target);
        let settings = scope.map_or_else(ImageSettings::default, |scope| self.settings(&scope));
        ImageSettings {
            architecture: self.platform.architecture().to_owned(),
            variant: self.platform.variant().map(str::to_owned),
            created: self.source_date_epoch(),
            annotations: super::packages::text_map(&recipe.annotations),
            ..settings
        }
    }

    /// Variables that the base sets for its containers, and so for commands too.
    pub(super) fn inherited_env(&self, scope: &Scope<'_>) -> BTreeMap<String, String> {
        let base = self.finished(scope.base);
        base.map_or_else(BTreeMap::new, |base| base.settings.env.clone())
    }

    /// What an image of a scope says about itself.
    pub(super) fn settings(&self, scope: &Scope<'_>) -> ImageSettings {
        let config = scope.config;
        let base = self.finished(scope.base);
        let base = base.map_or_else(ImageSettings::default, |base| base.settings.clone());
        let mut settings = taken(base, &config.inherit);
        apply(config, &mut settings);
        settings
    }

    pub(super) fn output(&self) -> OutputSettings {
        let output = &self.recipe.recipe().output;
        let mut tags: Vec<String> = output.tags.iter().map(ToString::to_string).collect();
        if tags.is_empty() {
            tags.push("latest".to_owned());
        }
        OutputSettings {
            format: output.format,
            layers: output.layers,
            compression: output.compression.to_string(),
            level: output.level,
            tags,
            source_date_epoch: self.source_date_epoch(),
        }
    }

    pub(super) fn limits(&self) -> LimitSettings {
        let limits = &self.recipe.recipe().limits;
        LimitSettings {
            image_size: limits.image_size.map(|size| size.bytes()),
            layer_entries: limits.layer_entries,
        }
    }
}

/// The part of a base's settings that is inherited.
fn taken(base: ImageSettings, inherit: &Inherit) -> ImageSettings {
    let takes = |key| inherit.takes(key);
    let mut labels = if takes(ConfigKey::Labels) {
        base.labels
    } else {
        BTreeMap::new()
    };
    if *inherit == Inherit::All {
        labels.retain(|name, _| !NAMING.contains(&name.as_str()));
    }
    ImageSettings {
        author: base.author.filter(|_| takes(ConfigKey::Author)),
        entrypoint: base.entrypoint.filter(|_| takes(ConfigKey::Entrypoint)),
        cmd: base.cmd.filter(|_| takes(ConfigKey::Cmd)),
        env: Some(base.env)
            .filter(|_| takes(ConfigKey::Env))
            .unwrap_or_default(),
        user: base.user.filter(|_| takes(ConfigKey::User)),
        workdir: base.workdir.filter(|_| takes(ConfigKey::Workdir)),
        exposed_ports: Some(base.exposed_ports)
            .filter(|_| takes(ConfigKey::ExposedPorts))
            .unwrap_or_default(),
        volumes: Some(base.volumes)
            .filter(|_| takes(ConfigKey::Volumes))
            .unwrap_or_default(),
        labels,
        stop_signal: base.stop_signal.filter(|_| takes(ConfigKey::StopSignal)),
        healthcheck: base.healthcheck.filter(|_| takes(ConfigKey::Healthcheck)),
        ..ImageSettings::default()
    }
}

/// Adds what a recipe says to what was inherited.
fn apply(config: &Config, settings: &mut ImageSettings) {
    if config.entrypoint.is_some() {
        settings.entrypoint.clone_from(&config.entrypoint);
        // The base's arguments were meant for the base's program, unless the recipe asks for them.
        if config.inherit == Inherit::All {
            settings.cmd = None;
        }
    }
    let replace = |place: &mut Option<String>, value: Option<String>| {
        if value.is_some() {
            *place = value;
        }
    };
    if config.cmd.is_some() {
        settings.cmd.clone_from(&config.cmd);
    }
    replace(&mut settings.author, config.author.clone());
    replace(&mut settings.created_by, config.created_by.clone());
    replace(
        &mut settings.user,
        config.user.as_ref().map(ToString::to_string),
    );
    replace(
        &mut settings.workdir,
        config.workdir.as_ref().map(ToString::to_string),
    );
    replace(
        &mut settings.stop_signal,
        config.stop_signal.as_ref().map(ToString::to_string),
    );
    for (settings, written) in [
        (&mut settings.env, &config.env),
        (&mut settings.labels, &config.labels),
    ] {
        for (name, value) in written {
            match value {
                Setting::Set(text) => settings.insert(name.clone(), text.to_string()),
                Setting::Unset => settings.remove(name),
            };
        }
    }
    let ports = config.exposed_ports.iter().flat_map(|port| port.exposed());
    settings.exposed_ports.extend(ports);
    let volumes = config.volumes.iter().map(ToString::to_string);
    settings.volumes.extend(volumes);
    for list in [&mut settings.exposed_ports, &mut settings.volumes] {
        list.sort();
        list.dedup();
    }
    if let Some(check) = &config.healthcheck {
        let test = match &check.test {
            Command::Script(script) => vec!["CMD-SHELL".to_owned(), script.clone()],
            Command::Words(words) => [&["CMD".to_owned()], words.as_slice()].concat(),
        };
        settings.healthcheck = Some(HealthcheckSettings {
            test,
            interval: check.interval.map(|time| time.seconds()),
            timeout: check.timeout.map(|time| time.seconds()),
            start_period: check.start_period.map(|time| time.seconds()),
            retries: check.retries,
        });
    }
}
