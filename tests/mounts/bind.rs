//! Files and folders of the context, of stages and of images, in place.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use super::{listing, rewrite, seen, unpacked, with_shell};
use crate::support::build::snapshot;
use crate::support::workspace::{Workspace, run};

fn keys(workspace: &Workspace) -> Vec<String> {
    let plan = ["plan", "context", "--format", "json"];
    let plan = run(&mut workspace.command(&plan)).expect(0).stdout;
    let plan: serde_json::Value = serde_json::from_str(&plan).unwrap();
    let steps = plan["steps"].as_array().unwrap();
    steps.iter().map(|step| step["key"].to_string()).collect()
}

#[test]
fn a_folder_of_the_context_is_seen_as_a_copy_of_it_would_be() {
    let Some(workspace) = with_shell(
        "
  - run: |
      cd /src && stat -c '%n %a %u:%g %Y' . folder folder/file program > /seen
      cat folder/file link >> /seen
      ls -A >> /seen
      if touch new 2> /dev/null || rm program 2> /dev/null; then exit 1; fi
      cat /one/file >> /seen
    mounts: [{bind: src, target: /src}, {bind: src/folder/file, target: /one/file}]
",
    ) else {
        return;
    };
    workspace.write("src/folder/file", "text");
    workspace.write("src/program", "#!/bin/sh\n");
    workspace.write("src/ignored", "");
    workspace.write(".onelayerignore", "ignored\n");
    let program = workspace.context().join("src/program");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o4711)).unwrap();
    std::os::unix::fs::chown(&program, Some(1000), Some(1000)).unwrap();
    symlink("folder/file", workspace.context().join("src/link")).unwrap();
    let before = snapshot(&workspace.context());
    assert_eq!(
        seen(&workspace, &[]),
        ". 755 0:0 0\nfolder 755 0:0 0\nfolder/file 644 0:0 0\nprogram 755 0:0 0\ntexttextfolder\nlink\n\
         program\ntext"
    );
    assert_eq!(listing(&unpacked(&workspace)), ["seen"]);
    assert_eq!(snapshot(&workspace.context()), before);
}

#[test]
fn content_is_in_the_key_of_the_step() {
    let Some(workspace) =
        with_shell("  - run: cat /src/file > /seen\n    mounts: [{bind: src, target: /src}]\n")
    else {
        return;
    };
    workspace.write("src/file", "one");
    let first = keys(&workspace);
    assert_eq!(seen(&workspace, &[]), "one");
    workspace.write("unrelated", "x");
    assert_eq!(keys(&workspace), first);
    workspace.write("src/file", "two");
    assert_ne!(keys(&workspace)[1], first[1]);
    assert_eq!(keys(&workspace)[0], first[0]);
    assert_eq!(seen(&workspace, &[]), "two");
    workspace.write("src/empty/file", "");
    assert_ne!(keys(&workspace)[1], first[1]);
}

#[test]
fn what_is_written_never_comes_back() {
    let Some(workspace) = with_shell(
        "
  - run: |
      cd /src && echo new > new && echo changed > file && rm gone && mkdir more
      cat new file > /seen
    mounts: [{bind: src, target: /src, writable: true}]
  - run: cat /src/file >> /seen; ls /src >> /seen
    mounts: [{bind: src, target: /src, writable: true}]
",
    ) else {
        return;
    };
    workspace.write("src/file", "as it was\n");
    workspace.write("src/gone", "");
    let before = snapshot(&workspace.context());
    assert_eq!(
        seen(&workspace, &[]),
        "new\nchanged\nas it was\nfile\ngone\n"
    );
    assert_eq!(listing(&unpacked(&workspace)), ["seen"]);
    assert_eq!(snapshot(&workspace.context()), before);
}

#[test]
fn mounts_may_be_in_mounts() {
    let Some(workspace) = with_shell(
        "
  - run: |
      echo x > /src/target/made; cat /src/inner/file > /seen; ls /src >> /seen; ls /src/target >> /seen
    mounts:
      - {cache: target, target: /src/target}
      - {bind: other, target: /src/inner}
      - {bind: src, target: /src}
  - run: ls /src/target >> /seen
    mounts: [{bind: src, target: /src}, {cache: target, target: /src/target}]
",
    ) else {
        return;
    };
    workspace.write("src/file", "");
    workspace.write("other/file", "other\n");
    let before = snapshot(&workspace.context());
    assert_eq!(
        seen(&workspace, &[]),
        "other\nfile\ninner\ntarget\nmade\nmade\n"
    );
    assert_eq!(listing(&unpacked(&workspace)), ["seen"]);
    assert_eq!(snapshot(&workspace.context()), before);
}

/// A stage with a tool, a link to it, a pipe and a link that leads out of it.
const STAGE: &str = "name: x
base: scratch
stages:
  tools:
    base: scratch
    steps:
      - copy: busybox
        to: /bin/sh
        mode: '0755'
      - run: |
          mkdir -p /opt/tool/bin && echo tool > /opt/tool/bin/run && chmod 750 /opt/tool/bin/run
          chown 5:6 /opt/tool/bin/run && ln -s tool /opt/current && ln -s ../../../../etc/shadow /opt/tool/out
          mkfifo /opt/tool/pipe
";

