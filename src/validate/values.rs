//! What references stand for.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostic::{Code, nearest};
use crate::recipe::{
    Arg, Condition, ConditionClause as Clause, Operand, Part, Platform, Reference, ScalarProblem,
    Template, Text,
};
use crate::syntax::{Document, PathSegment};

use super::{MOST_STAGES, Settings};

/// Most bytes that the values of expressions may add to a recipe.
pub(super) const MOST_ADDED: usize = 4 << 20;

/// What is known of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// It is this.
    Known(Arc<str>),
    /// It is chosen, or read from the base's own configuration, later.
    Unknown,
}

/// Why a reference stands for nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NoValue {
    pub(super) code: Code,
    pub(super) problem: ScalarProblem,
}

fn no_value(code: Code, message: String, help: String) -> NoValue {
    NoValue {
        code,
        problem: ScalarProblem { message, help },
    }
}

/// What of a root file system can be asked for by what starts from it.
#[derive(Debug, Clone)]
struct Root {
    base: Option<String>,
    /// The image of a base that is a mapping.
    image: Option<String>,
    config: Option<Document>,
    /// What the base is, once somebody has asked.
    found_base: OnceCell<FoundBase>,
}

/// What a root starts from, as far as its environment goes.
#[derive(Debug, Clone)]
enum FoundBase {
    Scratch,
    Stage(String),
    /// A directory or archive, which has no configuration.
    Rootfs,
    /// An image or another recipe, as this one names it.
    Image(String),
    /// It depends on what is not known yet, or is wrong and somebody else's to report.
    Open,
}

impl Root {
    fn of(document: &Document) -> Self {
        Self {
            base: document.text(&["base".into()]).map(str::to_owned),
            image: (document.text(&["base".into(), "image".into()])).map(str::to_owned),
            config: document.part(&["config".into()]),
            found_base: OnceCell::new(),
        }
    }
}

/// A variable of a stage: the stage and its name.
type Variable = (String, String);

/// The values of a recipe's references, as far as they are known.
#[derive(Debug, Clone)]
pub(super) struct Values {
    /// The image itself and all stages by name, with their expressions.
    roots: BTreeMap<Option<String>, Root>,
    declared: BTreeMap<String, Arg>,
    chosen: BTreeMap<String, String>,
    /// Environments of images and recipes that were read, as this one names them.
    environments: BTreeMap<String, BTreeMap<String, String>>,
    /// Images whose environment somebody asked for, and that were not read, with the stage that
    /// starts from them.
    wanted: RefCell<BTreeMap<String, Option<String>>>,
    platform: Option<Platform>,
    /// Whether whoever builds has named the platform.
    platform_is_chosen: bool,
    /// The stage that becomes the image.
    target: Option<String>,
    /// With how many names wrong ones may still be compared.
    comparisons: Cell<usize>,
    /// What variables of stages became: the text of one may ask for another several times, and that
    /// for the next.
    variables: RefCell<BTreeMap<Variable, Value>>,
    /// How many bytes values have added to the texts of these variables.
    added: Cell<usize>,
}

/// Most names that wrong ones are compared with; a recipe with more of them has other troubles.
const MOST_COMPARISONS: usize = 20_000;

impl Values {
    pub(super) fn new(
        document: &Document,
        declared: BTreeMap<String, Arg>,
        settings: Option<&Settings>,
    ) -> Self {
        let chosen = settings.map(|settings| settings.arguments.clone());
        let stages = document.part(&["stages".into()]);
        let stages = stages.iter().flat_map(|stages| {
            let stages = stages.entries();
            stages.map(|(name, stage)| (Some(name.to_owned()), Root::of(&stage)))
        });
        Self {
            roots: stages.chain([(None, Root::of(document))]).collect(),
            declared,
            chosen: chosen.unwrap_or_default(),
            environments: (settings.map(|settings| settings.environments.clone()))
                .unwrap_or_default(),
            wanted: RefCell::default(),
            platform: None,
            platform_is_chosen: settings.is_some_and(|settings| settings.platform.is_some()),
            target: settings.and_then(|settings| settings.target.clone()),
            comparisons: Cell::new(MOST_COMPARISONS),
            variables: RefCell::default(),
            added: Cell::new(0),
        }
    }

