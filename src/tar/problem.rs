//! What can be wrong with an entry of an archive.

/// What is wrong with an entry of an archive.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EntryProblem {
    /// `..` in a name.
    #[error("climbs with `..`")]
    Climbs,
    /// A NUL byte in a name, or more bytes than the kernel takes.
    #[error("has a name that no file can have")]
    Name,
    /// Something else than a folder where the archive itself is unpacked.
    #[error("names the folder that all is unpacked into, and is no folder")]
    Top,
    /// In a layer the name would remove another entry.
    #[error("cannot be in a layer, where names with `.wh.` in front are removals")]
    Whiteout,
    /// A removal of nothing, of the folder itself or of the one above.
    #[error("is a removal that names nothing")]
    Removal,
    /// An owner that no system has.
    #[error("belongs to a user or group whose number cannot be")]
    Owner,
    /// More links on the way than Linux follows.
    #[error("has links in its name that lead nowhere")]
    Loop,
    /// A name through a link of the same archive.
    #[error("leads out of the folder that the archive is unpacked into, by a link of the archive")]
    Leaves,
    /// A file where there is a folder.
    #[error("is to replace a folder that is there")]
    Folder,
    /// A folder where there is something else.
    #[error("needs a folder where something else is")]
    NotAFolder,
    /// A hard link to something that is not there.
    #[error("is a hard link to `{target}`, which does not come before it in the archive")]
    HardLink {
        /// The name that it is to share.
        target: String,
    },
    /// A link without or with a far too long text.
    #[error("is a link that leads nowhere")]
    LinkText,
    /// An unknown type.
    #[error("is of type `{}`, which is not known", char::from(*.0).escape_default())]
    Type(u8),
    /// A header that contradicts itself.
    #[error("has a header that cannot be read: {0}")]
    Header(&'static str),
    /// More than any image holds.
    #[error("is too much: there are more than {most} {what}")]
    TooMuch {
        /// What was counted.
        what: &'static str,
        /// How many there may be.
        most: u64,
    },
    /// Zip: bytes that take a password.
    #[error("is encrypted")]
    Encrypted,
    /// Fewer bytes than its header says.
    #[error("ends too early")]
    Truncated,
}
