//! All the outputs of one build.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::digest::Digest;
use crate::image::{Image, Release};

use super::archive::ArchiveWriter;
use super::blob::{BlobWriter, Blobs};
use super::blob_reader::BlobReader;
use super::containers_storage::StorageWriter;
use super::destination::{Destination, spool};
use super::docker_archive::DockerArchiveWriter;
use super::docker_daemon::DaemonWriter;
use super::failure::TransportError;
use super::layout::LayoutWriter;
use super::push::RegistryWriter;
use super::reference::{ImageName, Reference};
use super::registry::Access;
use super::rootfs;
use super::watch::Watch;

/// The places that one image goes to.
///
/// ```no_run
/// # fn demo(references: &[onelayer::transport::Reference], digest: &onelayer::digest::Digest,
/// #     image: &onelayer::image::Image) -> Result<(), Box<dyn std::error::Error>> {
/// use onelayer::transport::Destinations;
///
/// let mut destinations = Destinations::open(references)?;
/// let mut blob = destinations.blob()?;
/// std::io::Write::write_all(&mut blob, b"the layer")?;
/// destinations.add(blob, digest)?;
/// destinations.commit(image)?;
/// # Ok(()) }
/// ```
///
/// Nothing is visible before [`Destinations::commit`] but unnamed blobs; dropped before that, the
/// outputs are as they were.
pub struct Destinations<'w> {
    places: Vec<Box<dyn Destination + 'w>>,
    /// The place that blobs are written to first; none if there are no places.
    first: Option<usize>,
    blobs: Blobs,
    watch: Watch<'w>,
}

impl<'w> Destinations<'w> {
    /// Opens all places, so that one which cannot be written fails before any work is done.
    ///
    /// References to one layout are its tags. Those to one docker-archive, to docker and to the
    /// storage of podman are names of one image there.
    ///
    /// # Errors
    /// When a place holds something else that would be lost, cannot be made, is named twice, or
    /// needs what this host lacks ([`TransportError::is_unsupported`]).
    pub fn open(references: &[Reference]) -> Result<Self, TransportError> {
        Self::open_with(references, &Access::default(), Watch::default())
    }

    /// As [`Destinations::open`], with what may be used on the way to registries, which are asked
    /// whether they let the caller write, and with somebody who watches all that follows.
    ///
    /// # Errors
    /// As for that; and when a registry fails, or refuses.
    pub fn open_with(
        references: &[Reference],
        access: &Access,
        watch: Watch<'w>,
    ) -> Result<Self, TransportError> {
        check_paths(references)?;
        let names = Names::of(references)?;
        let mut places: Vec<Box<dyn Destination + 'w>> = Vec::new();
        for reference in references {
            places.push(match reference {
                Reference::Oci { directory, tag } => {
                    Box::new(LayoutWriter::open(directory, tag.clone())?)
                }
                Reference::OciArchive { file, tag } => {
                    Box::new(ArchiveWriter::open(file, tag.clone())?)
                }
                Reference::Rootfs(path) => rootfs::open(path)?,
                // Gathered, since several of them are one place.
                Reference::DockerArchive { .. }
                | Reference::Docker(_)
                | Reference::DockerDaemon(_)
                | Reference::ContainersStorage(_) => continue,
            });
        }
        for (file, names) in names.archives {
            places.push(Box::new(DockerArchiveWriter::open(file, names)?));
        }
        for names in names.repositories.into_values() {
            if let Some(first) = names.first().cloned() {
                places.push(Box::new(RegistryWriter::open(
                    &first, names, access, watch,
                )?));
            }
        }
        if !names.daemon.is_empty() {
            places.push(Box::new(DaemonWriter::open(names.daemon)?));
        }
        if !names.storage.is_empty() {
            places.push(Box::new(StorageWriter::open(names.storage)?));
        }
        let streaming = places.iter().position(|place| place.streams());
        Ok(Self {
            first: streaming.or((!places.is_empty()).then_some(0)),
            places,
            blobs: Blobs::new(),
            watch,
        })
    }

    /// Starts a blob, in a place that takes it as it is if there is one. One at a time: finish it
    /// by [`Destinations::add`]. Without any place the bytes go to a file that vanishes.
    pub fn blob(&mut self) -> Result<BlobWriter, TransportError> {
        match self.first {
            Some(first) => self.places[first].blob(),
            None => spool(),
        }
    }

    /// Ends a blob: names it in the place where it was started and copies it to the others.
    pub fn add(&mut self, blob: BlobWriter, digest: &Digest) -> Result<(), TransportError> {
        self.add_from(blob, digest, None)
    }

