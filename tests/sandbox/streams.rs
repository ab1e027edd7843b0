//! What a command reads and writes, apart.

use onelayer::sandbox::{Cancel, Exit};

use super::{LAUNCHER, Lab, ready};

#[test]
fn output_and_error_come_apart_and_input_is_read_to_its_end() {
    if !ready() {
        return;
    }
    let lab = Lab::new();
    let mut sandbox = lab.script("wc -c; echo error >&2; printf 'no end'; exit 3");
    // More than a pipe holds.
    sandbox.stdin = vec![b'x'; 3 << 20];
    let ended = LAUNCHER
        .capture(&sandbox, 1 << 20, &Cancel::new().unwrap())
        .unwrap();
    assert_eq!(ended.exit, Exit::Code(3));
    assert_eq!(ended.output.bytes, b"3145728\nno end");
    assert_eq!(ended.error.bytes, b"error\n");
    assert!(ended.output.is_whole && ended.error.is_whole);
}

#[test]
fn more_than_was_asked_for_is_dropped_and_nobody_waits() {
    if !ready() {
        return;
    }
    let lab = Lab::new();
    let sandbox = lab.script("dd if=/dev/zero bs=64k count=64 2> /dev/null; printf 1234 >&2");
    let cancel = Cancel::new().unwrap();
    let ended = LAUNCHER.capture(&sandbox, 4, &cancel).unwrap();
    assert_eq!(ended.exit, Exit::Code(0));
    assert_eq!(
        (ended.output.bytes.len(), ended.output.is_whole),
        (4, false)
    );
    assert_eq!(ended.error.bytes, b"1234");
    assert!(ended.error.is_whole);
}

#[test]
fn what_a_command_leaves_running_does_not_hold_the_streams_open() {
    if !ready() {
        return;
    }
    let lab = Lab::new();
    let sandbox = lab.script("setsid sleep 600 & echo done");
    let cancel = Cancel::new().unwrap();
    let ended = LAUNCHER.capture(&sandbox, 100, &cancel).unwrap();
    assert_eq!(ended.output.bytes, b"done\n");
    cancel.cancel();
    let ended = LAUNCHER.capture(&sandbox, 100, &cancel).unwrap();
    assert_eq!(ended.exit, Exit::Cancelled);
}
