//! Wrong recipes and what is said about them.
//!
//! `tests/recipes/invalid` has what the text alone shows, `tests/recipes/on_disk` what shows
//! beside the files of [`context`].

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use onelayer::diagnostic::{Code, Diagnostic, sort};
use onelayer::ops::{self, RecipeChoice};
use onelayer::source::SourceFile;
use onelayer::validate::check;
use tempfile::TempDir;

use super::diagnostics::recipes;

/// A wrong recipe.
pub(crate) struct Fixture {
    pub(crate) path: PathBuf,
    on_disk: bool,
}

/// All of them, in order.
pub(crate) fn fixtures() -> Vec<Fixture> {
    let of = |folder, on_disk| {
        let paths = recipes(folder).into_iter();
        paths.map(move |path| Fixture { path, on_disk })
    };
    of("invalid", false).chain(of("on_disk", true)).collect()
}

/// Codes that show only beside files.
pub(crate) fn codes_on_disk() -> BTreeSet<Code> {
    let recipes = recipes("on_disk").into_iter();
    let fixtures = recipes.map(|path| Fixture {
        path,
        on_disk: true,
    });
    let codes: BTreeSet<Code> = fixtures.map(|fixture| fixture.code()).collect();
    codes
        .into_iter()
        .filter(|code| !matches!(*code, Code::InputOutside | Code::InvalidExpression))
        .collect()
}

impl Fixture {
    pub(crate) fn name(&self) -> &str {
        self.path.file_name().unwrap().to_str().unwrap()
    }

    /// The code that its name says it is for.
    pub(crate) fn code(&self) -> Code {
        self.name().split("__").next().unwrap().parse().unwrap()
    }

    pub(crate) fn text(&self) -> String {
        fs::read_to_string(&self.path).unwrap()
    }

    pub(crate) fn is_yaml(&self) -> bool {
        self.name().ends_with(".yaml")
    }

    /// What is said about a text in its place.
    pub(crate) fn found(&self, text: &str) -> (SourceFile, Vec<Diagnostic>) {
        let file = SourceFile::new(self.name(), text);
        let found = if self.on_disk {
            found_on_disk(self.name(), text)
        } else {
            check(&file).diagnostics
        };
        (file, found)
    }
}

/// Files that recipes are wrong about.
static CONTEXT: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("app")).unwrap();
    fs::create_dir(at("server")).unwrap();
    for file in ["app/main", "app1", "entrypoint.sh", "server/main"] {
        fs::write(at(file), "").unwrap();
    }
    fs::create_dir(at("other")).unwrap();
    fs::write(
        at("other/recipe.yaml"),
        "name: other\nbase: scratch\nsteps:\n  - directory: /d\n",
    )
    .unwrap();
    fs::create_dir(at("ring")).unwrap();
    fs::write(at("ring/recipe.yaml"), "name: ring\nbase: recipe:../ring\n").unwrap();
    let images = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plans/every_key/images");
    let images = super::support::run(
        "cp",
        &[
            "-r",
            images.to_str().unwrap(),
            at("images").to_str().unwrap(),
        ],
    );
    assert!(images.status.success());
    let pipe = super::support::run("mkfifo", &[at("server/server.sock").to_str().unwrap()]);
    assert!(pipe.status.success());
    symlink("secret", at("secret")).unwrap();
    symlink("/", at("outside")).unwrap();
    folder
});

/// What planning says about a recipe beside the files of [`CONTEXT`], without their folder's name.
pub(crate) fn found_on_disk(name: &str, text: &str) -> Vec<Diagnostic> {
    let recipes = TempDir::new().unwrap();
    let recipe = recipes.path().join(name);
    fs::write(&recipe, text).unwrap();
    let planned = ops::plan(&RecipeChoice {
        recipe,
        context: Some(CONTEXT.path().to_owned()),
        ..RecipeChoice::default()
    });
    let mut found = match planned {
        Ok(planned) => [planned.not_carried_out(), planned.warnings].concat(),
        Err(ops::Error::Rejected { diagnostics, .. }) => diagnostics,
        Err(error) => panic!("{error}"),
    };
    let folder = fs::canonicalize(CONTEXT.path()).unwrap();
    for diagnostic in &mut found {
        diagnostic.message = without(&diagnostic.message, &folder);
    }
    sort(&mut found);
    found
}

fn without(message: &str, folder: &Path) -> String {
    message.replace(folder.to_str().unwrap(), "CONTEXT")
}