    /// The name that is probably meant by another one.
    pub(super) fn nearest<'n>(
        &self,
        name: &str,
        names: impl IntoIterator<Item = &'n str>,
    ) -> Option<&'n str> {
        let left = self.comparisons.get();
        let names: Vec<&str> = names.into_iter().take(left).collect();
        self.comparisons.set(left - names.len());
        nearest(name, names)
    }

    /// The same for a platform.
    pub(super) fn on(mut self, platform: Platform) -> Self {
        self.platform = Some(platform);
        self.variables.take();
        self.wanted.take();
        self.added.take();
        for root in self.roots.values_mut() {
            root.found_base.take();
        }
        self
    }

    pub(super) fn platform_is_chosen(&self) -> bool {
        self.platform_is_chosen
    }

    pub(super) fn target(&self) -> Option<&str> {
        self.target.as_deref()
    }

    pub(super) fn declared(&self) -> &BTreeMap<String, Arg> {
        &self.declared
    }

    pub(super) fn chosen(&self) -> &BTreeMap<String, String> {
        &self.chosen
    }

    /// Images whose environment must be read before the recipe means anything, each with a stage
    /// that starts from it.
    pub(super) fn wanted(&self) -> BTreeMap<String, Option<String>> {
        self.wanted.borrow().clone()
    }

    pub(super) fn platform(&self) -> Option<&Platform> {
        self.platform.as_ref()
    }

    /// What `reference` stands for in a stage, or in the image itself.
    pub(super) fn value(
        &self,
        reference: &Reference,
        stage: Option<&str>,
    ) -> Result<Value, NoValue> {
        self.value_below(reference, stage, MOST_STAGES)
    }

    fn value_below(
        &self,
        reference: &Reference,
        stage: Option<&str>,
        bases: usize,
    ) -> Result<Value, NoValue> {
        match reference {
            Reference::Argument(name) => self.argument(name),
            Reference::Platform(part) => Ok(match &self.platform {
                Some(platform) => Value::Known(platform.part(*part).into()),
                None => Value::Unknown,
            }),
            Reference::BaseEnv(name) => self.base_env(name, stage, bases),
        }
    }

    fn argument(&self, name: &str) -> Result<Value, NoValue> {
        let Some(declared) = self.declared.get(name) else {
            let names = self.declared.keys().map(String::as_str);
            return Err(no_value(
                Code::UnknownArgument,
                format!("the recipe has no argument `{name}`"),
                match self.nearest(name, names) {
                    Some(meant) => format!("write `args.{meant}` if that is meant"),
                    None => format!("declare it: add `{name}` with its default to `args`"),
                },
            ));
        };
        let chosen = self.chosen.get(name).map(String::as_str);
        let value = chosen.or(declared.default.as_ref().map(Text::as_str));
        Ok(value.map_or(Value::Unknown, |text| Value::Known(text.into())))
    }

    /// A variable that the base of a stage, or of the image, sets for its containers: that of the
    /// first stage below that sets it, if all above that one inherit it.
    fn base_env(&self, name: &str, stage: Option<&str>, bases: usize) -> Result<Value, NoValue> {
        const LATER: Result<Value, NoValue> = Ok(Value::Unknown);
        let Some(asking) = self.roots.get(&stage.map(str::to_owned)) else {
            return LATER;
        };
        let missing = |help: &str| {
            let base = asking.base.as_deref().or(asking.image.as_deref());
            let base = base.unwrap_or_default();
            Err(no_value(
                Code::UnknownVariable,
                format!("base `{base}` has no variable `{name}`"),
                help.to_owned(),
            ))
        };
        const SET: &str = "write the value itself, or set the variable in the stage's `config.env`";
        let variable = ["env".into(), name.into()];
        let (mut stage, mut root) = (stage.map(str::to_owned), asking);
        for bases in (0..bases).rev() {
            let below = match self.found_base(root, stage.as_deref(), bases) {
                FoundBase::Stage(below) => below,
                FoundBase::Image(image) => match self.environments.get(image) {
                    Some(found) => {
                        let value = found.get(name).map(|value| value.as_str().into());
                        return value.map(Value::Known).ok_or(()).or_else(|()| missing(SET));
                    }
                    None => {
                        (self.wanted.borrow_mut()).insert(image.clone(), stage.clone());
                        return Ok(Value::Unknown);
                    }
                },
                FoundBase::Rootfs => return missing(SET),
                FoundBase::Open => return LATER,
                FoundBase::Scratch if std::ptr::eq(root, asking) => {
                    return missing("write the value itself: `scratch` has no environment");
                }
                FoundBase::Scratch => return missing(SET),
            };
            stage = Some(below.clone());
            let Some(found) = self.roots.get(&stage) else {
                return LATER;
            };
            root = found;
            let config = root.config.as_ref();
            if let Some(config) = config.filter(|config| config.has(&variable)) {
                let text = config.text(&variable);
                return match text.filter(|_| !config.is_null(&variable)) {
                    Some(text) => Ok(self.variable(name, text, below, bases)),
                    None => missing("write the value itself, or set the variable in the stage"),
                };
            }
            match self.inherits_env(root, below, bases) {
                Some(true) => {}
                Some(false) => return missing(SET),
                None => return LATER,
            }
        }
        // Stages in a ring are somebody else's to report.
        LATER
    }

    /// What a root starts from.
    fn found_base<'r>(&self, root: &'r Root, stage: Option<&str>, bases: usize) -> &'r FoundBase {
        if let Some(found) = root.found_base.get() {
            return found;
        }
        let text = root.base.as_deref();
        let found = match text.map(|text| self.text(text, stage, bases)) {
            // A mapping names an image.
            None => {
                let image = (root.image.as_deref()).and_then(|it| self.text(it, stage, bases));
                image.map_or(FoundBase::Open, FoundBase::Image)
            }
            Some(None) => FoundBase::Open,
            Some(Some(base)) if base == "scratch" => FoundBase::Scratch,
            Some(Some(base)) => match base.split_once(':') {
                Some(("stage", below)) => FoundBase::Stage(below.to_owned()),
                Some(("rootfs", _)) => FoundBase::Rootfs,
                _ => FoundBase::Image(base),
            },
        };
        root.found_base.get_or_init(|| found)
    }

    /// Whether a stage takes the variables of its own base; `None` if that is not known yet.
    fn inherits_env(&self, root: &Root, stage: &str, bases: usize) -> Option<bool> {
        let Some(inherit) = root
            .config
            .as_ref()
            .and_then(|it| it.part(&["inherit".into()]))
        else {
            return Some(true);
        };
        let is = |path: &[PathSegment], word: &str| -> Option<bool> {
            let text = self.text(inherit.text(path)?, Some(stage), bases)?;
            Some(text == word)
        };
        if inherit.text(&[]).is_some() {
            return is(&[], "none").map(|none| !none);
        }
        let mut items = (0..)
            .map(|index| [PathSegment::from(index)])
            .take_while(|item| inherit.has(item));
        items.try_fold(false, |found, item| Some(found || is(&item, "env")?))
    }

    /// What the text of a stage's variable becomes; one that is too large is refused where it
    /// stands.
    fn variable(&self, name: &str, text: &str, stage: &str, bases: usize) -> Value {
        let variable = (stage.to_owned(), name.to_owned());
        if let Some(found) = self.variables.borrow().get(&variable) {
            return found.clone();
        }
        // Whatever asks for it meanwhile goes round in a ring, which is somebody else's to report.
        let waiting = Value::Unknown;
        (self.variables.borrow_mut()).insert(variable.clone(), waiting.clone());
        let replaced = self.text(text, Some(stage), bases);
        let added = replaced
            .as_ref()
            .map_or(0, |it| it.len().saturating_sub(text.len()));
        self.added.set(self.added.get().saturating_add(added));
        let found = match replaced {
            Some(replaced) if self.added.get() <= MOST_ADDED => Value::Known(replaced.into()),
            _ => waiting,
        };
        self.variables.borrow_mut().insert(variable, found.clone());
        found
    }

    /// A text with its expressions replaced, if all of them are known.
    fn text(&self, text: &str, stage: Option<&str>, bases: usize) -> Option<String> {
        let Some(template) = Template::parse(text) else {
            return Some(text.to_owned());
        };
        let mut replaced = String::new();
        for part in template.parts() {
            match part {
                Part::Text(text) => replaced.push_str(text),
                Part::Expression(expression) => {
                    let reference = expression.reference.as_ref().ok()?;
                    match self.value_below(reference, stage, bases).ok()? {
                        Value::Known(value) => replaced.push_str(&value),
                        Value::Unknown => return None,
                    }
                }
            }
            if replaced.len() > text.len() + MOST_ADDED {
                return None;
            }
        }
        Some(replaced)
    }

    /// Whether a condition holds; `None` if that depends on what is not known yet.
    pub(super) fn holds(
        &self,
        condition: &Condition,
        stage: Option<&str>,
    ) -> Result<Option<bool>, NoValue> {
        self.clause(condition.root(), stage)
    }

    fn clause(&self, clause: &Clause, stage: Option<&str>) -> Result<Option<bool>, NoValue> {
        Ok(match clause {
            Clause::Or(clauses) => self.any(clauses, true, stage)?,
            Clause::And(clauses) => self.any(clauses, false, stage)?,
            Clause::Not(clause) => self.clause(clause, stage)?.map(|holds| !holds),
            Clause::Compare { left, equal, right } => {
                let sides = (self.operand(left, stage)?, self.operand(right, stage)?);
                match sides {
                    (Some(left), Some(right)) => Some((left == right) == *equal),
                    _ => None,
                }
            }
            Clause::Value(operand) => match self.operand(operand, stage)?.as_deref() {
                None => None,
                Some("true") => Some(true),
                Some("false") => Some(false),
                Some(other) => {
                    let name = match operand {
                        Operand::Reference(reference) => reference.to_string(),
                        Operand::Literal(text) => format!("\"{text}\""),
                    };
                    return Err(no_value(
                        Code::InvalidCondition,
                        format!(
                            "`{name}` is `{}`, neither `true` nor `false`",
                            other.escape_debug()
                        ),
                        format!("compare it: `{name} == \"{}\"`", other.escape_debug()),
                    ));
                }
            },
        })
    }

    /// Whether one of the clauses is `wanted`, so that all of them are. Every clause is looked at:
    /// a mistake in one that does not matter today is one all the same.
    fn any(
        &self,
        clauses: &[Clause],
        wanted: bool,
        stage: Option<&str>,
    ) -> Result<Option<bool>, NoValue> {
        let found = clauses.iter().map(|clause| self.clause(clause, stage));
        let found: Vec<Option<bool>> = found.collect::<Result<_, _>>()?;
        Ok(if found.contains(&Some(wanted)) {
            Some(wanted)
        } else if found.contains(&None) {
            None
        } else {
            Some(!wanted)
        })
    }

    fn operand(&self, operand: &Operand, stage: Option<&str>) -> Result<Option<Arc<str>>, NoValue> {
        match operand {
            Operand::Literal(text) => Ok(Some(text.as_str().into())),
            Operand::Reference(reference) => Ok(match self.value(reference, stage)? {
                Value::Known(value) => Some(value),
                Value::Unknown => None,
            }),
        }
    }
}
