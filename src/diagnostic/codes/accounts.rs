//! Users and groups.

use super::{Class, Code, Entry, codes};
use crate::diagnostic::Severity;

codes! {
    /// A user or group cannot be known.
    UnknownAccount = "unknown-account", Semantic Error,
    cause: "
        Names of owners are looked up in the root's own `/etc/passwd` and `/etc/group`. Here the root
        starts empty, and no step before this one makes the name or could bring those files.",
    example: r#"
        steps:
          - write: /data
            content: x
            owner: app
        "#,
    cure: "Make the user in an earlier `accounts` step, or use a number.",
    instead: r#"
        steps:
          - accounts:
              users: [{name: app, uid: 1000}]
          - write: /data
            content: x
            owner: app
        "#;

    /// A user or group is made twice.
    DuplicateAccount = "duplicate-account", Semantic Error,
    cause: "
        Two users, or two groups, of one root have the same name or the same number. Programs would take
        one for the other.",
    example: r#"
        steps:
          - accounts:
              users: [{name: app, uid: 1000}, {name: web, uid: 1000}]
        "#,
    cure: "Remove one of the two, or give it another name and number.",
    instead: r#"
        steps:
          - accounts:
              users: [{name: app, uid: 1000}, {name: web, uid: 1001}]
        "#;
}
