//! One input for what reads several files.

/// What stands between files: a character that none of their forms has a use for.
const SEPARATOR: u8 = 0x1e;

/// The first `N` parts; those that are not there are missing.
pub fn parts<const N: usize>(bytes: &[u8]) -> [Option<&[u8]>; N] {
    let mut parts = bytes.splitn(N, |byte| *byte == SEPARATOR);
    [(); N].map(|()| parts.next())
}

/// Lets the checksums of a tar's headers be right, which no fuzzer finds.
pub fn with_tar_checksums(bytes: &[u8]) -> Vec<u8> {
    let mut tar = bytes.to_vec();
    for block in tar.chunks_exact_mut(512) {
        if &block[257..262] == b"ustar" {
            block[148..156].fill(b' ');
            let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
            block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        }
    }
    tar
}
