//! Programs that put images where only they can.

use std::path::Path;
use std::process::Command;

use super::distribution::{Distribution, Package};
use super::examination::Examination;
use super::host::{Host, has_systemd};
use super::package_managers::{short, with_version};
use super::pending;
use super::user::User;

pub(super) fn examine(host: &Host, distribution: &Distribution, user: &User) -> Vec<Examination> {
    pending::together(&[
        &|| storage(host, distribution, user, "skopeo", Package::Skopeo),
        &|| storage(host, distribution, user, "podman", Package::Podman),
        &|| docker(host, distribution, user),
    ])
}

/// skopeo and podman: one of them is enough.
fn storage(
    host: &Host,
    distribution: &Distribution,
    user: &User,
    name: &'static str,
    package: Package,
) -> Examination {
    if let Some(path) = host.find(name) {
        let meaning = "reaches the images of podman and buildah (`containers-storage:`)";
        return Examination::ok(name, with_version(host, &path), meaning);
    }
    let other = if name == "skopeo" { "podman" } else { "skopeo" };
    let meaning = match host.find(other) {
        Some(_) => format!("{other} does the same for onelayer"),
        None => "`containers-storage:` needs podman or skopeo".to_owned(),
    };
    let cure = distribution.install(package);
    Examination::missing(name, "not in the path", meaning)
        .cured_by(cure.map(|command| user.as_root(&command)))
}

/// docker, and whether its daemon answers: asked as `-o docker-daemon:` asks it.
fn docker(host: &Host, distribution: &Distribution, user: &User) -> Examination {
    const NAME: &str = "docker";
    let lost = "`docker-daemon:` cannot be used; `docker-archive:` can";
    let Some(path) = host.find(NAME) else {
        let cure = distribution.install(Package::Docker);
        return Examination::missing(NAME, "not in the path", lost)
            .cured_by(cure.map(|command| user.as_root(&command)));
    };
    let words = ["version", "--format", "{{.Server.Version}}"];
    let said = host.ask(Command::new(&path).args(words), host.patience);
    let path = path.display();
    match said {
        Ok(said) if said.success => Examination::ok(
            NAME,
            format!("{path} (server {})", short(&said.stdout)),
            "images can be read from it and given to it (`docker-daemon:`)",
        ),
        Ok(said) => {
            // Warnings about other things come first.
            let line = said.stderr.lines().next_back().unwrap_or_default();
            let cure = match line.contains("permission denied") && line.contains("sock") {
                true => format!("usermod --append --groups docker {}", user.name),
                false => start().to_owned(),
            };
            Examination::limited(NAME, format!("{path} ({})", short(line)), lost)
                .cured_by(user.as_root(&cure))
        }
        Err(silent) => Examination::limited(NAME, format!("{path} ({silent})"), lost)
            .cured_by(user.as_root(&start().replace(" start ", " restart "))),
    }
}

/// What starts a daemon here.
fn start() -> &'static str {
    match has_systemd() {
        true => "systemctl start docker",
        false if Path::new("/sbin/rc-service").exists() => "rc-service docker start",
        false => "service docker start",
    }
}
