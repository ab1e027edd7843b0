//! The `onelayer` command.

fn main() {}
