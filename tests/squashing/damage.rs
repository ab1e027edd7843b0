//! Damage of what is kept: found, and made again.

use std::fs;
use std::os::unix::fs::symlink;

use onelayer::layer::Compression;

use super::{Work, noise};

fn work() -> Work {
    let work = Work::new(3);
    for (seed, step) in (1..).zip(&work.steps) {
        fs::write(step.join(format!("f{seed}")), noise(seed, 9 << 20)).unwrap();
        fs::write(step.join(format!("g{seed}")), "text ".repeat(100)).unwrap();
    }
    work
}

/// Damages each kept file in turn, builds, and wants the same layer and the damage gone.
#[track_caller]
fn is_mended(damage: impl Fn(&std::path::Path)) {
    for compression in [Compression::Zstd { level: 1 }, Compression::None] {
        let work = work();
        let first = work.squash(compression);
        for file in work.files() {
            damage(&file);
            let (blob, layer, kept) = work.squash(compression);
            assert!(blob == first.0 && layer == first.1, "{}", file.display());
            assert!(kept < layer.size || file.to_string_lossy().contains("indexes"));
            let (_, _, kept) = work.squash(compression);
            assert_eq!(kept, layer.size, "{}", file.display());
        }
    }
}

#[test]
fn a_flipped_bit_is_found() {
    is_mended(|file| {
        let mut bytes = fs::read(file).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 4;
        fs::write(file, bytes).unwrap();
    });
}

#[test]
fn a_short_file_is_found() {
    is_mended(|file| {
        let bytes = fs::read(file).unwrap();
        fs::write(file, &bytes[..bytes.len() - 1]).unwrap();
    });
    is_mended(|file| fs::write(file, "").unwrap());
}

#[test]
fn a_missing_file_is_made_again() {
    is_mended(|file| fs::remove_file(file).unwrap());
}

#[test]
fn what_stands_in_a_files_place_goes() {
    is_mended(|file| {
        fs::remove_file(file).unwrap();
        fs::create_dir_all(file.join("in/it")).unwrap();
    });
    is_mended(|file| {
        fs::remove_file(file).unwrap();
        symlink("/dev/zero", file).unwrap();
    });
    is_mended(|file| {
        fs::remove_file(file).unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            file,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RWXU,
            0,
        )
        .unwrap();
    });
}

#[test]
fn a_file_of_another_part_is_found() {
    let work = work();
    let first = work.squash(Compression::None);
    let files = work.files();
    let parts: Vec<_> = (files.iter())
        .filter(|path| path.to_string_lossy().contains("parts"))
        .collect();
    let (largest, other) = (parts[parts.len() - 1], parts[0]);
    fs::copy(other, largest).unwrap();
    let (blob, layer, _) = work.squash(Compression::None);
    assert!(blob == first.0 && layer == first.1);
}
