//! Platforms that an image is for.

use std::fmt;
use std::str::FromStr;

use super::PlatformPart;
use super::scalar::{Scalar, ScalarProblem, scalar};
use crate::diagnostic::nearest;

/// A platform, `OS/ARCHITECTURE[/VARIANT]`, in the words of Go that the OCI image-spec uses
/// (config.md, `architecture`): `linux/amd64`, `linux/arm/v7`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Platform {
    architecture: String,
    variant: Option<String>,
}

const OS: &str = "linux";

/// Architectures with the variants that they have.
const ARCHITECTURES: [(&str, &[&str]); 12] = [
    ("386", &[]),
    ("amd64", &["v1", "v2", "v3", "v4"]),
    ("arm", &["v5", "v6", "v7", "v8"]),
    ("arm64", &["v8", "v9"]),
    ("loong64", &[]),
    ("mips64", &[]),
    ("mips64le", &[]),
    ("ppc64", &[]),
    ("ppc64le", &[]),
    ("riscv64", &[]),
    ("s390x", &[]),
    ("mipsle", &[]),
];

/// Architectures as kernels, rpm and Debian spell them.
const OTHER_SPELLINGS: [(&str, &str); 12] = [
    ("x86_64", "amd64"),
    ("x86-64", "amd64"),
    ("x64", "amd64"),
    ("aarch64", "arm64"),
    ("i386", "386"),
    ("i686", "386"),
    ("x86", "386"),
    ("armhf", "arm/v7"),
    ("armv7hl", "arm/v7"),
    ("armv7l", "arm/v7"),
    ("ppc64el", "ppc64le"),
    ("loongarch64", "loong64"),
];

impl Platform {
    /// The platform of a machine as `uname -m` names it; other names are kept as they are.
    pub fn of_machine(machine: &str) -> Self {
        let spelling = OTHER_SPELLINGS.iter().find(|(other, _)| *other == machine);
        let name = spelling.map_or(machine, |(_, name)| name);
        let (architecture, variant) = match name.split_once('/') {
            Some((architecture, variant)) => (architecture, Some(variant.to_owned())),
            None => (name, None),
        };
        Self {
            architecture: architecture.to_owned(),
            variant,
        }
    }

    /// The operating system: `linux`, the only one whose images can be built.
    pub fn os(&self) -> &str {
        OS
    }

    /// The architecture.
    pub fn architecture(&self) -> &str {
        &self.architecture
    }

    /// The variant, if one is named.
    pub fn variant(&self) -> Option<&str> {
        self.variant.as_deref()
    }

    /// What an expression sees of it; an absent variant is empty.
    pub fn part(&self, part: PlatformPart) -> &str {
        match part {
            PlatformPart::Os => OS,
            PlatformPart::Arch => &self.architecture,
            PlatformPart::Variant => self.variant().unwrap_or_default(),
        }
    }

    /// Whether programs for it run on `machine` without emulation, as far as names tell: the same
    /// architecture, or the 32 bits of a 64-bit one.
    pub fn runs_on(&self, machine: &Self) -> bool {
        self.architecture == machine.architecture
            || matches!(
                (self.architecture.as_str(), machine.architecture.as_str()),
                ("386", "amd64") | ("arm", "arm64")
            )
    }
}

impl Scalar for Platform {
    const WHAT: &'static str = "a platform";
    const NUMBERS: bool = false;
    const PATTERN: &'static str = "^linux/[a-z0-9]+(/v[0-9]+)?$";
    const EXAMPLES: &'static [&'static str] = &["linux/amd64", "linux/arm64", "linux/arm/v7"];
}

impl FromStr for Platform {
    type Err = ScalarProblem;

    fn from_str(text: &str) -> Result<Self, ScalarProblem> {
        const FORM: &str = "write `OS/ARCHITECTURE[/VARIANT]`: `linux/amd64`, `linux/arm/v7`";
        let mut parts = text.split('/');
        let (Some(os), Some(architecture), variant, None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            let meant = OTHER_SPELLINGS
                .iter()
                .find(|(other, _)| *other == text)
                .map(|(_, name)| *name)
                .or_else(|| {
                    let mut names = ARCHITECTURES.iter().map(|(name, _)| *name);
                    names.find(|name| *name == text)
                });
            return Err(ScalarProblem::new(
                format!("`{}` is not a platform", text.escape_debug()),
                meant.map_or(FORM.to_owned(), |name| format!("write `linux/{name}`")),
            ));
        };
        if os != OS {
            return Err(ScalarProblem::new(
                format!("images for `{}` cannot be built", os.escape_debug()),
                format!("write `linux/{architecture}`"),
            ));
        }
        let Some((_, variants)) = ARCHITECTURES.iter().find(|(name, _)| *name == architecture)
        else {
            let other = OTHER_SPELLINGS
                .iter()
                .find(|(other, _)| *other == architecture);
            let meant = other
                .map(|(_, name)| *name)
                .or_else(|| nearest(architecture, ARCHITECTURES.iter().map(|(name, _)| *name)));
            return Err(ScalarProblem::new(
                format!(
                    "architecture `{}` is not known",
                    architecture.escape_debug()
                ),
                meant.map_or_else(
                    || "write the architecture as Go spells it: `amd64`, `arm64`".to_owned(),
                    |name| format!("write `linux/{name}`"),
                ),
            ));
        };
        match variant {
            Some(variant) if !variants.contains(&variant) => Err(ScalarProblem::new(
                format!(
                    "`{architecture}` has no variant `{}`",
                    variant.escape_debug()
                ),
                match variants.split_last() {
                    None => format!("write `linux/{architecture}`"),
                    Some(_) => format!("write one of `{}`", variants.join("`, `")),
                },
            )),
            variant => Ok(Self {
                architecture: architecture.to_owned(),
                variant: variant.map(str::to_owned),
            }),
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{OS}/{}", self.architecture)?;
        match &self.variant {
            Some(variant) => write!(f, "/{variant}"),
            None => Ok(()),
        }
    }
}

scalar!(Platform);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_are_spelled_as_go_does() {
        for good in [
            "linux/amd64",
            "linux/arm/v7",
            "linux/arm64/v8",
            "linux/s390x",
        ] {
            assert_eq!(good.parse::<Platform>().unwrap().to_string(), good);
        }
        for (bad, cure) in [
            ("x86_64", "write `linux/amd64`"),
            ("arm64", "write `linux/arm64`"),
            ("linux/aarch64", "write `linux/arm64`"),
            ("linux/amd46", "write `linux/amd64`"),
            ("windows/amd64", "write `linux/amd64`"),
            ("linux/arm/v9", "write one of `v5`, `v6`, `v7`, `v8`"),
            ("linux/386/v1", "write `linux/386`"),
        ] {
            assert_eq!(bad.parse::<Platform>().unwrap_err().help, cure, "{bad}");
        }
        for bad in ["", "/", "linux/", "linux/amd64/v1/x", "linux/é"] {
            assert!(bad.parse::<Platform>().is_err(), "{bad}");
        }
        assert_eq!(Platform::of_machine("armv7l").to_string(), "linux/arm/v7");
        assert_eq!(Platform::of_machine("odd").to_string(), "linux/odd");
    }
}
