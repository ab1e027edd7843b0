//! Extended attributes of what is edited.

use crate::execute::ExecuteError;
use crate::plan::FileCapabilities;
use crate::rootfs::Permission;
use crate::tree::Entry;

use super::Editor;

/// The attribute that holds a file's capabilities (capabilities(7), "File capabilities").
pub(in crate::execute) const CAPABILITY: &str = "security.capability";

impl Editor<'_> {
    /// Gives the regular file at `path` capabilities; whatever is written or given away later
    /// takes them again.
    pub(in crate::execute) fn capabilities(
        &mut self,
        path: &[u8],
        capabilities: FileCapabilities,
    ) -> Result<(), ExecuteError> {
        self.copy_up(path)?;
        self.xattr(path, CAPABILITY, &capabilities.to_xattr())
    }

    /// Gives what is at `path` the extended attributes of an entry.
    pub(in crate::execute) fn xattrs(
        &mut self,
        path: &[u8],
        entry: &Entry,
    ) -> Result<(), ExecuteError> {
        for xattr in entry.xattrs() {
            let name = String::from_utf8_lossy(&xattr.name);
            self.xattr(path, &name, &xattr.value)?;
        }
        Ok(())
    }

    /// Sets an extended attribute.
    pub(in crate::execute) fn xattr(
        &mut self,
        path: &[u8],
        name: &str,
        value: &[u8],
    ) -> Result<(), ExecuteError> {
        let permission = {
            let (folder, place) = self.place(path);
            folder.set_xattr(place, name, value)?
        };
        if permission == Permission::Denied {
            self.refused()?;
            let row = self.attributes.entry(path);
            row.xattrs.insert(name.to_owned(), value.to_vec());
        }
        Ok(())
    }

    /// Takes an extended attribute away.
    pub(in crate::execute) fn remove_xattr(
        &mut self,
        path: &[u8],
        name: &str,
    ) -> Result<(), ExecuteError> {
        if let Some(row) = self.attributes.get(path)
            && row.xattrs.contains_key(name)
        {
            self.attributes.entry(path).xattrs.remove(name);
            return Ok(());
        }
        let (folder, place) = self.place(path);
        Ok(folder.remove_xattr(place, name)?)
    }
}
