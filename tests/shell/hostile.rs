//! Roots whose shell is none.

use std::process::Stdio;

use crate::support::workspace::run;

use super::{RECIPE, Session, ready, workspace};

/// What `shell` says of a root where `/bin/sh` is what `step` makes.
fn refused(step: &str) -> String {
    let recipe = RECIPE.replace("  - link: /bin/sh\n    target: busybox\n", step);
    let recipe = recipe.split("  - name: first").next().unwrap().to_owned();
    let work = workspace(&recipe);
    let outcome = run(work.command(&["shell", "context"]).stdin(Stdio::null()));
    outcome.expect(3).stderr
}

#[test]
fn a_link_out_of_the_root_leads_nowhere() {
    if !ready() {
        return;
    }
    let link = "  - link: /bin/sh\n    target: ../../../../../../../../bin/dash\n";
    let errors = refused(link);
    assert!(
        errors.contains("neither `/bin/bash` nor `/bin/sh`"),
        "{errors}"
    );
    assert!(errors.contains("after `--`"), "{errors}");
}

#[test]
fn a_pipe_and_a_directory_are_no_shells() {
    if !ready() {
        return;
    }
    let pipe = "  - run: [/bin/busybox, mkfifo, -m, '0777', /bin/sh]\n";
    let errors = refused(pipe);
    assert!(errors.contains("/bin/sh"), "{errors}");
    let errors = refused("  - directory: /bin/sh\n");
    assert!(errors.contains("/bin/sh"), "{errors}");
    let errors = refused("  - write: /bin/sh\n    content: '#!/nowhere'\n    mode: '0755'\n");
    assert!(errors.contains("/nowhere"), "{errors}");
}

#[test]
fn nothing_is_pushed_into_a_terminal() {
    if !ready() || !crate::support::require_tool("cc") {
        return;
    }
    let work = workspace(&format!(
        "{RECIPE}  - copy: push\n    to: /push\n    mode: \"0755\"\n"
    ));
    let source = "#include <stdio.h>\n#include <errno.h>\n#include <sys/ioctl.h>\n\
        int main(void) { char c = 'x'; int r = ioctl(0, TIOCSTI, &c);\n\
        printf(\"pushed %d %d\\n\", r, r ? errno : 0); return 0; }\n";
    work.write("push.c", source);
    let mut compiler = std::process::Command::new("cc");
    let folder = work.context();
    compiler
        .args(["-static", "-o", "push", "push.c"])
        .current_dir(folder);
    run(&mut compiler).expect(0);
    let mut shell = Session::start(work.command(&["shell", "context"]));
    shell.expect("/ # ");
    shell.send("/push; exit\n");
    let (status, text) = shell.finish();
    assert!(text.contains("pushed -1 1"), "{text}");
    assert_eq!(status.code(), Some(0));
}
