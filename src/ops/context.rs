//! The files beside a recipe, as planning asks for them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::digest::{Digest, HashingWriter};
use crate::plan::{
    BytePath, InputEntry, InputError, InputImage, InputKind, InputRecipe, InputSource, Inputs,
    RootfsKind,
};
use crate::recipe::Platform;
use crate::rootfs::{FileKind, Metadata, Rootfs, RootfsError};
use crate::sandbox;
use crate::tree::{Marks, Upper, WalkOptions, walk};

use super::images::Images;
use super::recipes::Recipes;
use super::{Error, Registries};

/// Name of the file that leaves inputs out, in gitignore(5) syntax.
const IGNORE_FILE: &str = ".onelayerignore";

/// A longer list of what to leave out would take longer to match than the build.
const LARGEST_IGNORE_FILE: u64 = 1 << 20;

/// Folder of the schema that `onelayer init` writes.
const EDITOR_FOLDER: &str = "/.onelayer/";

/// The folder that a recipe's inputs are relative to, and may not leave; and the images it names.
#[derive(Debug)]
pub(super) struct Context {
    /// Without links and relative parts.
    directory: PathBuf,
    /// The same, open: who swaps a folder in it for a link cannot lead a build elsewhere.
    root: Rootfs,
    ignored: Gitignore,
    images: Images,
    recipes: Recipes,
    /// The recipe's own path.
    recipe: PathBuf,
}

impl Context {
    /// Opens `directory` and reads its ignore file. `chain` names the recipe, after all that are
    /// built on it.
    pub(super) fn open(
        directory: &Path,
        chain: Vec<PathBuf>,
        registries: &Registries,
    ) -> io::Result<Self> {
        let directory = fs::canonicalize(directory)?;
        let root = Rootfs::open(&directory).map_err(system_error)?;
        let mut ignored = GitignoreBuilder::new(&directory);
        // What `init` writes for editors is no input, unless the user's own lines take it back.
        let broken = |error: Box<dyn std::error::Error + Send + Sync>| {
            io::Error::new(io::ErrorKind::InvalidData, error)
        };
        (ignored.add_line(None, EDITOR_FOLDER)).map_err(|error| broken(error.into()))?;
        for (index, line) in ignore_file(&root)?.lines().enumerate() {
            ignored.add_line(None, line).map_err(|error| {
                let number = index + 1;
                broken(format!("`{IGNORE_FILE}`, line {number}: {error}").into())
            })?;
        }
        let ignored = (ignored.build()).map_err(|error| broken(error.into()))?;
        Ok(Self {
            recipe: chain.last().cloned().unwrap_or_default(),
            images: Images::new(&directory, registries),
            recipes: Recipes::new(&directory, chain, registries),
            directory,
            root,
            ignored,
        })
    }

    /// The recipe's own path.
    pub(super) fn recipe_path(&self) -> &Path {
        &self.recipe
    }

    /// The images that were found so far.
    pub(super) fn images(&self) -> &Images {
        &self.images
    }

    /// Where it is.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// The environment that an image sets, or the image of another recipe (`recipe:PATH`).
    pub(super) fn environment(
        &self,
        base: &str,
        platform: &Platform,
    ) -> Result<BTreeMap<String, String>, InputError> {
        match base.strip_prefix("recipe:") {
            Some(path) => Ok(self.recipe(path, platform)?.plan.config.env),
            None => Ok(self.image(base, None, platform)?.settings.env),
        }
    }

    /// Why an image or another recipe could not be had, if that is not the recipe's own fault.
    pub(super) fn failure(&self) -> Option<Error> {
        let failure = self.images.failure().map(Error::from);
        failure.or_else(|| self.recipes.failure())
    }

    /// The other recipes that were planned so far.
    pub(super) fn recipes(&self) -> &Recipes {
        &self.recipes
    }

    /// The place of `path`, which must be in the context when all links are followed.
    fn locate(&self, path: &str) -> Result<PathBuf, InputError> {
        let outside = || InputError::Outside {
            path: path.to_owned(),
            context: self.directory.clone(),
        };
        if path.starts_with('/') || path.split('/').any(|name| name == "..") {
            return Err(outside());
        }
        let place = self.directory.join(path.trim_end_matches('/'));
        match fs::canonicalize(place.parent().unwrap_or(&place)) {
            Ok(parent) if parent.starts_with(&self.directory) || place == self.directory => {
                Ok(place)
            }
            Ok(_) => Err(outside()),
            Err(error) => Err(self.failed(path, error)),
        }
    }

    /// Where `place` leads when all links are followed, relative to the context.
    fn lead(&self, place: &Path) -> Result<PathBuf, InputError> {
        let path = self.relative(place).to_string();
        let found = self.root.lead(place);
        let found = found.map_err(|error| self.failed(&path, error))?;
        found.ok_or_else(|| InputError::Outside {
            path,
            context: self.directory.clone(),
        })
    }

    /// Where the last name of `place` is, which may itself be that of a link.
    fn lead_above(&self, place: &Path) -> Result<PathBuf, InputError> {
        match (place.parent(), place.file_name()) {
            (Some(parent), Some(name)) if place != self.directory => {
                Ok(self.lead(parent)?.join(name))
            }
            _ => Ok(PathBuf::new()),
        }
    }

