//! An image layout in a tar file.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

use tar::{EntryType, Header};

use crate::image::Image;

use super::{Layout, TransportError};

/// Packs `image`, which is in `layout`, into the file `destination`, which appears by rename. The
/// archive of the same image is the same, byte for byte.
///
/// # Errors
/// When a disk refuses.
pub fn write_archive(
    layout: &Layout,
    image: &Image,
    destination: &Path,
) -> Result<(), TransportError> {
    let folder = match destination.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let write = || {
        let file = tempfile::Builder::new()
            .prefix(".onelayer-")
            .tempfile_in(folder)?;
        let mut archive = tar::Builder::new(BufWriter::with_capacity(1 << 20, file));
        let mut members = vec!["oci-layout".to_owned(), "index.json".to_owned()];
        let digests = [image.config.digest, image.manifest.digest];
        let mut blobs: Vec<String> = (digests
            .iter()
            .chain(image.layers.iter().map(|layer| &layer.digest)))
        .map(|digest| format!("blobs/sha256/{}", digest.hex()))
        .collect();
        blobs.sort();
        blobs.dedup();
        members.extend(blobs);
        for member in members {
            let mut source = File::open(layout.directory().join(&member))?;
            let size = source.metadata()?.len();
            append(&mut archive, &member, size, &mut source)?;
        }
        let file = archive
            .into_inner()?
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        file.as_file().sync_all()?;
        use std::os::unix::fs::PermissionsExt;
        file.as_file()
            .set_permissions(std::fs::Permissions::from_mode(0o644))?;
        file.persist(destination).map_err(|error| error.error)?;
        File::open(folder)?.sync_all()
    };
    std::fs::create_dir_all(folder).map_err(TransportError::io("make", folder))?;
    write().map_err(TransportError::io("write", destination))
}

fn append(
    archive: &mut tar::Builder<impl Write>,
    name: &str,
    size: u64,
    content: impl Read,
) -> io::Result<()> {
    let mut header = Header::new_ustar();
    header.set_entry_type(EntryType::Regular);
    header.set_mode(0o644);
    header.set_size(size);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    archive.append_data(&mut header, name, content)
}
