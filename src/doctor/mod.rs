//! What this host can do for builds, and what would make it do more.
//!
//! In goes a [`Host`]: where things are. Out comes a [`Report`]: one [`Examination`] after another,
//! each with what was found, what it means for builds and, for a gap, the one command that mends
//! it. Nothing is changed and no such command is run. Where the kernel decides, it is tried (in
//! processes of their own), with the same code that a build runs; settings only explain a refusal.
//!
//! Whatever is read or asked may be hostile or hang: files are read to a limit and only if they are
//! files, programs have [`Host::patience`].

mod cgroups;
mod disk;
mod distribution;
mod emulation;
mod examination;
mod host;
mod isolation;
mod kernel;
mod overlay;
mod package_managers;
mod pending;
mod programs;
mod question;
mod report;
mod room;
mod security;
mod subordinate;
mod text;
mod trials;
mod user;
mod user_namespaces;

pub use emulation::emulators;
pub use examination::{Examination, State};
pub use host::Host;
pub use report::{Builds, Report};

use std::time::Instant;

use distribution::Distribution;
use user::User;

/// Examines `host`. What takes time is done side by side, so that all of it takes few times
/// [`Host::patience`] at most.
pub fn examine(host: &Host) -> Report {
    let distribution = Distribution::read(host);
    let user = User::current(host);
    let start = |examine: fn(&Host, &Distribution, &User) -> Vec<Examination>| {
        let (host, distribution, user) = (host.clone(), distribution.clone(), user.clone());
        pending::begin(move || examine(&host, &distribution, &user))
    };
    let managers = start(package_managers::examine);
    let programs = start(programs::examine);
    // A program that is asked is ended when patience is.
    let deadline = Instant::now() + host.patience * 2;
    let trials = trials::run(host);
    let parts = [
        user_namespaces::examine(host, &user, &trials),
        subordinate::ids(host, &user),
        subordinate::programs(host, &distribution, &user),
        overlay::examine(host, &user, &trials),
    ];
    let mut examinations = vec![
        kernel::examine(host),
        user.examine(),
        isolation::examine(&user, &trials, &parts),
    ];
    examinations.extend(parts);
    examinations.extend([
        security::seccomp(),
        security::landlock(),
        cgroups::examine(host),
        emulation::examine(host, &distribution, &user),
    ]);
    // What does not even begin to answer is left out.
    for asked in [managers, programs] {
        examinations.extend(asked.wait_until(deadline).unwrap_or_default());
    }
    examinations.extend([disk::cache(host, &trials), disk::temporary(host)]);
    Report::new(trials, examinations)
}