    /// What is at `real`, a path without links above its last name; messages call it `place`.
    fn look(&self, real: &Path, place: &Path) -> Result<Metadata, InputError> {
        let path = || self.relative(place).to_string();
        let found = self.root.link_metadata(real);
        let found = found.map_err(|error| self.failed(&path(), system_error(error)))?;
        found.ok_or_else(|| self.failed(&path(), io::ErrorKind::NotFound.into()))
    }

    fn failed(&self, path: &str, error: io::Error) -> InputError {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => InputError::Missing {
                pattern: path.to_owned(),
                context: self.directory.clone(),
            },
            _ => InputError::Read {
                path: path.to_owned(),
                source: error,
            },
        }
    }

    /// Paths in the context that `pattern` matches; ignored ones do not count.
    fn expand(&self, pattern: &str) -> Result<Vec<BytePath>, InputError> {
        let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
        if !pattern.contains(['*', '?', '[', '{']) {
            let place = self.locate(pattern)?;
            return Ok(vec![self.relative(&place)]);
        }
        let matcher = glob(pattern)?;
        let mut found = Vec::new();
        self.search(&self.directory, Path::new(""), &matcher, &mut found)?;
        found.sort();
        Ok(found)
    }

    fn search(
        &self,
        folder: &Path,
        real: &Path,
        matcher: &GlobMatcher,
        found: &mut Vec<BytePath>,
    ) -> Result<(), InputError> {
        for (name, metadata) in self.list(real, folder)? {
            let place = folder.join(&name);
            let path = self.relative(&place);
            let is_directory = metadata.kind == FileKind::Directory;
            if self.is_ignored(&place, is_directory) {
                continue;
            }
            if matcher.is_match(path.as_path()) {
                found.push(path);
            } else if is_directory {
                self.search(&place, &real.join(name), matcher, found)?;
            }
        }
        Ok(())
    }

    /// Entries of the folder at `real`, sorted by name; messages call it `place`.
    fn list(&self, real: &Path, place: &Path) -> Result<Vec<(OsString, Metadata)>, InputError> {
        self.root.entries(real).map_err(|error| {
            let path = self.relative(place).to_string();
            self.failed(&path, system_error(error))
        })
    }

    fn is_ignored(&self, place: &Path, directory: bool) -> bool {
        self.ignored
            .matched_path_or_any_parents(place, directory)
            .is_ignore()
    }

    fn relative(&self, place: &Path) -> BytePath {
        let relative = place.strip_prefix(&self.directory).unwrap_or(place);
        BytePath::from(relative.as_os_str().as_bytes().to_vec())
    }
}

impl Inputs for Context {
    fn sources(
        &self,
        pattern: &str,
        exclude: &[String],
        follow_links: bool,
    ) -> Result<Vec<InputSource>, InputError> {
        let exclude = exclude
            .iter()
            .map(|pattern| glob(pattern))
            .collect::<Result<Vec<_>, _>>()?;
        let mut sources = Vec::new();
        for path in self.expand(pattern)? {
            let mut walk = Walk {
                context: self,
                exclude: &exclude,
                follow_links,
                entries: Vec::new(),
            };
            let place = self.directory.join(path.as_path());
            // The source itself is followed, as `cp` does it: the user named it.
            let real = self.lead_above(&place)?;
            walk.visit(&place, &real, &BytePath::default(), true)?;
            sources.push(InputSource {
                path,
                entries: walk.entries,
            });
        }
        if sources.is_empty() {
            return Err(InputError::Missing {
                pattern: pattern.to_owned(),
                context: self.directory.clone(),
            });
        }
        Ok(sources)
    }

    fn file(&self, path: &str) -> Result<Digest, InputError> {
        let place = self.locate(path)?;
        let real = self.lead(&place)?;
        let found = self.look(&real, &place)?;
        match found.kind {
            FileKind::File => self.digest(&real, &place).map(|(digest, _)| digest),
            FileKind::Directory => Err(self.failed(path, io::ErrorKind::IsADirectory.into())),
            kind => {
                let source = io::Error::other(format!("it is a {}", special(kind)));
                Err(self.failed(path, source))
            }
        }
    }

    fn rootfs(&self, path: &str) -> Result<(RootfsKind, Digest), InputError> {
        let place = self.locate(path)?;
        let real = self.lead(&place)?;
        let found = self.look(&real, &place)?;
        if found.kind != FileKind::Directory {
            return self.file(path).map(|digest| (RootfsKind::Archive, digest));
        }
        let folder = self.root.open_directory(&real);
        let folder = folder.map_err(|error| self.failed(path, system_error(error)))?;
        let options = WalkOptions {
            marks: Marks::None,
            owners: Some(sandbox::outside_owner),
            ..WalkOptions::default()
        };
        let listed = walk(&Upper::from_descriptor(folder, place), &options);
        let digest = listed.and_then(|found| found.digest());
        let digest = digest.map_err(|error| InputError::Read {
            path: path.to_owned(),
            source: io::Error::other(error),
        })?;
        Ok((RootfsKind::Directory, digest))
    }

