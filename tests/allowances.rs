//! `# onelayer: allow CODE`, and `--deny`.

use onelayer::diagnostic::Diagnostic;
use onelayer::source::SourceFile;
use onelayer::validate::check;

fn codes(name: &str, text: &str) -> Vec<(String, usize)> {
    let file = SourceFile::new(name, text);
    let place = |found: &Diagnostic| (found.code.to_string(), file.position(found.start()).line);
    check(&file).diagnostics.iter().map(place).collect()
}

#[track_caller]
fn assert_codes(name: &str, text: &str, expected: &[(&str, usize)]) {
    let expected: Vec<_> = (expected.iter())
        .map(|(code, line)| ((*code).to_owned(), *line))
        .collect();
    assert_eq!(codes(name, text), expected, "{text}");
}

const HEAD: &str = "name: x\nbase: scratch\nsteps:\n";

#[track_caller]
fn assert_steps(steps: &str, expected: &[(&str, usize)]) {
    assert_codes("r.yaml", &format!("{HEAD}{steps}"), expected);
    // Places are the same when a line ends as on Windows.
    let windows = format!("{HEAD}{steps}").replace('\n', "\r\n");
    assert_codes("r.yaml", &windows, expected);
}

#[test]
fn a_comment_allows_a_warning_on_its_line() {
    assert_steps("- run: a\n", &[("empty-root", 4)]);
    assert_steps("- run: a # onelayer: allow empty-root\n", &[]);
    assert_steps("- run: a   #onelayer:allow  empty-root  \n", &[]);
    assert_steps("- {run: a} # onelayer: allow empty-root", &[]);
}

#[test]
fn a_text_of_several_lines_counts_as_one() {
    let allow = "# onelayer: allow empty-root";
    for step in [
        format!("- run: | {allow}\n    a\n    b\n"),
        format!("- run: >2- {allow}\n\n\n    a\n"),
        format!("{allow}\n- run: |\n    a\n    b\n- directory: /a\n"),
        format!("- run: 'a\n    b' {allow}\n"),
        format!("{allow}\n- run: a\n    b\n"),
    ] {
        assert_steps(&step, &[]);
    }
    let next = format!("- run: |\n    a\n- directory: /a {allow}\n");
    assert_steps(&next, &[("empty-root", 5), ("unused-allow", 6)]);
}

#[test]
fn a_comment_of_its_own_allows_on_the_next_line() {
    assert_steps("# onelayer: allow empty-root\n- run: a\n", &[]);
    assert_steps(
        "# onelayer: allow empty-root\n  # for the example\n- run: a\n",
        &[],
    );
    assert_steps(
        "# onelayer: allow empty-root\n\n- run: a\n",
        &[("unused-allow", 4), ("empty-root", 6)],
    );
    assert_steps(
        "- run: a\n# onelayer: allow empty-root\n",
        &[("empty-root", 4), ("unused-allow", 5)],
    );
}

#[test]
fn a_mark_in_text_is_no_comment() {
    let allow = "# onelayer: allow empty-root";
    for (step, line) in [
        (format!("- run: 'a {allow}'\n"), 4),
        (format!("- run: \"a {allow}\"\n"), 4),
        ("- run: a#onelayer:allow\n".to_owned(), 4),
        (format!("- run: |\n    a {allow}\n"), 5),
        (format!("- run: >-\n    {allow}\n"), 5),
    ] {
        assert_steps(&step, &[("empty-root", line)]);
    }
}

#[test]
fn toml_has_the_same_comments() {
    let toml = |step: &str| format!("name = 'x'\nbase = 'scratch'\n[[steps]]\n{step}\n");
    let allow = "# onelayer: allow empty-root";
    for step in [
        format!("run = 'a' {allow}"),
        format!("'run' = \"\"\"a # \\\" b\"\"\" {allow}"),
        format!("{allow}\nrun = 'a'"),
        format!("run = '''\na\n''' {allow}"),
        format!("{allow}\nrun = '''\na\n'''"),
    ] {
        assert_codes("r.toml", &toml(&step), &[]);
        assert_codes("r.toml", &toml(&step).replace('\n', "\r\n"), &[]);
    }
    for step in [
        format!("run = 'a {allow}'"),
        format!("run = \"a {allow}\""),
        format!("run = \"\"\"\n{allow}\n\"\"\""),
        format!("run = '''a\n{allow}'''"),
        format!("run = \"\\\" {allow}\""),
    ] {
        assert_codes("r.toml", &toml(&step), &[("empty-root", 4)]);
    }
}

#[test]
fn several_codes_stand_in_one_comment() {
    assert_codes(
        "r.yaml",
        "name: x\nbase: scratch\noutput: {compression: none, level: 9} # onelayer: allow unused-value, empty-root\n",
        &[("unused-allow", 3)],
    );
    assert_steps("- run: a # onelayer: allow empty-root,empty-root\n", &[]);
}

#[test]
fn what_is_wrong_with_a_comment_is_said() {
    assert_steps(
        "- run: a # onelayer: allow emtpy-root, duplicate-key,\n",
        &[
            ("empty-root", 4),
            ("unknown-allow", 4),
            ("allowed-error", 4),
            ("unknown-allow", 4),
        ],
    );
    for comment in ["onelayer:", "onelayer: allow", "onelayer: deny empty-root"] {
        assert_steps(
            &format!("- directory: /a # {comment}\n"),
            &[("unknown-allow", 4)],
        );
    }
    for comment in ["onelayer allow x", "see onelayer: allow x", "Onelayer: x"] {
        assert_steps(&format!("- directory: /a # {comment}\n"), &[]);
    }
}

#[test]
fn errors_are_never_silenced() {
    assert_steps(
        "- {rnu: a} # onelayer: allow unknown-step\n",
        &[("unknown-step", 4), ("allowed-error", 4)],
    );
}

#[test]
fn in_a_rejected_recipe_no_allowance_is_called_unused() {
    // The rule does not look where the kind of a step is unknown.
    assert_steps(
        "- rnu: b\n- run: a # onelayer: allow empty-root\n",
        &[("unknown-step", 4)],
    );
}

#[test]
fn many_comments_are_read() {
    let lines = "# a comment\n".repeat(20_000);
    assert_steps(
        &format!("{lines}# onelayer: allow empty-root\n{lines}- run: a\n"),
        &[],
    );
}
