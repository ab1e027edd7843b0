//! Any document, for the sake of its shape.

use std::fmt;

use onelayer::syntax::PathSegment;
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// A value without its content.
pub enum Tree {
    /// No collection.
    Leaf,
    /// The values of a list.
    List(Vec<Tree>),
    /// The keys and values of a mapping.
    Mapping(Vec<(String, Tree)>),
}

/// Enough to find what is wrong; asking for every one of many would take longer than reading.
const MOST: usize = 50;

impl Tree {
    /// Tells the path of every value, but of long collections only the first ones.
    pub fn paths(&self, tell: &mut dyn FnMut(&[PathSegment])) {
        self.below(&mut Vec::new(), tell);
    }

    fn below(&self, path: &mut Vec<PathSegment>, tell: &mut dyn FnMut(&[PathSegment])) {
        tell(path);
        match self {
            Self::Leaf => {}
            Self::List(items) => {
                for (index, item) in items.iter().enumerate().take(MOST) {
                    path.push(index.into());
                    item.below(path, tell);
                    path.pop();
                }
            }
            Self::Mapping(entries) => {
                for (key, value) in entries.iter().take(MOST) {
                    path.push(key.as_str().into());
                    value.below(path, tell);
                    path.pop();
                }
            }
        }
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TreeVisitor;

        impl<'de> Visitor<'de> for TreeVisitor {
            type Value = Tree;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_unit<E: Error>(self) -> Result<Tree, E> {
                Ok(Tree::Leaf)
            }

            fn visit_bool<E: Error>(self, _: bool) -> Result<Tree, E> {
                Ok(Tree::Leaf)
            }

            fn visit_u64<E: Error>(self, _: u64) -> Result<Tree, E> {
                Ok(Tree::Leaf)
            }

            fn visit_i64<E: Error>(self, _: i64) -> Result<Tree, E> {
                Ok(Tree::Leaf)
            }

            fn visit_f64<E: Error>(self, _: f64) -> Result<Tree, E> {
                Ok(Tree::Leaf)
            }

            fn visit_str<E: Error>(self, _: &str) -> Result<Tree, E> {
                Ok(Tree::Leaf)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Tree, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    items.push(item);
                }
                Ok(Tree::List(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Tree::Mapping(entries))
            }
        }

        deserializer.deserialize_any(TreeVisitor)
    }
}
