//! The step that brings a file from the network.
//!
//! The store comes first: what was fetched once, by whatever recipe, is there under its checksum.
//! Otherwise the file is downloaded beside the step's draft, checked while it comes, and kept.
//! Only then does anything of it reach the root.

mod download;
mod error;
mod name;

use std::fs::File;
use std::io;
use std::path::Path;

use crate::http::{self, Redirects};
use crate::packages::HostAccess;
use crate::plan::{BytePath, FetchAction};
use crate::progress::Reporter;
use crate::sandbox::{Cancel, enclosed};
use crate::store::Store;

use self::download::{Download, End, MOST_BYTES, MOST_REDIRECTS};
pub use self::error::FetchError;
use super::ExecuteError;
use super::archive::{self, Extraction};
use super::editor::{Editor, Ownership};
use super::error::shown;
use super::owner;

/// What fetching takes besides the action.
pub(super) struct Fetching<'a> {
    pub(super) store: &'a Store,
    pub(super) access: &'a HostAccess,
    pub(super) cancel: &'a Cancel,
    pub(super) reporter: &'a dyn Reporter,
    /// Number of the step, for events.
    pub(super) step: usize,
    /// A folder for what is not complete.
    pub(super) state: &'a Path,
}

impl Fetching<'_> {
    /// Brings the file, and puts it or what it holds into the root.
    pub(super) fn fetch(
        &self,
        action: &FetchAction,
        editor: &mut Editor,
    ) -> Result<(), ExecuteError> {
        // Before anything is fetched: what cannot work shall not take long.
        let owner = owner::resolve(editor.tree(), &action.owner, None)?;
        let to = destination(action)?;
        let mut file = match self.store.blob(&action.checksum)? {
            Some(file) => file,
            None => self.download(action)?,
        };
        if !action.extract {
            return put(action, &mut file, &to, owner, editor);
        }
        let extraction = Extraction {
            url: &action.url,
            to: &to,
            strip: action.strip,
            owner,
            mode: action.mode.as_ref(),
            limits: archive::Limits::default(),
            cancel: self.cancel,
            reporter: self.reporter,
            step: self.step,
        };
        let folder = editor.folder();
        enclosed(&folder, || extraction.run(file, editor))
            .map_err(|source| ExecuteError::Thread { source })?
    }

    fn download(&self, action: &FetchAction) -> Result<File, ExecuteError> {
        let path = self.state.join("download");
        let disk = |source| FetchError::Store {
            url: action.url.clone(),
            source,
        };
        let mut file = File::create_new(&path).map_err(disk)?;
        let download = Download {
            url: &action.url,
            expected: &action.checksum,
            most: MOST_BYTES,
            cancel: self.cancel,
            reporter: self.reporter,
            step: self.step,
        };
        let access = self.access;
        let agent = http::client(
            &action.url,
            access.ca_bundle.as_deref(),
            &access.proxies,
            Redirects::Follow(MOST_REDIRECTS),
        )
        .map_err(FetchError::from)?;
        match download.run(&agent, &mut file) {
            Ok(()) => Ok(self.store.keep_blob(&path, &action.checksum)?),
            Err(End::Failed(error)) => Err(error.into()),
            Err(End::Cancelled) => Err(ExecuteError::CANCELLED),
        }
    }
}

/// Where the file, or what it holds, goes.
fn destination(action: &FetchAction) -> Result<BytePath, FetchError> {
    if action.extract || !action.to.as_bytes().ends_with(b"/") {
        return Ok(action.to.clone());
    }
    let name = name::of(&action.url).ok_or_else(|| FetchError::NoName {
        url: action.url.clone(),
    })?;
    Ok(action.to.join(&name.into()))
}

fn put(
    action: &FetchAction,
    from: &mut File,
    to: &BytePath,
    (uid, gid): (u32, u32),
    editor: &mut Editor,
) -> Result<(), ExecuteError> {
    let mode = (action.mode.as_ref()).map_or(0o644, |mode| mode.apply(0o644, false));
    let wanted = Ownership { uid, gid, mode };
    let path = editor.locate(to)?;
    let mut file = editor.file(&path, wanted)?;
    io::copy(from, &mut file).map_err(|source| ExecuteError::Write {
        path: shown(&path),
        source,
    })?;
    drop(file);
    editor.seal(&path, wanted)
}
