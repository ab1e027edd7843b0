//! How fast a tree becomes a layer: many small files, and a few large ones, by number of threads.

use std::fs;
use std::hint::black_box;
use std::io;
use std::num::NonZero;
use std::path::Path;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use onelayer::layer::{self, Options};
use onelayer::progress::Silent;
use onelayer::tree::{self, Marks, Tree, Upper, WalkOptions};

/// Text that compresses about as well as programs do, and differs from file to file.
fn content(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let word = state.to_le_bytes();
        bytes.extend_from_slice(&word[..4]);
        bytes.extend_from_slice(b" the same words again ");
    }
    bytes.truncate(length);
    bytes
}

fn make(folder: &Path, files: u64, length: usize) {
    for number in 0..files {
        let parent = folder.join(format!("{:03}", number / 100));
        fs::create_dir_all(&parent).expect("the temporary folder can be written");
        fs::write(parent.join(number.to_string()), content(number, length))
            .expect("the temporary folder can be written");
    }
}

fn listed(folder: &Path) -> Tree {
    let options = WalkOptions {
        marks: Marks::None,
        ..WalkOptions::default()
    };
    let upper = Upper::open(folder).expect("the folder was just made");
    let mut tree = Tree::new();
    tree.apply(
        tree::walk(&upper, &options).expect("the folder can be read"),
        0,
    );
    tree
}

fn squash(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("squash");
    group.sample_size(10);
    for (name, files, length) in [("small", 10_000, 3_000), ("large", 8, 8 << 20)] {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        make(folder.path(), files, length);
        let tree = listed(folder.path());
        group.throughput(Throughput::Bytes(files * length as u64));
        for threads in [1, 2] {
            let options = Options {
                threads: NonZero::new(threads),
                ..Options::default()
            };
            group.bench_with_input(BenchmarkId::new(name, threads), &tree, |bench, tree| {
                bench.iter(|| {
                    let layer = layer::squash(tree, &options, io::sink(), &Silent);
                    black_box(layer.expect("nothing changes meanwhile"))
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, squash);
criterion_main!(benches);
