//! Random edits of steps, one after the other.

use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use onelayer::layer::Compression;
use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::{Work, noise};

const STEPS: usize = 5;
const EDITS: u64 = 700;

/// Numbers that look random.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) as usize % sides
    }

    fn name(&mut self) -> OsString {
        format!("f{}", self.roll(12)).into()
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| fs::symlink_metadata(path).unwrap().is_file())
        .collect();
    all.sort();
    all
}

/// Makes room for something else.
fn clear(path: &Path) {
    if fs::symlink_metadata(path).is_ok() {
        fs::remove_file(path)
            .or_else(|_| fs::remove_dir_all(path))
            .unwrap();
    }
}

fn edit(step: &Path, dice: &mut Dice) {
    let path = step.join(dice.name());
    let there = files(step);
    match (dice.roll(9), there.as_slice()) {
        (0 | 1, _) | (2..=6, []) => {
            clear(&path);
            let length = [0, 1, 511, 512, 513, 70_000, 3 << 20][dice.roll(7)];
            let text = match dice.roll(2) {
                0 => noise(dice.0, length),
                _ => b"the same again ".repeat(length / 15),
            };
            fs::write(path, text).unwrap();
        }
        (2, all) => clear(&all[dice.roll(all.len())]),
        (3, all) => {
            let mode = [0o644, 0o755, 0o4755, 0o600][dice.roll(4)];
            fs::set_permissions(&all[dice.roll(all.len())], Permissions::from_mode(mode)).unwrap();
        }
        (4, all) => {
            let first = &all[dice.roll(all.len())];
            if *first != path {
                clear(&path);
                fs::hard_link(first, path).unwrap();
            }
        }
        (5, all) => {
            let from = &all[dice.roll(all.len())];
            if *from != path {
                clear(&path);
                fs::rename(from, path).unwrap();
            }
        }
        (6, all) => {
            let file = &all[dice.roll(all.len())];
            let mut text = fs::read(file).unwrap();
            text.push(b'x');
            fs::write(file, text).unwrap();
        }
        // What earlier steps have of this name is gone.
        (7, _) => {
            clear(&path);
            mknodat(CWD, path, FileType::CharacterDevice, Mode::empty(), 0).unwrap();
        }
        _ => {
            clear(&path);
            fs::create_dir(&path).unwrap();
            fs::write(path.join("in"), noise(dice.0, 3000)).unwrap();
        }
    }
}

fn edits_in_a_row(compression: Compression, seed: u64) {
    let mut work = Work::new(STEPS);
    let mut dice = Dice(seed);
    let (mut kept, mut all) = (0, 0);
    for number in 0..EDITS {
        let step = dice.roll(STEPS);
        work.remake(step, |folder| edit(folder, &mut dice));
        let (taken, size) = work.check(compression);
        kept += taken;
        all += size;
        if number % 50 == 0 {
            // Nothing has changed, and nothing is made.
            let (taken, size) = work.check(compression);
            assert_eq!(taken, size);
        }
    }
    assert!(kept > all / 2, "{kept} of {all} bytes");
}

#[test]
fn any_edits_give_the_layer_from_nothing_in_gzip() {
    edits_in_a_row(Compression::Gzip { level: 1 }, 1);
}

#[test]
fn any_edits_give_the_layer_from_nothing_in_zstd() {
    edits_in_a_row(Compression::Zstd { level: 1 }, 2);
}

#[test]
fn any_edits_give_the_layer_from_nothing_as_plain_tar() {
    edits_in_a_row(Compression::None, 3);
}

#[test]
fn going_back_and_forth_makes_nothing_again() {
    let mut work = Work::new(3);
    fs::write(work.steps[0].join("base"), noise(1, 3 << 20)).unwrap();
    fs::write(work.steps[2].join("app"), "one").unwrap();
    let compression = Compression::default();
    let first = work.steps.clone();
    let (blob, one, _) = work.squash(compression);
    work.remake(2, |folder| fs::write(folder.join("app"), "two").unwrap());
    let second = work.steps.clone();
    let (_, two, _) = work.squash(compression);
    assert_ne!(one, two);
    for _ in 0..2 {
        work.steps.clone_from(&first);
        let (again, layer, kept) = work.squash(compression);
        assert_eq!((again, kept), (blob.clone(), layer.size));
        work.steps.clone_from(&second);
        let (_, layer, kept) = work.squash(compression);
        assert_eq!((layer.clone(), kept), (two.clone(), layer.size));
    }
}

#[test]
fn a_step_made_again_with_the_same_contents_is_not_compressed_again() {
    let mut work = Work::new(3);
    for (seed, step) in (1..).zip(work.steps.clone()) {
        fs::write(step.join(format!("f{seed}")), noise(seed, 3 << 20)).unwrap();
    }
    work.squash(Compression::default());
    for step in 0..3 {
        work.remake(step, |_| {});
    }
    let (kept, size) = work.check(Compression::default());
    assert_eq!(kept, size);
}
