//! A program that needs nothing of a root but itself, and ends well.

/// elf(5): the file header and one program header.
const HEADERS: usize = 64 + 56;
/// Where the file is in memory: what linkers take.
const ADDRESS: u64 = 0x40_0000;

/// The number of this machine in elf(5), and instructions that are exit(0) (syscall(2)).
const MACHINE: Option<(u16, &[u8])> = if cfg!(target_arch = "x86_64") {
    // xor edi, edi; mov eax, 60; syscall
    Some((62, &[0x31, 0xff, 0xb8, 60, 0, 0, 0, 0x0f, 0x05]))
} else if cfg!(target_arch = "aarch64") {
    // mov x0, 0; mov x8, 93; svc 0
    let code = &[0, 0, 0x80, 0xd2, 0xa8, 0x0b, 0x80, 0xd2, 1, 0, 0, 0xd4];
    Some((183, code))
} else {
    None
};

/// The program's file, for machines that it is written for.
pub(super) fn file() -> Option<Vec<u8>> {
    let (machine, code) = MACHINE?;
    let size = (HEADERS + code.len()) as u64;
    let mut file = b"\x7fELF\x02\x01\x01".to_vec();
    file.resize(16, 0);
    // An executable; of this machine, version 1.
    file.extend(2_u16.to_le_bytes());
    file.extend(machine.to_le_bytes());
    file.extend(1_u32.to_le_bytes());
    // Entry, program headers, no section headers, no flags.
    for value in [ADDRESS + HEADERS as u64, 64, 0] {
        file.extend(value.to_le_bytes());
    }
    file.extend(0_u32.to_le_bytes());
    // Sizes and counts: one program header of 56 bytes.
    for value in [64_u16, 56, 1, 0, 0, 0] {
        file.extend(value.to_le_bytes());
    }
    // Loaded, read and executed; the whole file, from its beginning, in pages of 64 KiB at most.
    file.extend(1_u32.to_le_bytes());
    file.extend(5_u32.to_le_bytes());
    for value in [0, ADDRESS, ADDRESS, size, size, 0x1_0000] {
        file.extend(value.to_le_bytes());
    }
    file.extend(code);
    Some(file)
}

#[cfg(test)]
mod tests {
    use super::{HEADERS, file};
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn it_runs_here() {
        let Some(file) = file() else { return };
        assert!(file.len() > HEADERS);
        // Beside this test, where programs can be executed.
        let own = std::env::current_exe().unwrap();
        let folder = tempfile::tempdir_in(own.parent().unwrap()).unwrap();
        let path = folder.path().join("program");
        std::fs::write(&path, file).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let status = std::process::Command::new(path).status().unwrap();
        assert!(status.success(), "{status}");
    }
}
