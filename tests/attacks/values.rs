//! Values of a recipe that another program might take for something else.

use std::fs;

use super::Attack;

#[test]
fn variables_are_the_commands_alone() {
    let steps = "
  - run: [/bin/busybox, sh, -c, 'echo \"$LD_PRELOAD|$PATH|$TWO\" > /seen']
    env: {LD_PRELOAD: '@/file', PATH: '', TWO: \"a\\nLD_DEBUG=all\", GCONV_PATH: '@', HOME: '@'}
";
    if let Some(attack) = Attack::new(steps) {
        let seen = fs::read_to_string(attack.contained().join("seen")).unwrap();
        let canary = attack.canary.path().display();
        assert_eq!(seen, format!("{canary}/file||a\nLD_DEBUG=all\n"));
    }
}

#[test]
fn what_is_no_name_is_refused_before_all_work() {
    for steps in [
        "  - run: 'true'\n    env: {\"A\\nB\": x}\n",
        "  - run: 'true'\n    env: {\"A=B\": x}\n",
        "  - packages: {repositories: [{id: r, baseurl: 'http://localhost:1'}], install: ['--installroot=/']}\n",
        "  - packages: {repositories: [{id: r, baseurl: 'http://localhost:1'}], install: [-y]}\n",
        "  - packages: {repositories: [{id: \"r]\\n[x\", baseurl: 'http://localhost:1'}], install: [a]}\n",
        "  - packages: {repositories: [{id: '../r', baseurl: 'http://localhost:1'}], install: [a]}\n",
        "output: {tags: ['../x']}\n",
        "output: {tags: [\"a\\nb\"]}\n",
        "  - run: 'true'\n    hostname: x\n",
    ] {
        let Some(attack) = Attack::new(steps) else {
            return;
        };
        attack.refused(1, "context/recipe.yaml:");
    }
}

#[test]
fn an_argument_is_not_read_again_for_expressions() {
    let steps =
        "  - write: /seen\n    content: ${{ args.A }}\nargs: {A: '$${{ args.B }}', B: deep}\n";
    if let Some(attack) = Attack::new(steps) {
        let seen = fs::read_to_string(attack.contained().join("seen")).unwrap();
        assert!(!seen.contains("deep"), "{seen}");
    }
}
