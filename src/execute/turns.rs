//! Steps that another build makes at the same time, or has made.

use std::thread;

use crate::digest::Digest;
use crate::progress::Event;
use crate::store::{ChangeSet, Maker, Making, Turn};
use crate::tree::Changes;

use super::{ExecuteError, Execution, PATIENCE};

/// A change set that was kept, with what is in it.
pub(super) type Kept = (ChangeSet, Changes);

impl Execution<'_> {
    /// The change set that is kept for `key`; without one, the turn to make it, for which others may
    /// have to finish first. Whoever makes everything anew waits for nobody, and nobody for him;
    /// nor for somebody who may be typing into a shell.
    pub(super) fn kept_or_turn(
        &self,
        key: &Digest,
        step: Option<usize>,
        title: &str,
        reuse: bool,
    ) -> Result<(Option<Kept>, Option<Making>), ExecuteError> {
        if !reuse {
            return Ok((None, None));
        }
        let mut kept = self.kept(key, title)?;
        if kept.is_some() || self.shell_on_failure {
            return Ok((kept, None));
        }
        let (recipe, _) = self.recipe;
        let who = format!("process {}, which builds {recipe}", std::process::id());
        let mut told = None;
        loop {
            match self.store.turn(key, &who)? {
                Turn::Mine(turn) => {
                    // Whoever had the turn may have made it.
                    kept = self.kept(key, title)?;
                    let turn = Some(turn).filter(|_| kept.is_none());
                    return Ok((kept, turn));
                }
                // Its maker has locked it and not yet said who he is.
                Turn::Taken(maker) if maker.is_empty() => {}
                Turn::Taken(maker) => {
                    if told.as_ref() != Some(&maker) {
                        let event = Event::MakerAwaited {
                            step,
                            maker: &maker,
                        };
                        self.reporter.report(&event);
                        told = Some(maker);
                    }
                }
            }
            self.check_cancelled()?;
            thread::sleep(PATIENCE);
        }
    }

    /// The change set that is kept for `key`, if it is what it was; one that is damaged is dropped.
    fn kept(&self, key: &Digest, title: &str) -> Result<Option<Kept>, ExecuteError> {
        let Some(change_set) = self.store.change_set(key)? else {
            return Ok(None);
        };
        if let Some(changes) = change_set.genuine()? {
            return Ok(Some((change_set, changes)));
        }
        self.store.discard(key, change_set)?;
        let message = format!("what the cache had for `{title}` was damaged, so it is made again");
        self.reporter.report(&Event::Warning { message: &message });
        Ok(None)
    }

    pub(super) fn maker(&self, title: &str) -> Maker {
        let (recipe, name) = self.recipe;
        Maker {
            recipe: recipe.to_owned(),
            name: name.to_owned(),
            title: title.to_owned(),
        }
    }
}
