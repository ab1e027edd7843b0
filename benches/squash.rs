//! The stages of a squash over a generated tree: listing, merging, writing the layer.
//!
//! For whole processes against other tools see `compare.sh`.

#![expect(clippy::unwrap_used, reason = "a failed benchmark is a failed run")]

use std::fs;
use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use onelayer::layer::{self, Compression, Options};
use onelayer::progress::Silent;
use onelayer::tree::{self, Changes, Marks, Tree, Upper, WalkOptions};

/// Two thousand small files, some middling ones and a large one; half of each compresses.
fn generate(root: &Path) {
    let mut state = 1_u64;
    let mut bytes = |length: usize| -> Vec<u8> {
        let mut bytes = Vec::with_capacity(length);
        for _ in 0..length / 2 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            bytes.push((state >> 56) as u8);
            bytes.push(b'a');
        }
        bytes
    };
    for folder in 0..40 {
        let folder = root.join(format!("usr/share/folder-{folder}"));
        fs::create_dir_all(&folder).unwrap();
        for file in 0..50 {
            fs::write(folder.join(format!("file-{file}")), bytes(file * 90)).unwrap();
        }
        fs::write(folder.join("library.so"), bytes(500_000)).unwrap();
    }
    fs::write(root.join("archive"), bytes(20 << 20)).unwrap();
}

fn list(root: &Path) -> Changes {
    let options = WalkOptions {
        marks: Marks::None,
        ..WalkOptions::default()
    };
    tree::walk(&Upper::open(root).unwrap(), &options).unwrap()
}

fn squash(criterion: &mut Criterion) {
    let scratch = tempfile::tempdir().unwrap();
    generate(scratch.path());
    let mut tree = Tree::new();
    tree.apply(list(scratch.path()), 0);

    let mut group = criterion.benchmark_group("squash");
    group.sample_size(10);
    group.throughput(Throughput::Elements(tree.len() as u64));
    group.bench_function("walk", |bencher| bencher.iter(|| list(scratch.path())));
    group.bench_function("apply", |bencher| {
        bencher.iter_with_setup(
            || list(scratch.path()),
            |changes| {
                let mut tree = Tree::new();
                tree.apply(changes, 0);
                black_box(tree)
            },
        );
    });
    for (name, compression) in [
        ("gzip level 1", Compression::Gzip { level: 1 }),
        ("gzip level 4", Compression::default()),
        ("none", Compression::None),
    ] {
        let options = Options {
            compression,
            ..Options::default()
        };
        let write = || layer::squash(&tree, &options, std::io::sink(), &Silent).unwrap();
        group.throughput(Throughput::Bytes(write().uncompressed_size));
        group.bench_function(name, |bencher| bencher.iter(write));
    }
    group.finish();
}

criterion_group!(benches, squash);
criterion_main!(benches);
