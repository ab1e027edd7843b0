//! Problems that only show when the inputs are known.

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

use super::InputError;

/// A recipe that cannot be planned with the files that are there.
#[derive(Debug)]
pub(super) enum PlanProblem {
    /// An input is missing or may not be used.
    Input { error: InputError, span: Span },
    /// A list or glob needs a folder to go into.
    NotAFolder {
        to: String,
        sources: usize,
        span: Span,
    },
    /// A mount shows one thing, and its source matches several.
    SeveralInOnePlace {
        target: String,
        sources: usize,
        span: Span,
    },
    /// A base is an image for something else.
    OtherPlatform {
        image: String,
        found: String,
        wanted: String,
        span: Span,
    },
    /// A file has no digest for the platform that is built.
    NoDigest { platform: String, span: Span },
}

impl From<PlanProblem> for Diagnostic {
    fn from(problem: PlanProblem) -> Self {
        match problem {
            PlanProblem::Input { error, span } => error.diagnostic(span),
            PlanProblem::NotAFolder { to, sources, span } => Diagnostic::new(
                Code::CopyNeedsFolder,
                format!("{sources} sources cannot all become the one file `{to}`"),
            )
            .label(span, "must be a folder")
            .help(format!("write `{to}/` to copy them into that folder")),
            PlanProblem::SeveralInOnePlace {
                target,
                sources,
                span,
            } => Diagnostic::new(
                Code::InvalidMount,
                format!("{sources} sources cannot all be at `{target}`"),
            )
            .label(span, "these sources")
            .help("name one file, or the folder that they are in"),
            PlanProblem::OtherPlatform {
                image,
                found,
                wanted,
                span,
            } => Diagnostic::new(
                Code::ImageUnusable,
                format!("the image `{image}` is for {found}, and not for {wanted}"),
            )
            .label(span, "named here")
            .help("choose another image, or the platform with `--platform`"),
            PlanProblem::NoDigest { platform, span } => Diagnostic::new(
                Code::MissingChecksum,
                format!("no digest is named for `{platform}`"),
            )
            .label(span, "these digests")
            .help(format!("add the digest of the file for `{platform}`")),
        }
    }
}

impl InputError {
    /// The same, told at the place in a recipe that names the input.
    pub fn diagnostic(self, span: Span) -> Diagnostic {
        let (code, usual) = match &self {
            InputError::Missing { .. } => (
                Code::InputMissing,
                "create it, correct the name, or name another folder with `--context`",
            ),
            InputError::Outside { .. } => (
                Code::InputOutside,
                "copy the file into the context, or name a larger one with `--context`",
            ),
            InputError::Pattern { .. } => (Code::InputPattern, "close every `[` and `{`"),
            InputError::Special { .. } => (
                Code::InputSpecial,
                "exclude it with `exclude` or `.onelayerignore`",
            ),
            InputError::Image { .. } => (
                Code::ImageUnusable,
                "correct the reference, or choose another image",
            ),
            InputError::Recipe { .. } => (
                Code::RecipeUnusable,
                "correct the path, or what that recipe starts from",
            ),
            InputError::Read { .. } => (
                Code::InputUnreadable,
                "make the file readable for the user that builds",
            ),
        };
        let causes =
            std::iter::successors(std::error::Error::source(&self), |cause| cause.source());
        let causes: String = causes.map(|cause| format!(": {cause}")).collect();
        let message = format!("{self}{causes}");
        let own = match self {
            Self::Image { help, .. } => help,
            _ => None,
        };
        Diagnostic::new(code, message)
            .label(span, "named here")
            .help(own.unwrap_or_else(|| usual.to_owned()))
    }
}