#[test]
fn a_stage_is_seen_as_it_is_and_stays_so() {
    let Some(workspace) = with_shell("") else {
        return;
    };
    let own = "steps:
  - copy: busybox
    to: /bin/sh
    mode: '0755'
  - run: |
      stat -c '%n %a %u:%g' /t/bin/run > /seen; cat /t/bin/run >> /seen; ls /t >> /seen
      if touch /t/new 2> /dev/null; then exit 1; fi
      echo x > /w/bin/new; rm /w/bin/run; ls /w/bin >> /seen; ls /r >> /seen; cat /f >> /seen
    mounts:
      - {bind: /opt/current, from: 'stage:tools', target: /t}
      - {bind: opt/tool, from: 'stage:tools', target: /w, writable: true}
      - {bind: /, from: 'stage:tools', target: /r}
      - {bind: /opt/tool/bin/run, from: 'stage:tools', target: /f}
  - copy: /opt/tool/bin
    from: stage:tools
    to: /copied
";
    workspace.write("recipe.yaml", &format!("{STAGE}{own}"));
    assert_eq!(
        seen(&workspace, &[]),
        "/t/bin/run 750 5:6\ntool\nbin\nout\npipe\nnew\nbin\nopt\ntool\n"
    );
    let listing = listing(&unpacked(&workspace));
    assert_eq!(listing, ["copied", "copied/run", "seen"]);

    let own = own.replace("/opt/current", "/opt/missing");
    workspace.write("recipe.yaml", &format!("{STAGE}{own}"));
    let failed = workspace.build(&["-o", "oci:out"]).expect(3);
    let told = "there is no `/opt/missing` in `stage:tools`";
    assert!(failed.stderr.contains(told), "{}", failed.stderr);
}

#[test]
fn an_image_is_seen_as_it_is() {
    let Some(workspace) = with_shell("  - write: /data/file\n    content: from the image\n") else {
        return;
    };
    workspace.build(&["-o", "oci:context/base:t"]).expect(0);
    rewrite(
        &workspace,
        "  - run: cat /d/file > /seen\n    mounts: [{bind: /data, from: 'oci:base:t', target: /d}]\n",
    );
    assert_eq!(seen(&workspace, &[]), "from the image");
    let first = keys(&workspace);
    // Another image, another key.
    rewrite(&workspace, "  - write: /data/file\n    content: another\n");
    workspace.build(&["-o", "oci:context/base:t"]).expect(0);
    rewrite(
        &workspace,
        "  - run: cat /d/file > /seen\n    mounts: [{bind: /data, from: 'oci:base:t', target: /d}]\n",
    );
    assert_ne!(keys(&workspace)[1], first[1]);
    assert_eq!(seen(&workspace, &[]), "another");
}

#[test]
fn what_cannot_be_bound_is_refused_before_all_work() {
    let workspace = Workspace::new();
    workspace.write("folder/file", "");
    workspace.write("two/a", "");
    workspace.write("two/b", "");
    let made = Command::new("mkfifo")
        .arg(workspace.context().join("folder/pipe"))
        .status();
    assert!(made.unwrap().success());
    symlink("/etc", workspace.context().join("etc")).unwrap();
    for (bind, told) in [
        ("folder", "`folder/pipe` is a pipe"),
        ("etc", "`etc` leads out of"),
        ("etc/passwd", "leads out of"),
        ("../x", "leads out of the context"),
        ("/etc", "is absolute"),
        ("missing", "matches `missing`"),
        ("two/*", "2 sources cannot all be at `/b`"),
    ] {
        let step = format!("  - run: [/x]\n    mounts: [{{bind: '{bind}', target: /b}}]\n");
        rewrite(&workspace, &step);
        fs::write(workspace.context().join("busybox"), "").unwrap();
        let refused = workspace.build(&["-o", "oci:out"]).expect(1);
        assert!(refused.stderr.contains(told), "{bind}: {}", refused.stderr);
        assert!(!workspace.path("out").exists());
    }
}

#[test]
fn a_file_that_changes_after_planning_is_told() {
    let Some(workspace) = with_shell(
        "
  - run: echo ready; until test -e /gate/open; do sleep 0.1; done
    mounts: [{cache: gate, target: /gate}]
  - run: cat /b/file > /seen
    mounts: [{bind: folder, target: /b}]
",
    ) else {
        return;
    };
    workspace.write("folder/file", "before");
    let mut command =
        workspace.command(&["build", "context", "--progress", "plain", "-o", "oci:out"]);
    command.stderr(std::process::Stdio::piped());
    let mut build = command.spawn().unwrap();
    let mut told = std::io::BufReader::new(build.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("] ready") {
        line.clear();
        assert_ne!(
            std::io::BufRead::read_line(&mut told, &mut line).unwrap(),
            0
        );
    }
    workspace.write("folder/file", "after");
    let caches = fs::read_dir(workspace.cache().join("caches")).unwrap();
    for cache in caches {
        fs::write(cache.unwrap().path().join("content/open"), "").unwrap();
    }
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut told, &mut rest).unwrap();
    assert_eq!(build.wait().unwrap().code(), Some(3), "{rest}");
    assert!(
        rest.contains("`folder/file` changed while the image was built"),
        "{rest}"
    );
}
