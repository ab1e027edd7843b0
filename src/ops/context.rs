//! The files beside a recipe, as planning asks for them.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::digest::{Digest, HashingWriter};
use crate::plan::{
    BytePath, InputEntry, InputError, InputImage, InputKind, InputRecipe, InputSource, Inputs,
    RootfsKind,
};
use crate::recipe::Platform;
use crate::sandbox;
use crate::tree::{Marks, Upper, WalkOptions, walk};

use super::images::Images;
use super::recipes::Recipes;
use super::{Error, Registries};

/// Name of the file that leaves inputs out, in gitignore(5) syntax.
const IGNORE_FILE: &str = ".onelayerignore";

/// Folder of the schema that `onelayer init` writes.
const EDITOR_FOLDER: &str = "/.onelayer/";

/// The folder that a recipe's inputs are relative to, and may not leave; and the images it names.
#[derive(Debug)]
pub(super) struct Context {
    /// Without links and relative parts.
    directory: PathBuf,
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
        let mut ignored = GitignoreBuilder::new(&directory);
        // What `init` writes for editors is no input, unless the user's own lines take it back.
        let broken = |error| io::Error::new(io::ErrorKind::InvalidData, error);
        ignored.add_line(None, EDITOR_FOLDER).map_err(broken)?;
        let file = directory.join(IGNORE_FILE);
        if file.exists() {
            // A pipe would be waited for without end.
            if !file.is_file() {
                return Err(io::Error::other(format!(
                    "`{IGNORE_FILE}` is no regular file"
                )));
            }
            if let Some(error) = ignored.add(&file) {
                return Err(broken(error));
            }
        }
        let ignored = ignored.build().map_err(broken)?;
        Ok(Self {
            recipe: chain.last().cloned().unwrap_or_default(),
            images: Images::new(&directory, registries),
            recipes: Recipes::new(&directory, chain, registries),
            directory,
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
        self.search(&self.directory, &matcher, &mut found)?;
        found.sort();
        Ok(found)
    }

    fn search(
        &self,
        folder: &Path,
        matcher: &GlobMatcher,
        found: &mut Vec<BytePath>,
    ) -> Result<(), InputError> {
        for (place, metadata) in self.list(folder)? {
            let path = self.relative(&place);
            if self.is_ignored(&place, metadata.is_dir()) {
                continue;
            }
            if matcher.is_match(path.as_path()) {
                found.push(path);
            } else if metadata.is_dir() {
                self.search(&place, matcher, found)?;
            }
        }
        Ok(())
    }

    /// Entries of a folder, sorted by name.
    fn list(&self, folder: &Path) -> Result<Vec<(PathBuf, Metadata)>, InputError> {
        let failed = |error| self.failed(&self.relative(folder).to_string(), error);
        let mut entries = Vec::new();
        for entry in fs::read_dir(folder).map_err(failed)? {
            let place = entry.map_err(failed)?.path();
            let metadata = fs::symlink_metadata(&place).map_err(failed)?;
            entries.push((place, metadata));
        }
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(entries)
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
            walk.visit(&place, &BytePath::default(), true)?;
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
        self.check_inside(&place)?;
        let found = fs::metadata(&place).map_err(|error| self.failed(path, error))?;
        // A pipe would be waited for without end.
        if !found.is_file() && !found.is_dir() {
            let source = io::Error::other(format!("it is a {}", special(&found)));
            return Err(self.failed(path, source));
        }
        self.digest(&place).map(|(digest, _)| digest)
    }

    fn rootfs(&self, path: &str) -> Result<(RootfsKind, Digest), InputError> {
        let place = self.locate(path)?;
        self.check_inside(&place)?;
        let found = fs::metadata(&place).map_err(|error| self.failed(path, error))?;
        if !found.is_dir() {
            return self.file(path).map(|digest| (RootfsKind::Archive, digest));
        }
        // The folder itself, wherever links lead.
        let place = fs::canonicalize(&place).map_err(|error| self.failed(path, error))?;
        let options = WalkOptions {
            marks: Marks::None,
            owners: Some(sandbox::outside_owner),
            ..WalkOptions::default()
        };
        let listed = Upper::open(&place).and_then(|upper| walk(&upper, &options));
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
    /// Refuses a link that leads out of the context.
    fn check_inside(&self, place: &Path) -> Result<(), InputError> {
        let path = self.relative(place).to_string();
        let target = fs::canonicalize(place).map_err(|error| self.failed(&path, error))?;
        if target.starts_with(&self.directory) {
            Ok(())
        } else {
            Err(InputError::Outside {
                path,
                context: self.directory.clone(),
            })
        }
    }

    fn digest(&self, place: &Path) -> Result<(Digest, u64), InputError> {
        let failed = |error| self.failed(&self.relative(place).to_string(), error);
        let mut file = File::open(place).map_err(failed)?;
        let mut hashing = HashingWriter::new(io::sink());
        io::copy(&mut file, &mut hashing).map_err(failed)?;
        let (_, digest, size) = hashing.finish();
        Ok((digest, size))
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
    fn visit(&mut self, place: &Path, path: &BytePath, follow: bool) -> Result<(), InputError> {
        let shown = || self.context.relative(place).to_string();
        let failed = |error| self.context.failed(&shown(), error);
        let mut metadata = fs::symlink_metadata(place).map_err(failed)?;
        if metadata.is_symlink() && follow {
            self.context.check_inside(place)?;
            metadata = fs::metadata(place).map_err(failed)?;
        }
        let kind = if metadata.is_dir() {
            InputKind::Directory
        } else if metadata.is_file() {
            let (digest, size) = self.context.digest(place)?;
            InputKind::File { digest, size }
        } else if metadata.is_symlink() {
            let target = fs::read_link(place).map_err(failed)?;
            InputKind::Symlink {
                target: target.as_os_str().as_bytes().to_vec().into(),
            }
        } else {
            return Err(InputError::Special {
                path: shown(),
                kind: special(&metadata),
            });
        };
        let directory = kind == InputKind::Directory;
        self.entries.push(InputEntry {
            path: path.clone(),
            kind,
            mode: metadata.mode() & 0o7777,
            owner: sandbox::outside_owner(metadata.uid(), metadata.gid()),
        });
        if directory {
            for (child, metadata) in self.context.list(place)? {
                let name = child.file_name().map(OsStr::as_bytes).unwrap_or_default();
                let path = path.join(&name.to_vec().into());
                let excluded = self
                    .exclude
                    .iter()
                    .any(|glob| glob.is_match(path.as_path()));
                if !excluded && !self.context.is_ignored(&child, metadata.is_dir()) {
                    self.visit(&child, &path, self.follow_links)?;
                }
            }
        }
        Ok(())
    }
}

fn special(metadata: &Metadata) -> &'static str {
    let kind = metadata.file_type();
    match (kind.is_socket(), kind.is_fifo()) {
        (true, _) => "socket",
        (_, true) => "pipe",
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
