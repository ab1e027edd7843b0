//! What references stand for.

use std::cell::{Cell, RefCell};
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
    /// It is chosen, or read, later.
    Unknown(Later),
}

/// What a value waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Later {
    /// For whoever builds.
    Choice,
    /// For the base's own configuration.
    Base,
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

/// Why a value that only the base's own configuration has cannot be had.
pub(super) fn unread_base() -> NoValue {
    no_value(
        Code::NotCarriedOut,
        "the environment of a base that is an image is not read yet".to_owned(),
        "write the value itself".to_owned(),
    )
}

/// What of a root file system can be asked for by what starts from it.
#[derive(Debug, Clone)]
struct Root {
    base: Option<String>,
    config: Option<Document>,
}

impl Root {
    fn of(document: &Document) -> Self {
        Self {
            base: document.text(&["base".into()]).map(str::to_owned),
            config: document.part(&["config".into()]),
        }
    }
}

/// A variable of a base: the stage that starts from the base, none for the image, and its name.
type Asked = (Option<String>, String);

/// The values of a recipe's references, as far as they are known.
#[derive(Debug, Clone)]
pub(super) struct Values {
    /// The image itself and all stages by name, with their expressions.
    roots: BTreeMap<Option<String>, Root>,
    declared: BTreeMap<String, Arg>,
    chosen: BTreeMap<String, String>,
    platform: Option<Platform>,
    /// Whether whoever builds has named the platform.
    platform_is_chosen: bool,
    /// With how many names wrong ones may still be compared.
    comparisons: Cell<usize>,
    /// What was found out about variables of bases, by the root that asked: the text of one may
    /// ask for another several times, and that for the next.
    variables: RefCell<BTreeMap<Asked, Result<Value, NoValue>>>,
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
            platform: None,
            platform_is_chosen: settings.is_some_and(|settings| settings.platform.is_some()),
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
        self.added.take();
        self
    }

    pub(super) fn platform_is_chosen(&self) -> bool {
        self.platform_is_chosen
    }

    pub(super) fn declared(&self) -> &BTreeMap<String, Arg> {
        &self.declared
    }

    pub(super) fn chosen(&self) -> &BTreeMap<String, String> {
        &self.chosen
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
                None => Value::Unknown(Later::Choice),
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
        Ok(value.map_or(Value::Unknown(Later::Choice), |text| {
            Value::Known(text.into())
        }))
    }

    /// A variable that the base of a stage, or of the image, sets for its containers.
    fn base_env(&self, name: &str, stage: Option<&str>, bases: usize) -> Result<Value, NoValue> {
        let asked = (stage.map(str::to_owned), name.to_owned());
        if let Some(found) = self.variables.borrow().get(&asked) {
            return found.clone();
        }
        // Whatever asks for it meanwhile goes round in a ring, which is somebody else's to report.
        let waiting = Ok(Value::Unknown(Later::Choice));
        self.variables.borrow_mut().insert(asked.clone(), waiting);
        let found = self.look_up(name, stage, bases);
        self.variables.borrow_mut().insert(asked, found.clone());
        found
    }

    fn look_up(&self, name: &str, stage: Option<&str>, bases: usize) -> Result<Value, NoValue> {
        const LATER: Result<Value, NoValue> = Ok(Value::Unknown(Later::Choice));
        let base = self.roots.get(&stage.map(str::to_owned));
        let Some(base) = base.and_then(|root| root.base.as_deref()) else {
            return Ok(Value::Unknown(Later::Base));
        };
        // A base that cannot be known yet, or is wrong, is somebody else's to report.
        let Some(base) = self.text(base, stage, bases) else {
            return LATER;
        };
        let missing = |help: &str| {
            Err(no_value(
                Code::UnknownVariable,
                format!("base `{base}` has no variable `{name}`"),
                help.to_owned(),
            ))
        };
        if base == "scratch" {
            return missing("write the value itself: `scratch` has no environment");
        }
        let Some(below) = base.strip_prefix("stage:") else {
            return Ok(Value::Unknown(Later::Base));
        };
        let Some(bases) = bases.checked_sub(1) else {
            return LATER;
        };
        let Some(root) = self.roots.get(&Some(below.to_owned())) else {
            return LATER;
        };
        let variable = ["env".into(), name.into()];
        if let Some(config) = root.config.as_ref().filter(|it| it.has(&variable)) {
            return match config
                .text(&variable)
                .filter(|_| !config.is_null(&variable))
            {
                Some(text) => Ok(self
                    .variable(text, below, bases)
                    .map_or(Value::Unknown(Later::Choice), Value::Known)),
                None => missing("write the value itself, or set the variable in the stage"),
            };
        }
        let inherited = match self.inherits_env(root, below, bases) {
            None => return LATER,
            Some(false) => None,
            Some(true) => self.base_env(name, Some(below), bases).ok(),
        };
        match inherited {
            Some(value) => Ok(value),
            None => {
                missing("write the value itself, or set the variable in the stage's `config.env`")
            }
        }
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

    /// What the text of a stage's variable becomes, if that is known and not too large: a text that
    /// is, is refused where it stands.
    fn variable(&self, text: &str, stage: &str, bases: usize) -> Option<Arc<str>> {
        let replaced = self.text(text, Some(stage), bases)?;
        let added = replaced.len().saturating_sub(text.len());
        self.added.set(self.added.get().saturating_add(added));
        (self.added.get() <= MOST_ADDED).then(|| replaced.into())
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
                        Value::Unknown(_) => return None,
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
                Value::Unknown(_) => None,
            }),
        }
    }
}
