//! Digests that a recipe names.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::Platform;
use super::scalar::{Scalar, ScalarProblem, scalar};
use crate::syntax::Written;

fn hex(text: &str, digits: usize, name: &str) -> Result<String, ScalarProblem> {
    let prefix = format!("{name}:");
    let plain = text.strip_prefix(&prefix).unwrap_or(text);
    let lower = plain.to_ascii_lowercase();
    if lower.len() == digits
        && lower
            .bytes()
            .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    {
        return Ok(lower);
    }
    let found = plain.chars().count();
    Err(if plain.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        ScalarProblem::new(
            format!("a {name} digest has {digits} digits, not {found}"),
            "copy the whole digest",
        )
    } else {
        ScalarProblem::new(
            format!("`{}` is not a {name} digest", text.escape_debug()),
            format!("write its {digits} hexadecimal digits"),
        )
    })
}

macro_rules! checksum {
    ($type:ident, $name:literal, $digits:literal, $pattern:literal, $example:literal) => {
        #[doc = concat!("A ", $name, " digest in hexadecimal digits.")]
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(String);

        impl $type {
            /// Its digits, in lower case.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Scalar for $type {
            const WHAT: &'static str = concat!("a ", $name, " digest");
            const NUMBERS: bool = true;
            const PATTERN: &'static str = $pattern;
            const EXAMPLES: &'static [&'static str] = &[$example];
        }

        impl FromStr for $type {
            type Err = ScalarProblem;

            fn from_str(text: &str) -> Result<Self, ScalarProblem> {
                hex(text, $digits, $name).map(Self)
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        scalar!($type);
    };
}

checksum!(
    Sha256,
    "sha256",
    64,
    "^(sha256:)?[0-9A-Fa-f]{64}$",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
);
checksum!(
    Sha512,
    "sha512",
    128,
    "^(sha512:)?[0-9A-Fa-f]{128}$",
    "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"
);

/// One value for all platforms, or one for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ByPlatform<T> {
    /// The same for all.
    All(T),
    /// For each platform its own; never empty.
    Each(BTreeMap<Platform, T>),
}

impl<T> ByPlatform<T> {
    /// The value for a platform: its own, or that of its architecture without a variant.
    pub fn get(&self, platform: &Platform) -> Option<&T> {
        match self {
            Self::All(value) => Some(value),
            Self::Each(values) => values.get(platform).or_else(|| {
                let same = |other: &&Platform| {
                    other.variant().is_none() && other.architecture() == platform.architecture()
                };
                values.keys().find(same).and_then(|other| values.get(other))
            }),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for ByPlatform<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ByPlatformVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for ByPlatformVisitor<T> {
            type Value = ByPlatform<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text or a mapping from platforms to texts")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<ByPlatform<T>, E> {
                T::deserialize(StrDeserializer::new(text)).map(ByPlatform::All)
            }

            /// A digest may be of decimal digits alone, and so look like a number.
            fn visit_newtype_struct<D: Deserializer<'de>>(
                self,
                scalar: D,
            ) -> Result<ByPlatform<T>, D::Error> {
                T::deserialize(scalar).map(ByPlatform::All)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ByPlatform<T>, A::Error> {
                let values: BTreeMap<Platform, T> =
                    BTreeMap::deserialize(MapAccessDeserializer::new(map))?;
                if values.is_empty() {
                    return Err(A::Error::custom(
                        "no platform is named\nwrite a digest, or one for each platform",
                    ));
                }
                Ok(ByPlatform::Each(values))
            }
        }

        Written::or_mapping(deserializer, ByPlatformVisitor(PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for ByPlatform<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("ByPlatform_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({
            "anyOf": [
                one,
                {
                    "type": "object",
                    "propertyNames": { "pattern": Platform::PATTERN },
                    "additionalProperties": one,
                    "minProperties": 1,
                },
            ]
        })
    }

    fn inline_schema() -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_have_all_their_digits() {
        let empty = Sha256::EXAMPLES[0];
        let digest: Sha256 = format!("sha256:{}", empty.to_uppercase()).parse().unwrap();
        assert_eq!(digest.as_str(), empty);
        for (bad, message) in [
            ("abc", "a sha256 digest has 64 digits, not 3"),
            ("", "a sha256 digest has 64 digits, not 0"),
            ("sha512:abc", "`sha512:abc` is not a sha256 digest"),
        ] {
            assert_eq!(bad.parse::<Sha256>().unwrap_err().message, message);
        }
        assert!(Sha512::EXAMPLES[0].parse::<Sha512>().is_ok());
    }
}
