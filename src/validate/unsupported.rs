//! Parts of the language that this version reads, checks and plans, but does not carry out.
//!
//! They are refused when an image is to be built, before any work; nothing that a recipe says is
//! ever passed over in silence.

use crate::diagnostic::{Code, Diagnostic, sort};
use crate::recipe::{
    Compression, Database, Manager, Mount, Packages, RunIn, Scope, Scriptlets, Step, Upgrade,
};
use crate::syntax::PathSegment;

use super::ValidRecipe;

/// Everything in some root file systems of a recipe (stages by name, none for the image itself),
/// and in how the image is written, that this version cannot carry out.
pub fn not_carried_out(recipe: &ValidRecipe, scopes: &[Option<&str>]) -> Vec<Diagnostic> {
    let mut search = Search {
        recipe,
        found: Vec::new(),
    };
    for stage in scopes {
        if let Some(scope) = recipe.recipe().scope(*stage) {
            search.scope(&scope);
        }
    }
    search.image();
    sort(&mut search.found);
    search.found
}

struct Search<'r> {
    recipe: &'r ValidRecipe,
    found: Vec<Diagnostic>,
}

impl Search<'_> {
    /// Refuses what stands at a path.
    fn refuse(&mut self, path: &[PathSegment], what: &str, help: &str) {
        self.found.push(
            Diagnostic::new(
                Code::NotCarriedOut,
                format!("{what} is not carried out by this version"),
            )
            .label(self.recipe.key_span(path), "this part")
            .help(help),
        );
    }

    fn scope(&mut self, scope: &Scope<'_>) {
        if let Some(packages) = scope.packages {
            self.packages(&scope.at(&["packages".into()]), packages);
        }
        for (index, step) in scope.steps.iter().enumerate() {
            if !self.recipe.holds(step.when(), scope.stage) {
                continue;
            }
            let at = |key: &str| [scope.step(index), vec![key.into()]].concat();
            match step {
                Step::Packages(step) => self.packages(&at("packages"), &step.packages),
                Step::Run(run) => {
                    for (number, mount) in run.mounts.iter().enumerate() {
                        if matches!(mount, Mount::Ssh(_)) {
                            let below: [PathSegment; 2] = [number.into(), "ssh".into()];
                            let help = "mount a key as a `secret`";
                            let at = [at("mounts").as_slice(), &below].concat();
                            self.refuse(&at, "an ssh agent of a command", help);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn packages(&mut self, place: &[PathSegment], packages: &Packages) {
        const INSTALL: &str = "remove it, or do it with `run` after the packages";
        let changes = [
            ("repository_files", !packages.repository_files.is_empty()),
            ("variables", !packages.variables.is_empty()),
            ("modules", !packages.modules.is_empty()),
            ("groups", !packages.groups.is_empty()),
            ("local", !packages.local.is_empty()),
            ("upgrade", packages.upgrade != Upgrade::All(false)),
            ("reinstall", !packages.reinstall.is_empty()),
            ("remove", !packages.remove.is_empty()),
            ("autoremove", packages.autoremove),
            ("database", packages.database != Database::Keep),
            ("scriptlets", packages.scriptlets != Scriptlets::Fail),
            ("manager", packages.manager != Manager::Dnf),
            (
                "run_in",
                !matches!(packages.run_in, RunIn::Auto | RunIn::Host),
            ),
        ];
        for (key, is_used) in changes {
            if is_used {
                let what = match key {
                    "manager" => "package manager `apt`".to_owned(),
                    "run_in" => format!("`run_in: {}`", packages.run_in),
                    key => format!("key `{key}` of packages"),
                };
                self.refuse(&[place, &[key.into()]].concat(), &what, INSTALL);
            }
        }
        for (index, repository) in packages.repositories.iter().enumerate() {
            let at = |key: &str| {
                let below: [PathSegment; 3] = ["repositories".into(), index.into(), key.into()];
                [place, &below].concat()
            };
            for (key, is_used) in [
                ("suites", !repository.suites.is_empty()),
                ("components", !repository.components.is_empty()),
                ("credentials", repository.credentials.is_some()),
                ("sslcacert", repository.sslcacert.is_some()),
                ("sslclientcert", repository.sslclientcert.is_some()),
                ("sslclientkey", repository.sslclientkey.is_some()),
            ] {
                if is_used {
                    let what = format!("key `{key}` of repositories");
                    self.refuse(&at(key), &what, "use a repository without it");
                }
            }
        }
    }

    fn image(&mut self) {
        let recipe = self.recipe.recipe();
        let output = &recipe.output;
        let at = |key: &str| [PathSegment::from("output"), key.into()];
        if output.compression == Compression::ZstdChunked {
            let what = format!("compression `{}`", output.compression);
            self.refuse(&at("compression"), &what, "write `zstd`");
        }
    }
}
