//! What a directory could not be given.

use std::fmt;

/// How many entries lack what their layer says, by kind.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Losses {
    /// Owners other than the user.
    pub(super) owners: u64,
    /// Set-user-id and set-group-id, which would give other rights where the owner is another.
    pub(super) set_ids: u64,
    /// Devices.
    pub(super) devices: u64,
    /// Extended attributes, file capabilities among them.
    pub(super) attributes: u64,
}

impl Losses {
    /// Whether nothing is missing.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for Losses {
    /// `3 owners, 1 device`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            (self.owners, "owner"),
            (self.set_ids, "set-user-id or set-group-id bit"),
            (self.devices, "device"),
            (self.attributes, "extended attribute"),
        ];
        let mut separator = "";
        for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
            let plural = if count == 1 { "" } else { "s" };
            write!(f, "{separator}{count} {what}{plural}")?;
            separator = ", ";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_are_told_by_kind() {
        let losses = Losses {
            owners: 3,
            devices: 1,
            ..Losses::default()
        };
        assert_eq!(losses.to_string(), "3 owners, 1 device");
        assert!(Losses::default().is_empty());
    }
}
