//! Access control lists that name users whom the namespace does not have (acl(5)).
//!
//! The kernel refuses such a list whole. What an image has of a list are the permission bits that
//! come of it, and these come of the entries without a name and of the mask: so the named ones are
//! set for root, and whether it is a list at all stays the kernel's to say. The form is that of its
//! linux/posix_acl_xattr.h.

use rustix::fs::{XattrFlags, setxattr};
use rustix::io::Result;

use super::call::Call;
use super::process::Process;
use super::{Outcome, Supervisor, descriptor, last, own};

const PREFIX: &[u8] = b"system.posix_acl_";
const HEADER: usize = 4;
const ENTRY: usize = 8;
/// Tags of entries for one user, and for one group.
const NAMED: [u16; 2] = [0x02, 0x08];
/// The kernel's limit (XATTR_SIZE_MAX).
const LARGEST: usize = 65536;

impl Supervisor {
    /// Sets a list of root's that the kernel would refuse; leaves everything else to the kernel.
    pub(super) fn set_attribute(
        &self,
        call: Call,
        arguments: &[u64; 6],
        process: Process<'_>,
        still: &dyn Fn() -> Result<()>,
    ) -> Result<Outcome> {
        let [target, name, value, size, flags, _] = *arguments;
        let name = process.text(name)?;
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        if !name.starts_with(PREFIX) || size > LARGEST {
            return Ok(Outcome::Kernel);
        }
        let person = self.accounts.of(process.thread);
        if !person.is_root() || !process.standing()?.may_give() {
            return Ok(Outcome::Kernel);
        }
        let Some(list) = for_root(&process.bytes(value, size)?) else {
            return Ok(Outcome::Kernel);
        };
        let entry = match call {
            Call::SetAttribute { follow } => {
                let path = process.text(target)?;
                process.open(libc::AT_FDCWD, &path, last(follow))?
            }
            _ => process.descriptor(descriptor(target))?,
        };
        still()?;
        let flags = XattrFlags::from_bits_retain(flags as u32);
        setxattr(own(&entry), name.as_slice(), &list, flags)?;
        Ok(Outcome::Done)
    }
}

/// A list whose named entries are all for root; `None` if they are already, or it is no list.
fn for_root(list: &[u8]) -> Option<Vec<u8>> {
    let mut list = list.to_vec();
    let (_, entries) = list.split_at_mut_checked(HEADER)?;
    let is_stranger = |entry: &&mut [u8; ENTRY]| {
        let tag = u16::from_le_bytes([entry[0], entry[1]]);
        NAMED.contains(&tag) && entry[4..] != [0; 4]
    };
    let (entries, _) = entries.as_chunks_mut::<ENTRY>();
    let mut strangers = entries.iter_mut().filter(is_stranger).peekable();
    strangers.peek()?;
    strangers.for_each(|entry| entry[4..].fill(0));
    Some(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_become_root_and_nobody_else() {
        let entry = |tag: u16, id: u32| {
            let bits = [tag.to_le_bytes(), 7u16.to_le_bytes()].concat();
            [bits, id.to_le_bytes().to_vec()].concat()
        };
        let list = |ids: [u32; 3]| {
            let [first, second, group] = ids;
            let none = u32::MAX;
            let named = [
                entry(2, first),
                entry(2, second),
                entry(4, none),
                entry(8, group),
            ];
            let rest = [entry(16, none), entry(32, none)];
            [
                &[2, 0, 0, 0][..],
                &entry(1, none),
                &named.concat(),
                &rest.concat(),
            ]
            .concat()
        };
        let root = list([0, 0, 0]);
        assert_eq!(for_root(&list([1000, 0, 5000])), Some(root.clone()));
        assert_eq!(for_root(&root), None);
        for odd in [&list([1, 2, 3])[..15], b"", b"acl"] {
            assert_eq!(for_root(odd), None);
        }
    }
}
