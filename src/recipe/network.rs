//! What a command sees of the network.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a command sees of the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Network {
    /// Nothing but a loopback of its own.
    #[default]
    None,
    /// The host's network.
    Host,
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Host => "host",
        })
    }
}
