//! What an expression can name.

use std::fmt;
use std::str::FromStr;

use super::scalar::ScalarProblem;
use crate::diagnostic::nearest;

/// Something whose value is known before the recipe is read: `args.NAME`, `platform.arch`,
/// `base.env.NAME`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reference {
    /// The value of an argument.
    Argument(String),
    /// A part of the platform that the image is for.
    Platform(PlatformPart),
    /// A variable of the base's environment.
    BaseEnv(String),
}

/// A part of a platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PlatformPart {
    /// `linux`
    Os,
    /// `amd64`, `arm64`, …, as Go spells it.
    Arch,
    /// `v7`; empty where there is none.
    Variant,
}

const PLATFORM_PARTS: [(&str, PlatformPart); 3] = [
    ("os", PlatformPart::Os),
    ("arch", PlatformPart::Arch),
    ("variant", PlatformPart::Variant),
];

const FORMS: &str =
    "write `args.NAME`, `platform.os`, `platform.arch`, `platform.variant` or `base.env.NAME`";

/// Whether `c` can stand in a reference.
pub(super) fn is_reference_character(c: char) -> bool {
    is_name_character(c) || c == '.'
}

fn is_name_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

impl Reference {
    /// Whether `text` can be the name of an argument: letters, digits, `_` and `-`, the first a
    /// letter or `_`.
    pub fn is_argument_name(text: &str) -> bool {
        text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && text.chars().all(is_name_character)
    }
}

impl FromStr for Reference {
    type Err = ScalarProblem;

    fn from_str(text: &str) -> Result<Self, ScalarProblem> {
        let unknown = |help: String| {
            ScalarProblem::new(format!("`{}` names nothing", text.escape_debug()), help)
        };
        let (root, rest) = text.split_once('.').unwrap_or((text, ""));
        match root {
            "args" if Self::is_argument_name(rest) => Ok(Self::Argument(rest.to_owned())),
            "args" => Err(unknown(
                "write the argument's name after `args.`".to_owned(),
            )),
            "platform" => match PLATFORM_PARTS.iter().find(|(name, _)| *name == rest) {
                Some((_, part)) => Ok(Self::Platform(*part)),
                None => Err(unknown(
                    "write `platform.os`, `platform.arch` or `platform.variant`".to_owned(),
                )),
            },
            "base" => match rest.strip_prefix("env.") {
                Some(name) if !name.is_empty() => Ok(Self::BaseEnv(name.to_owned())),
                _ => Err(unknown("write `base.env.NAME`".to_owned())),
            },
            _ => Err(unknown(match nearest(root, ["args", "platform", "base"]) {
                Some(meant) if !rest.is_empty() => {
                    format!("write `{meant}.{rest}` if that is meant")
                }
                _ if rest.is_empty() && Self::is_argument_name(text) => {
                    format!("write `args.{text}` if the argument is meant")
                }
                _ => FORMS.to_owned(),
            })),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argument(name) => write!(f, "args.{name}"),
            Self::Platform(part) => write!(f, "platform.{part}"),
            Self::BaseEnv(name) => write!(f, "base.env.{name}"),
        }
    }
}

impl fmt::Display for PlatformPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = PLATFORM_PARTS
            .iter()
            .find(|(_, part)| part == self)
            .map_or("os", |(name, _)| name);
        f.write_str(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_have_three_roots() {
        for good in [
            "args.A",
            "args.a-b_1",
            "platform.os",
            "platform.variant",
            "base.env.PATH",
        ] {
            assert_eq!(good.parse::<Reference>().unwrap().to_string(), good);
        }
        for (bad, cure) in [
            ("", FORMS),
            ("args", "write the argument's name after `args.`"),
            ("args.", "write the argument's name after `args.`"),
            ("args.1", "write the argument's name after `args.`"),
            ("arg.X", "write `args.X` if that is meant"),
            ("VERSION", "write `args.VERSION` if the argument is meant"),
            (
                "platform.machine",
                "write `platform.os`, `platform.arch` or `platform.variant`",
            ),
            ("base.env.", "write `base.env.NAME`"),
            ("env.X", FORMS),
        ] {
            assert_eq!(bad.parse::<Reference>().unwrap_err().help, cure, "{bad}");
        }
    }
}
