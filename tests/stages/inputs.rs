//! Inputs of a build: what of a checkout counts, and what does not.

use crate::support::workspace::{Workspace, run};

#[test]
fn line_ends_of_a_checkout_do_not_matter() {
    let toml = "name = \"x\"\nbase = \"scratch\"\n\n[[steps]]\nwrite = \"/a\"\ncontent = '''\nfirst\nsecond\n'''\n\n\
                [[steps]]\nwrite = \"/b\"\ncontent = \"\"\"\nfirst\\r\nsecond\\u0000\\r\\n\"\"\"\n";
    let yaml = "name: x\nbase: scratch\nsteps:\n  - write: /a\n    content: |\n      first\n      second\n  \
                - write: /b\n    content: \"first\\r\\nsecond\\0\\r\\n\"\n";
    let workspace = Workspace::new();
    let digest = |name: &str, text: &str| {
        workspace.write(name, text);
        let recipe = format!("context/{name}");
        run(&mut workspace.command(&["build", recipe.as_str(), "-o", "oci:out"])).digest()
    };
    let expected = digest("recipe.yaml", yaml);
    assert_eq!(
        digest("windows.yaml", &yaml.replace('\n', "\r\n")),
        expected
    );
    assert_eq!(digest("recipe.toml", toml), expected);
    assert_eq!(
        digest("windows.toml", &toml.replace('\n', "\r\n")),
        expected
    );
}

#[test]
fn what_init_writes_for_editors_is_no_input() {
    let workspace = Workspace::with("name: x\nbase: scratch\nsteps:\n  - copy: .\n    to: /\n");
    let without = workspace.build(&["-o", "oci:out"]).digest();
    workspace.write(".onelayer/recipe.schema.json", "{}");
    assert_eq!(workspace.build(&["-o", "oci:out"]).digest(), without);
    workspace.write(".onelayerignore", "!/.onelayer/\n/.onelayerignore\n");
    assert_ne!(workspace.build(&["-o", "oci:out"]).digest(), without);
}
