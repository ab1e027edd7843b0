//! Other recipes that a recipe starts from.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::plan::{InputError, InputRecipe};
use crate::recipe::Platform;

use super::plan::plan_below;
use super::{Error, Planned, RecipeChoice, Registries, load};

/// How many recipes may start from one another.
const DEEPEST: usize = 16;

/// Recipes that were planned for another one.
#[derive(Debug)]
pub(super) struct Recipes {
    /// What relative paths start from.
    directory: PathBuf,
    /// The recipe itself, after all that are built on it, without links.
    chain: Vec<PathBuf>,
    registries: Registries,
    planned: RefCell<BTreeMap<Asked, Rc<Planned>>>,
    /// What is wrong with the last one, if that is not the fault of the recipe that names it.
    failure: RefCell<Option<Error>>,
}

/// A path as written, and a platform.
type Asked = (String, String);

/// Why there is no plan of another recipe.
enum Failure {
    /// The path is wrong.
    Path(String),
    /// What is there is wrong.
    Other(Box<Error>),
}

impl Recipes {
    /// None yet; `chain` ends with the recipe that names them.
    pub(super) fn new(directory: &Path, chain: Vec<PathBuf>, registries: &Registries) -> Self {
        Self {
            directory: directory.to_owned(),
            chain,
            registries: registries.clone(),
            planned: RefCell::default(),
            failure: RefCell::default(),
        }
    }

    /// What a recipe says of another one, answered for planning.
    pub(super) fn answer(
        &self,
        path: &str,
        platform: &Platform,
    ) -> Result<InputRecipe, InputError> {
        let failed = |reason: String| InputError::Recipe {
            path: path.to_owned(),
            source: reason.into(),
        };
        match self.find(path, platform) {
            Ok(planned) => Ok(InputRecipe {
                plan: planned.plan.clone(),
                folder: folder(&self.directory, path),
            }),
            Err(Failure::Path(reason)) => Err(failed(reason)),
            Err(Failure::Other(error)) => {
                let reason = error.to_string();
                self.failure.replace(Some(*error));
                Err(failed(reason))
            }
        }
    }

    /// All that were planned.
    pub(super) fn all(&self) -> Vec<Rc<Planned>> {
        self.planned.borrow().values().cloned().collect()
    }

    /// Takes what is wrong with one of them, if anything.
    pub(super) fn failure(&self) -> Option<Error> {
        self.failure.take()
    }

    fn find(&self, path: &str, platform: &Platform) -> Result<Rc<Planned>, Failure> {
        let asked = (path.to_owned(), platform.to_string());
        if let Some(known) = self.planned.borrow().get(&asked) {
            return Ok(Rc::clone(known));
        }
        let place = self.directory.join(path);
        let recipe = load::find(&place)
            .map_err(|error| Failure::Path(error.to_string()))
            .and_then(|recipe| {
                fs::canonicalize(&recipe)
                    .map_err(|_| Failure::Path(format!("there is no `{path}`")))
            })?;
        if self.chain.contains(&recipe) {
            let reason = "it starts from the recipe that names it".to_owned();
            return Err(Failure::Path(reason));
        }
        if self.chain.len() >= DEEPEST {
            let reason = format!("more than {DEEPEST} recipes start from one another");
            return Err(Failure::Path(reason));
        }
        let choice = RecipeChoice {
            // As it was named: messages name it so too.
            recipe: place,
            platform: Some(platform.to_string()),
            registries: self.registries.clone(),
            ..RecipeChoice::default()
        };
        let planned = plan_below(&choice, &self.chain).map_err(|e| Failure::Other(Box::new(e)))?;
        let planned = Rc::new(planned);
        self.planned.borrow_mut().insert(asked, Rc::clone(&planned));
        Ok(planned)
    }
}

/// The folder of the recipe at `path`, as `path` names it.
fn folder(directory: &Path, path: &str) -> String {
    let named = Path::new(path);
    if directory.join(named).is_dir() {
        return path.to_owned();
    }
    match named.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.display().to_string(),
        _ => ".".to_owned(),
    }
}