    fn image(
        &self,
        reference: &str,
        digest: Option<Digest>,
        platform: &Platform,
    ) -> Result<InputImage, InputError> {
        self.images.answer(reference, digest, platform)
    }

    fn recipe(&self, path: &str, platform: &Platform) -> Result<InputRecipe, InputError> {
        self.recipes.answer(path, platform)
    }
}

impl Context {
    /// Reads the file at `real`; messages call it `place`.
    fn digest(&self, real: &Path, place: &Path) -> Result<(Digest, u64), InputError> {
        let failed = |error| self.failed(&self.relative(place).to_string(), error);
        let file = self.root.open_input(real);
        let mut file = file.map_err(|error| failed(system_error(error)))?;
        let mut hashing = HashingWriter::new(io::sink());
        io::copy(&mut file, &mut hashing).map_err(failed)?;
        let (_, digest, size) = hashing.finish();
        Ok((digest, size))
    }
}

/// What the ignore file says, if there is one.
fn ignore_file(root: &Rootfs) -> io::Result<String> {
    if root
        .link_metadata(IGNORE_FILE)
        .map_err(system_error)?
        .is_none()
    {
        return Ok(String::new());
    }
    // A link to a file of elsewhere would have its lines shown by the message on a wrong one.
    let real = root.lead(IGNORE_FILE)?;
    let real = real.ok_or_else(|| {
        io::Error::other(format!(
            "`{IGNORE_FILE}` is a link that leads out of the context"
        ))
    })?;
    let text = root
        .read(real, LARGEST_IGNORE_FILE)
        .map_err(|error| match error {
            // A pipe would be waited for without end.
            RootfsError::NotRegular { .. } => {
                io::Error::other(format!("`{IGNORE_FILE}` is no regular file"))
            }
            other => system_error(other),
        })?;
    let text = String::from_utf8(text)
        .map_err(|_| io::Error::other(format!("`{IGNORE_FILE}` is no text in UTF-8")))?;
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

/// What the system said, where it said something.
fn system_error(error: RootfsError) -> io::Error {
    match error {
        RootfsError::Io { source, .. } => source,
        other => io::Error::other(other),
    }
}

/// The entries of one source.
struct Walk<'a> {
    context: &'a Context,
    exclude: &'a [GlobMatcher],
    follow_links: bool,
    entries: Vec<InputEntry>,
}

impl Walk<'_> {
    /// Notes what is at `real`, which is called `place` in messages and `path` in the source.
    fn visit(
        &mut self,
        place: &Path,
        real: &Path,
        path: &BytePath,
        follow: bool,
    ) -> Result<(), InputError> {
        let mut real = real.to_owned();
        let mut metadata = self.context.look(&real, place)?;
        if metadata.kind == FileKind::Symlink && follow {
            real = self.context.lead(place)?;
            metadata = self.context.look(&real, place)?;
            if metadata.kind == FileKind::Symlink {
                let path = self.context.relative(place).to_string();
                let source = io::Error::other("it changed while it was read");
                return Err(self.context.failed(&path, source));
            }
        }
        let shown = || self.context.relative(place).to_string();
        let kind = match metadata.kind {
            FileKind::Directory => InputKind::Directory,
            FileKind::File => {
                let (digest, size) = self.context.digest(&real, place)?;
                InputKind::File { digest, size }
            }
            FileKind::Symlink => {
                let target = self.context.root.read_link(&real);
                let failed = |error| self.context.failed(&shown(), system_error(error));
                InputKind::Symlink {
                    target: target
                        .map_err(failed)?
                        .as_os_str()
                        .as_bytes()
                        .to_vec()
                        .into(),
                }
            }
            kind => {
                return Err(InputError::Special {
                    path: shown(),
                    kind: special(kind),
                });
            }
        };
        let directory = kind == InputKind::Directory;
        self.entries.push(InputEntry {
            path: path.clone(),
            kind,
            mode: metadata.mode,
            owner: sandbox::outside_owner(metadata.uid, metadata.gid),
        });
        if directory {
            for (name, metadata) in self.context.list(&real, place)? {
                let child = place.join(&name);
                let path = path.join(&name.as_bytes().to_vec().into());
                let excluded = self
                    .exclude
                    .iter()
                    .any(|glob| glob.is_match(path.as_path()));
                let is_directory = metadata.kind == FileKind::Directory;
                if !excluded && !self.context.is_ignored(&child, is_directory) {
                    self.visit(&child, &real.join(&name), &path, self.follow_links)?;
                }
            }
        }
        Ok(())
    }
}

fn special(kind: FileKind) -> &'static str {
    match kind {
        FileKind::Socket => "socket",
        FileKind::Fifo => "pipe",
        _ => "device",
    }
}

fn glob(pattern: &str) -> Result<GlobMatcher, InputError> {
    (GlobBuilder::new(pattern).literal_separator(true).build())
        .map(|glob| glob.compile_matcher())
        .map_err(|error| InputError::Pattern {
            pattern: pattern.to_owned(),
            source: Box::new(error),
        })
}