    /// As [`Destinations::add`], for a blob that the repository of `origin` has too: another one
    /// of the same registry need not be sent it.
    pub fn add_from(
        &mut self,
        blob: BlobWriter,
        digest: &Digest,
        origin: Option<ImageName>,
    ) -> Result<(), TransportError> {
        let Some(first) = self.first else {
            return Ok(());
        };
        let mut finished = self.places[first].finish(blob.0, digest)?;
        finished.origin = origin;
        for (index, place) in self.places.iter_mut().enumerate() {
            if index != first {
                place.copy(digest, &finished)?;
            }
        }
        self.blobs.insert(*digest, finished);
        Ok(())
    }

    /// Whether all places have a blob already, or have now got it by themselves from the repository
    /// of `origin`. Then it need not be brought.
    ///
    /// # Errors
    /// When a registry does not answer.
    pub fn have(
        &mut self,
        digest: &Digest,
        origin: Option<&ImageName>,
    ) -> Result<bool, TransportError> {
        if self.blobs.contains_key(digest) {
            return Ok(true);
        }
        for place in &mut self.places {
            if !place.has(digest, origin)? {
                return Ok(false);
            }
        }
        Ok(!self.places.is_empty())
    }

    /// Lets the places read a blob where it is, if that is enough for all of them. They fail, and
    /// show nothing, if its bytes are not the announced ones.
    ///
    /// # Errors
    /// When no more files can be opened.
    pub fn lend(&mut self, blob: &BlobReader) -> io::Result<bool> {
        if self.places.iter().all(|place| place.borrows())
            && let Some((digest, lent)) = blob.lend()?
        {
            self.blobs.insert(digest, lent);
            return Ok(true);
        }
        Ok(false)
    }

    /// Publishes `image`, whose layers were added, in every place. Whatever takes long or much
    /// room is done in all of them before the image is visible in any.
    ///
    /// # Errors
    /// A place's own; the places that were not reached are as they were.
    pub fn commit(self, image: &Image) -> Result<(), TransportError> {
        self.release(&image.clone().into())
    }

    /// As [`Destinations::commit`], for several images that go by one name.
    ///
    /// # Errors
    /// A place's own; the places that were not reached are as they were.
    pub fn release(mut self, release: &Release) -> Result<(), TransportError> {
        let watch = &self.watch;
        for place in &mut self.places {
            place.prepare(release, &self.blobs, watch)?;
        }
        self.places.sort_by_key(|place| !place.is_foreign());
        for place in &mut self.places {
            watch.check()?;
            place.publish(release, watch)?;
        }
        Ok(())
    }
}

/// Names of the image in places that are named by several references.
#[derive(Default)]
struct Names<'a> {
    archives: BTreeMap<&'a Path, Vec<ImageName>>,
    /// By registry and repository.
    repositories: BTreeMap<(&'a str, &'a str), Vec<ImageName>>,
    daemon: Vec<ImageName>,
    storage: Vec<ImageName>,
}

impl<'a> Names<'a> {
    fn of(references: &'a [Reference]) -> Result<Self, TransportError> {
        let mut all = Self::default();
        for reference in references {
            let (names, name) = match reference {
                Reference::DockerArchive { file, name } => {
                    (all.archives.entry(file).or_default(), name.as_ref())
                }
                Reference::Docker(name) => {
                    let place = (name.registry(), name.repository());
                    (all.repositories.entry(place).or_default(), Some(name))
                }
                Reference::DockerDaemon(name) => (&mut all.daemon, Some(name)),
                Reference::ContainersStorage(name) => (&mut all.storage, Some(name)),
                _ => continue,
            };
            let Some(name) = name else { continue };
            if name.digest().is_some() {
                return Err(TransportError::ChosenDigest {
                    reference: reference.to_string(),
                });
            }
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        Ok(all)
    }
}

/// Fails if two references would write different things to one path.
fn check_paths(references: &[Reference]) -> Result<(), TransportError> {
    let mut seen: BTreeMap<PathBuf, &Reference> = BTreeMap::new();
    for reference in references {
        let path = match reference {
            Reference::Oci { directory, .. } => directory,
            Reference::OciArchive { file, .. } | Reference::DockerArchive { file, .. } => file,
            Reference::Rootfs(path) => path,
            _ => continue,
        };
        // `./x` is `x`.
        let plain: PathBuf = path
            .components()
            .filter(|part| part.as_os_str() != ".")
            .collect();
        let together = match seen.insert(plain, reference) {
            None => true,
            Some(Reference::Oci { .. }) => matches!(reference, Reference::Oci { .. }),
            Some(Reference::DockerArchive { .. }) => {
                matches!(reference, Reference::DockerArchive { .. })
            }
            Some(_) => false,
        };
        if !together {
            return Err(TransportError::SameOutput { path: path.clone() });
        }
    }
    Ok(())
}
