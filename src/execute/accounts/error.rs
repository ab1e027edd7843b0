//! Why users and groups could not be made.

use super::DatabaseError;

/// Why users and groups could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AccountsError {
    /// A file of the root cannot be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Links make one file of two.
    #[error("`{path}` in the root is two of the lists of users and groups at once")]
    Shared {
        /// Path in the root.
        path: String,
    },
    /// The root has the account, and it is another.
    #[error("the root has {kind} `{name}` with {what} `{found}`, the recipe says `{wanted}`")]
    Differs {
        /// `user` or `group`.
        kind: &'static str,
        /// Its name.
        name: String,
        /// What differs.
        what: &'static str,
        /// What it is in the root.
        found: String,
        /// What the recipe says.
        wanted: String,
    },
    /// A number that somebody else has.
    #[error("{what} {id} of `{name}` is that of `{other}` in the root")]
    Taken {
        /// `uid` or `gid`.
        what: &'static str,
        /// The number.
        id: u32,
        /// Who should have it.
        name: String,
        /// Who has it.
        other: String,
    },
    /// All numbers are given away.
    #[error("no {what} between {first} and {last} is free for `{name}`")]
    NoneFree {
        /// `uid` or `gid`.
        what: &'static str,
        /// Lowest number of the range.
        first: u32,
        /// Highest number of the range.
        last: u32,
        /// Who should get one.
        name: String,
    },
    /// Somebody who is not there.
    #[error("{kind} `{name}`, which `{wanted_by}` names, is neither in the root nor in this step")]
    Unknown {
        /// `user` or `group`.
        kind: &'static str,
        /// The name.
        name: String,
        /// The account that names it.
        wanted_by: String,
    },
    /// Text that would become another line or field.
    #[error("the {field} of user `{name}` holds a `:` or a control character")]
    Field {
        /// Which text.
        field: &'static str,
        /// Whose it is.
        name: String,
    },
    /// A home that cannot be made.
    #[error("`{path}`, home of user `{name}`, is no folder in the root")]
    Home {
        /// Path in the root.
        path: String,
        /// Whose it is.
        name: String,
    },
}

impl AccountsError {
    /// What the user can do about it.
    pub fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::Differs { .. } => "say the same in the recipe, or use another name",
            Self::Taken { .. } => "use another number, or leave it out to get a free one",
            Self::NoneFree { .. } => "give a number outside of the range",
            Self::Unknown { .. } => "add it to `accounts`, or remove the name",
            Self::Field { .. } => "remove the character: it separates fields or lines of the file",
            Self::Home { .. } => "use another `home`, or `create_home: false`",
            Self::Shared { .. } => "remove the link that leads there",
            Self::Database(_) => return None,
        })
    }
}
