//! What an entry of a change set should be, noted at the entry itself.
//!
//! Where a namespace has a single id, nobody can give files away, and no namespace has devices. An
//! extended attribute of the user's own namespace says then what could not be done. Unlike a table
//! beside the disk it stays with the file when that is renamed, gets a second name, or is copied
//! up by an overlay in a later step. Links and pipes cannot have one; those are in a table.

use super::attributes::Device;

/// Owner of an entry, and the device that it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recorded {
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// A device for which the disk has an ordinary file as a placeholder.
    pub device: Option<Device>,
}

impl Recorded {
    /// Name of the attribute. Images cannot have it: it is left out when they are read and written.
    pub const XATTR: &'static str = "user.onelayer.recorded";

    /// The value of the attribute.
    pub fn to_value(self) -> Vec<u8> {
        let Recorded { uid, gid, device } = self;
        let text = match device {
            None => format!("{uid} {gid}"),
            Some(Device::Char(major, minor)) => format!("{uid} {gid} c {major} {minor}"),
            Some(Device::Block(major, minor)) => format!("{uid} {gid} b {major} {minor}"),
        };
        text.into_bytes()
    }

    /// Reads what [`Recorded::to_value`] wrote.
    pub fn from_value(value: &[u8]) -> Option<Recorded> {
        let mut words = std::str::from_utf8(value).ok()?.split(' ');
        let mut word = || words.next();
        let (uid, gid) = (word()?.parse().ok()?, word()?.parse().ok()?);
        let device = match word() {
            None => None,
            Some(kind) => {
                let (major, minor) = (word()?.parse().ok()?, word()?.parse().ok()?);
                match kind {
                    "c" => Some(Device::Char(major, minor)),
                    "b" => Some(Device::Block(major, minor)),
                    _ => return None,
                }
            }
        };
        word().is_none().then_some(Recorded { uid, gid, device })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_they_were_written() {
        for device in [None, Some(Device::Char(1, 3)), Some(Device::Block(7, 0))] {
            let recorded = Recorded {
                uid: 1000,
                gid: u32::MAX,
                device,
            };
            assert_eq!(Recorded::from_value(&recorded.to_value()), Some(recorded));
        }
        for broken in [
            "",
            "1",
            "1 x",
            "1 2 c 3",
            "1 2 d 3 4",
            "1 2 c 3 4 5",
            "-1 2",
        ] {
            assert_eq!(Recorded::from_value(broken.as_bytes()), None, "{broken}");
        }
    }
}
