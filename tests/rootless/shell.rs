//! Everybody looks into the same root.

use super::{Caller, onelayer, ready, recipe, workspace};

const STEPS: &str = "
  - run: echo given > /given && chown 5:6 /given
";
/// Says whose a file of the step is, gives another one away, and ends with a status of its own.
const LOOK: &str =
    "stat -c %u:%g /given; touch /mine; chown 7:8 /mine; stat -c %u:%g /mine; exit 9";

#[test]
fn a_shell_shows_the_owners_of_the_image() {
    if !ready() {
        return;
    }
    let workspace = workspace(&recipe(STEPS));
    for caller in [
        Caller::Subids,
        Caller::Container,
        Caller::Single,
        Caller::Mapped,
    ] {
        let words = ["shell", "context", "--", "/bin/sh", "-c", LOOK];
        let seen = onelayer(&workspace, caller, &words).expect(9);
        assert_eq!(seen.stdout, "5:6\n7:8\n", "{caller:?}: {}", seen.stderr);
        let gone = onelayer(
            &workspace,
            caller,
            &["shell", "context", "--", "ls", "/mine"],
        );
        assert_ne!(gone.code, Some(0), "{caller:?}");
    }
}
