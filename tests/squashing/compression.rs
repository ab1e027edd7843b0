//! Every compression: the same bytes for any number of threads, and read by others.

use std::fs;

use onelayer::digest::Digest;
use onelayer::layer::Compression;

use super::{Work, noise};
use crate::support::image::{layer, options};
use crate::support::{require_tool, run_in};

const ALL: [Compression; 8] = [
    Compression::None,
    Compression::Gzip { level: 1 },
    Compression::Gzip { level: 4 },
    Compression::Gzip { level: 12 },
    Compression::Zstd { level: 1 },
    Compression::Zstd { level: 3 },
    Compression::Zstd { level: 19 },
    Compression::Zstd { level: 22 },
];

fn work() -> Work {
    let work = Work::new(2);
    fs::write(work.steps[0].join("large"), b"some text, ".repeat(1 << 20)).unwrap();
    fs::write(work.steps[0].join("noise"), noise(1, 5 << 20)).unwrap();
    for number in 0..300 {
        let text = format!("{number} ").repeat(number);
        fs::write(work.steps[1].join(number.to_string()), text).unwrap();
    }
    work
}

#[test]
fn bytes_do_not_depend_on_the_number_of_threads() {
    let work = work();
    for compression in ALL {
        let first = layer(&work.tree(), &options(1, compression));
        for threads in [2, 3, 7, 64] {
            let again = layer(&work.tree(), &options(threads, compression));
            assert!(again == first, "{compression:?} with {threads}");
        }
    }
}

#[test]
fn programs_read_what_is_written() {
    let work = work();
    let (tar, plain) = layer(&work.tree(), &options(1, Compression::None));
    for compression in ALL {
        let (blob, layer) = layer(&work.tree(), &options(2, compression));
        assert_eq!(layer.diff_id, plain.diff_id);
        assert_eq!(layer.digest, Digest::of(&blob));
        let program = match compression {
            Compression::Gzip { .. } => "gzip",
            Compression::Zstd { .. } => "zstd",
            _ => continue,
        };
        if !require_tool(program) {
            return;
        }
        let folder = work.folder.path();
        fs::write(folder.join("blob"), blob).unwrap();
        let read = run_in(folder, "sh", &["-c", &format!("{program} -dc < blob")]);
        assert!(read.stdout == tar, "{compression:?}");
    }
}
