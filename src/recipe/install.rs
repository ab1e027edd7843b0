//! Which packages to install, in which transactions.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{DeserializeSeed, Error, SeqAccess, Visitor, value::SeqAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize};

/// Packages to install: a list is one transaction, a list of lists is one transaction each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Install {
    /// All in one transaction.
    Together(Vec<String>),
    /// One transaction after the other.
    InTurn(Vec<Vec<String>>),
}

impl Install {
    /// The transactions, in order.
    pub fn transactions(&self) -> &[Vec<String>] {
        match self {
            Self::Together(packages) => std::slice::from_ref(packages),
            Self::InTurn(transactions) => transactions,
        }
    }
}

impl Default for Install {
    fn default() -> Self {
        Self::InTurn(Vec::new())
    }
}

/// One item of the list, read as the first item has decided.
enum Item {
    Package(String),
    Transaction(Vec<String>),
}

#[derive(Clone, Copy)]
enum Shape {
    Open,
    Packages,
    Transactions,
}

impl<'de> DeserializeSeed<'de> for Shape {
    type Value = Item;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Item, D::Error> {
        deserializer.deserialize_any(self)
    }
}

const MIXTURE: &str = "packages and lists of packages are mixed\n\
    write a list of packages (one transaction), or a list of lists (one transaction each)";

impl<'de> Visitor<'de> for Shape {
    type Value = Item;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "text or a list of texts",
            Self::Packages => "text",
            Self::Transactions => "a list of texts",
        })
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Item, E> {
        match self {
            Self::Transactions => Err(E::custom(MIXTURE)),
            Self::Open | Self::Packages => Ok(Item::Package(text.to_owned())),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Item, A::Error> {
        match self {
            Self::Packages => Err(A::Error::custom(MIXTURE)),
            Self::Open | Self::Transactions => {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(Item::Transaction)
            }
        }
    }
}

impl<'de> Deserialize<'de> for Install {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InstallVisitor;

        impl<'de> Visitor<'de> for InstallVisitor {
            type Value = Install;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of packages")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Install, A::Error> {
                let mut packages = Vec::new();
                let mut transactions = Vec::new();
                let mut shape = Shape::Open;
                while let Some(item) = list.next_element_seed(shape)? {
                    match item {
                        Item::Package(package) => {
                            shape = Shape::Packages;
                            packages.push(package);
                        }
                        Item::Transaction(transaction) => {
                            shape = Shape::Transactions;
                            transactions.push(transaction);
                        }
                    }
                }
                Ok(match shape {
                    Shape::Packages => Install::Together(packages),
                    Shape::Open | Shape::Transactions => Install::InTurn(transactions),
                })
            }
        }

        deserializer.deserialize_any(InstallVisitor)
    }
}

impl JsonSchema for Install {
    fn schema_name() -> Cow<'static, str> {
        "Install".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let packages =
            serde_json::json!({ "type": "array", "items": { "type": "string", "minLength": 1 } });
        json_schema!({
            "anyOf": [packages, { "type": "array", "items": packages }],
            "examples": [["bash", "coreutils"], [["bash", "coreutils"], ["python3"]]],
        })
    }

    fn inline_schema() -> bool {
        true
    }
}
