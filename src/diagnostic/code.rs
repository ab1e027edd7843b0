//! Stable names of what can be wrong with a recipe.

use std::fmt;

use serde::{Serialize, Serializer};

/// The code of a diagnostic. Names are stable: scripts and suppressions rely on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Code {
    /// The text is no YAML or TOML.
    Syntax,
    /// The text is larger, deeper or expands further than a recipe may.
    Budget,
    /// A key stands twice in one mapping.
    DuplicateKey,
    /// No such key exists here.
    UnknownKey,
    /// A key that must be there is not.
    MissingKey,
    /// A value has the wrong type.
    WrongType,
    /// A value has the right type and makes no sense.
    InvalidValue,
    /// A step has no key that names its kind.
    UnknownStep,
    /// A step has two keys that name its kind.
    AmbiguousStep,
    /// Part of the language that this version does not carry out.
    NotCarriedOut,
    /// Two steps write the same file.
    DuplicateDestination,
    /// An input leads out of the context.
    InputOutside,
    /// An input does not exist.
    InputMissing,
    /// An input's glob cannot be read.
    InputPattern,
    /// An input is a socket, device or pipe.
    InputSpecial,
    /// An input cannot be read.
    InputUnreadable,
    /// Several sources cannot become one file.
    CopyNeedsFolder,
    /// A package stands twice in one transaction.
    RepeatedPackage,
    /// A package name would be taken for an option.
    PackageName,
    /// Packages are to be installed and no repository is named.
    NoRepository,
    /// Two repositories have one id.
    DuplicateRepository,
    /// A repository has no address, or an id that cannot be one.
    InvalidRepository,
    /// Signatures are checked and no key is named.
    MissingKeyFile,
    /// Signatures are not checked.
    UncheckedSignatures,
    /// No package manager knows the option.
    UnknownSetopt,
    /// The option is set by onelayer itself.
    ReservedSetopt,
    /// A name cannot be one of an environment variable or label.
    InvalidName,
    /// A command runs where nothing can be run yet.
    EmptyRoot,
}

impl Code {
    /// All codes, in the order of the enum.
    pub const ALL: [Code; 28] = [
        Code::Syntax,
        Code::Budget,
        Code::DuplicateKey,
        Code::UnknownKey,
        Code::MissingKey,
        Code::WrongType,
        Code::InvalidValue,
        Code::UnknownStep,
        Code::AmbiguousStep,
        Code::NotCarriedOut,
        Code::DuplicateDestination,
        Code::InputOutside,
        Code::InputMissing,
        Code::InputPattern,
        Code::InputSpecial,
        Code::InputUnreadable,
        Code::CopyNeedsFolder,
        Code::RepeatedPackage,
        Code::PackageName,
        Code::NoRepository,
        Code::DuplicateRepository,
        Code::InvalidRepository,
        Code::MissingKeyFile,
        Code::UncheckedSignatures,
        Code::UnknownSetopt,
        Code::ReservedSetopt,
        Code::InvalidName,
        Code::EmptyRoot,
    ];

    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::Budget => "budget",
            Self::DuplicateKey => "duplicate-key",
            Self::UnknownKey => "unknown-key",
            Self::MissingKey => "missing-key",
            Self::WrongType => "wrong-type",
            Self::InvalidValue => "invalid-value",
            Self::UnknownStep => "unknown-step",
            Self::AmbiguousStep => "ambiguous-step",
            Self::NotCarriedOut => "not-carried-out",
            Self::DuplicateDestination => "duplicate-destination",
            Self::InputOutside => "input-outside",
            Self::InputMissing => "input-missing",
            Self::InputPattern => "input-pattern",
            Self::InputSpecial => "input-special",
            Self::InputUnreadable => "input-unreadable",
            Self::CopyNeedsFolder => "copy-needs-folder",
            Self::RepeatedPackage => "repeated-package",
            Self::PackageName => "package-name",
            Self::NoRepository => "no-repository",
            Self::DuplicateRepository => "duplicate-repository",
            Self::InvalidRepository => "invalid-repository",
            Self::MissingKeyFile => "missing-key-file",
            Self::UncheckedSignatures => "unchecked-signatures",
            Self::UnknownSetopt => "unknown-setopt",
            Self::ReservedSetopt => "reserved-setopt",
            Self::InvalidName => "invalid-name",
            Self::EmptyRoot => "empty-root",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
