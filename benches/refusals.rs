//! How long it takes to refuse the worst texts of a mebibyte.
//!
//!     cargo bench --bench refusals
//!
//! Prints the worst of several times of the processor for each, in milliseconds, and ends with 1 if
//! one is above the bound. Showing the diagnostics is measured too: a refusal that cannot be printed is none.

#![expect(clippy::print_stdout, reason = "a bench prints")]

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use onelayer::diagnostic::{TextStyle, to_json, to_sarif, to_text};
use onelayer::source::SourceFile;
use onelayer::validate::check;

const BOUND: Duration = Duration::from_millis(100);
const SIZE: usize = 1 << 20;
const ROUNDS: usize = 3;
const HEAD: &str = "name: x\nbase: scratch\n";
const TOML_HEAD: &str = "name = \"x\"\nbase = \"scratch\"\n";

/// A head, then as many lines as fit.
fn lines(head: &str, mut line: impl FnMut(&mut String, usize)) -> String {
    let mut text = head.to_owned();
    for number in 0.. {
        let length = text.len();
        line(&mut text, number);
        if text.len() > SIZE {
            text.truncate(length);
            break;
        }
    }
    text
}

fn numbered(head: &str, before: &str, after: &str) -> String {
    lines(head, |text, number| {
        // Writing to a string does not fail.
        let _ = write!(text, "{before}{number}{after}");
    })
}

fn filled(head: &str, with: &str, tail: &str) -> String {
    let count = (SIZE - head.len() - tail.len()) / with.len();
    format!("{head}{}{tail}", with.repeat(count))
}

/// Lists of ten of the one before: nine of them are a thousand million values.
fn bomb(levels: usize) -> String {
    let mut text = format!("{HEAD}x-0: &a0 [a, a, a, a, a, a, a, a, a, a]\n");
    for level in 1..levels {
        let alias = format!("*a{}, ", level - 1);
        let _ = writeln!(text, "x-{level}: &a{level} [{}]", alias.repeat(10));
    }
    text
}

fn yaml() -> Vec<(&'static str, String)> {
    vec![
        ("bomb of aliases", bomb(9)),
        ("bomb, then a mebibyte", filled(&bomb(9), "# more\n", "")),
        ("many aliases of a long list", {
            let list = filled("x-a: &a [", "a, ", "]\n");
            let half = format!("{}]\n", &list[..SIZE / 2]);
            filled(&half, "x-b: *a\n", "")
        }),
        ("depth of flow lists", "[".repeat(SIZE)),
        ("depth of flow mappings", filled("", "{a: ", "")),
        ("depth of block lists", filled("", "- ", "")),
        (
            "depth of block mappings",
            lines("", |text, number| {
                text.extend(std::iter::repeat_n(' ', number));
                text.push_str("a:\n");
            }),
        ),
        ("one plain scalar", filled("name: ", "a", "\n")),
        ("one quoted scalar", filled("name: \"", "\\x41", "\"\n")),
        (
            "one block scalar",
            filled(&format!("{HEAD}description: |\n"), "  a\n", ""),
        ),
        (
            "one folded scalar",
            filled(&format!("{HEAD}description: >\n"), "  a\n", ""),
        ),
        (
            "one plain scalar of many lines",
            filled(&format!("{HEAD}description: a\n"), "  a\n", ""),
        ),
        (
            "one wrong name of a mebibyte",
            filled("base: scratch\nname: \"", "é", "\"\n"),
        ),
        (
            "one unknown key of a mebibyte",
            filled(&format!("{HEAD}? "), "a", "\n: b\n"),
        ),
        ("a quote without an end", filled("name: \"", "a ", "")),
        ("a bracket without an end", filled("name: [", "a, ", "")),
        ("unknown keys", numbered(HEAD, "k", ": 1\n")),
        (
            "unknown keys, fewer and longer",
            numbered(HEAD, "key-of-nobody-", ": 1\n"),
        ),
        (
            "unknown keys like known ones",
            numbered(HEAD, "config", ": 1\n"),
        ),
        (
            "keys of labels",
            numbered(&format!("{HEAD}config:\n  labels:\n"), "    k", ": 1\n"),
        ),
        ("keys of labels, fewer and longer", {
            numbered(
                &format!("{HEAD}config:\n  labels:\n"),
                "    label-of-some",
                ": 1\n",
            )
        }),
        ("wrong values of labels, last", {
            let good = numbered(
                &format!("{HEAD}config:\n  labels:\n"),
                "    label-of-some",
                ": 1\n",
            );
            let wrong = numbered("", "    zz", ": []\n");
            format!(
                "{}\n{}",
                &good[..good[..SIZE - 2048].rfind('\n').unwrap_or(0)],
                &wrong[..2000]
            )
        }),
        (
            "keys of labels, shortest",
            numbered(&format!("{HEAD}config: {{labels: {{"), "", ":,"),
        ),
        (
            "wrong names of variables",
            numbered(&format!("{HEAD}config:\n  env:\n"), "    =", ": 1\n"),
        ),
        ("own keys", numbered(HEAD, "x-", ": 1\n")),
        (
            "one key again and again",
            filled(HEAD, "base: scratch\n", ""),
        ),
        ("one key again and again, in a step", {
            filled(&format!("{HEAD}steps:\n  - run: x\n"), "    run: x\n", "")
        }),
        (
            "steps of no kind",
            filled(&format!("{HEAD}steps:\n"), "- a: 1\n", ""),
        ),
        (
            "steps of misspelt kinds",
            filled(&format!("{HEAD}steps:\n"), "- cpoy: a\n", ""),
        ),
        (
            "steps of two kinds",
            filled(&format!("{HEAD}steps:\n"), "- {run: a, copy: b}\n", ""),
        ),
        (
            "steps without a key",
            filled(&format!("{HEAD}steps:\n"), "- copy: a\n", ""),
        ),
        (
            "steps with unknown keys",
            filled(&format!("{HEAD}steps:\n"), "- {run: a, b: c}\n", ""),
        ),
        (
            "steps with a wrong value",
            filled(&format!("{HEAD}steps:\n"), "- {run: a, user: []}\n", ""),
        ),
        (
            "steps that are text",
            filled(&format!("{HEAD}steps:\n"), "- a\n", ""),
        ),
        ("good steps, then wrong ones", {
            let good = format!(
                "{HEAD}steps:\n{}",
                "- directory: /a/good/step\n".repeat(32_000)
            );
            format!("{good}{}", "- directory: 1\n".repeat(200))
        }),
        (
            "good steps",
            numbered(&format!("{HEAD}steps:\n"), "- {write: /", ", content: a}\n"),
        ),
        ("good steps, then a wrong one", {
            filled(
                &format!("{HEAD}steps:\n"),
                "- directory: /a\n",
                "- cpoy: a\n",
            )
        }),
        ("steps that write one file", {
            filled(
                &format!("{HEAD}steps:\n"),
                "- {write: /a, content: b}\n",
                "",
            )
        }),
        (
            "steps that copy from above",
            filled(&format!("{HEAD}steps:\n"), "- {copy: ../a, to: /}\n", ""),
        ),
        (
            "sources from above",
            filled(
                &format!("{HEAD}steps:\n- to: /\n  copy: ["),
                "../a, ",
                "]\n",
            ),
        ),
        (
            "packages",
            numbered(&format!("{HEAD}packages: {{install: ["), "p", ", "),
        ),
        (
            "one package again and again",
            filled(&format!("{HEAD}packages: {{install: ["), "p, ", "]}\n"),
        ),
        (
            "transactions",
            filled(&format!("{HEAD}packages: {{install: ["), "[p], ", "]}\n"),
        ),
        (
            "transactions in a mixture",
            filled(&format!("{HEAD}packages: {{install: [a, "), "[p], ", "]}\n"),
        ),
        ("repositories of one id", {
            filled(
                &format!("{HEAD}packages:\n  repositories:\n"),
                "    - {id: a, baseurl: b}\n",
                "",
            )
        }),
        (
            "unknown setopts",
            numbered(&format!("{HEAD}packages:\n  setopts:\n"), "    o", ": 1\n"),
        ),
        (
            "ports",
            filled(&format!("{HEAD}config: {{exposed_ports: ["), "x, ", "]}\n"),
        ),
        ("anchors", numbered(HEAD, "x-", ": &a 1\n")),
        (
            "anchors of different names",
            lines(HEAD, |text, number| {
                let _ = writeln!(text, "x-{number}: &a{number} 1");
            }),
        ),
        ("aliases", filled("x-a: &a b\nx-b: [", "*a, ", "]\n")),
        ("aliases of nothing", filled("x-b: [", "*a, ", "]\n")),
        ("a merge of many", {
            filled("x-a: &a {a: 1}\nname: {<<: [", "*a, ", "]}\n")
        }),
        ("merges of one large mapping", {
            let keys = lines("", |text, number| {
                let _ = write!(text, "{number}: 1, ");
            });
            filled(
                &format!("x-a: &a {{{}}}\nx-b:\n", &keys[..SIZE / 2]),
                "- {<<: *a}\n",
                "",
            )
        }),
        (
            "merges of merges",
            lines("x-0: &a0 {a: 1}\n", |text, number| {
                let _ = writeln!(
                    text,
                    "x-{}: &a{} {{<<: *a{number}, k{number}: 1}}",
                    number + 1,
                    number + 1
                );
            }),
        ),
        (
            "many merge keys",
            filled("x-a: &a {a: 1}\n", "<<: *a\n", ""),
        ),
        ("comments", filled(HEAD, "# c\n", "")),
        (
            "comments at the ends of lines",
            filled(&format!("{HEAD}config:\n  cmd:\n"), "    - a # c\n", ""),
        ),
        (
            "comments that allow what nobody knows",
            filled(HEAD, "# onelayer: allow x\n", ""),
        ),
        ("blank lines", filled(HEAD, "\n", "nmae: x\n")),
        ("lines of Windows", filled(HEAD, "\r\n", "nmae: x\n")),
        ("tabs", filled(HEAD, "\t", "x: y\n")),
        ("documents", filled("name: x\n", "---\n", "")),
        ("directives", filled("", "%YAML 1.2\n", "---\n")),
        ("tags", filled(HEAD, "x-a: !!str b\n", "")),
        ("unknown tags", filled(HEAD, "x-a: !b c\n", "")),
        ("question marks", filled("", "? ", "")),
        ("colons", filled("", ": ", "")),
        (
            "dollars",
            filled(&format!("{HEAD}description: \""), "${{", "\"\n"),
        ),
        (
            "expressions",
            filled(&format!("{HEAD}description: \""), "${{ args.A }}", "\"\n"),
        ),
        ("expressions in many steps", {
            filled(&format!("{HEAD}steps:\n"), "- run: ${{ args.A }}\n", "")
        }),
        (
            "stages",
            numbered(&format!("{HEAD}stages:\n"), "  s", ": {base: scratch}\n"),
        ),
        (
            "a chain of stages",
            lines(
                &format!("{HEAD}stages:\n  s0: {{base: scratch}}\n"),
                |text, number| {
                    let _ = writeln!(text, "  s{}: {{base: \"stage:s{number}\"}}", number + 1);
                },
            ),
        ),
        (
            "conditions",
            filled(
                &format!("{HEAD}steps:\n- run: a\n  when: \""),
                "not ",
                "\"\n",
            ),
        ),
        (
            "brackets of a condition",
            filled(&format!("{HEAD}steps:\n- run: a\n  when: \""), "(", "\"\n"),
        ),
        ("a condition of many parts", {
            let part = "platform.arch == 'a' and ";
            filled(
                &format!("{HEAD}steps:\n- run: a\n  when: \""),
                part,
                "platform.arch == 'a'\"\n",
            )
        }),
        ("patterns of words", {
            filled(&format!("{HEAD}steps:\n- copy: \""), "{a,", "\"\n  to: /\n")
        }),
    ]
}

fn toml() -> Vec<(&'static str, String)> {
    vec![
        ("dotted keys", filled(TOML_HEAD, "a.", "a = 1\n")),
        (
            "dotted keys, many",
            numbered(TOML_HEAD, "config.labels.k", " = 1\n"),
        ),
        ("arrays of tables", filled(TOML_HEAD, "[[steps]]\n", "")),
        (
            "arrays of tables, below",
            filled(TOML_HEAD, "[[a]]\n[[a.b]]\n", ""),
        ),
        ("tables", numbered(TOML_HEAD, "[t", "]\n")),
        (
            "one table again and again",
            filled(TOML_HEAD, "[config]\n", ""),
        ),
        (
            "headers of depth",
            filled(TOML_HEAD, "[a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a]\n", ""),
        ),
        ("one key again and again", filled(TOML_HEAD, "a = 1\n", "")),
        (
            "one key again and again, below",
            filled(TOML_HEAD, "[[steps]]\nrun = \"a\"\nrun = \"b\"\n", ""),
        ),
        ("keys", numbered(TOML_HEAD, "k", " = 1\n")),
        (
            "keys of one table",
            numbered(&format!("{TOML_HEAD}[config.labels]\n"), "k", " = 1\n"),
        ),
        ("arrays of depth", filled("a = ", "[", "")),
        ("inline tables of depth", filled("a = ", "{a=", "")),
        ("one array", filled("a = [", "1,", "]\n")),
        ("one text", filled("name = \"", "a", "\"\n")),
        (
            "one text of many lines",
            filled("name = \"\"\"", "a\n", "\"\"\"\n"),
        ),
        ("a text without an end", filled("name = \"", "a", "")),
        ("dates", filled("a = [", "1979-05-27,", "]\n")),
        (
            "dates of many keys",
            numbered(TOML_HEAD, "k", " = 1979-05-27\n"),
        ),
        ("errors", filled(TOML_HEAD, "= 1\n", "")),
        ("errors of one line", filled(TOML_HEAD, "a b c ", "\n")),
        ("comments", filled(TOML_HEAD, "# c\n", "")),
        ("blank lines", filled(TOML_HEAD, "\n", "nmae = 1\n")),
        (
            "misspelt steps",
            filled(TOML_HEAD, "[[steps]]\ncpoy = \"a\"\n", ""),
        ),
        ("escapes", filled("name = \"", "\\u0041", "\"\n")),
        ("wrong escapes", filled("name = \"", "\\q", "\"\n")),
        ("numbers", filled("a = [", "99999999999999999999,", "]\n")),
    ]
}

/// What this thread took of the processor, so that a busy machine does not count; the clock where
/// the kernel does not tell.
fn now(start: Instant) -> Duration {
    std::fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|text| text.split(' ').next()?.parse().ok())
        .map_or_else(|| start.elapsed(), Duration::from_nanos)
}

fn shown(file: &SourceFile) -> (usize, Duration, Duration) {
    let style = TextStyle {
        colour: true,
        graphics: true,
    };
    let clock = Instant::now();
    let start = now(clock);
    let checked = check(file);
    let between = now(clock);
    to_text(file, &checked.diagnostics, style);
    to_json([(file, checked.diagnostics.as_slice())]);
    to_sarif(
        [(file, checked.diagnostics.as_slice())],
        Path::new("/"),
        &[],
    );
    (
        checked.diagnostics.len(),
        between - start,
        now(clock) - between,
    )
}

fn main() -> ExitCode {
    let mut is_within = true;
    println!(
        "{:5} {:40} {:>12} {:>12} {:>12}",
        "", "", "diagnostics", "checking/ms", "showing/ms"
    );
    for (kind, texts) in [("yaml", yaml()), ("toml", toml())] {
        for (what, text) in texts {
            assert!(text.len() <= SIZE, "{what}: {}", text.len());
            let file = SourceFile::new(format!("recipe.{kind}"), text);
            let (mut count, mut checking, mut showing) = (0, Duration::ZERO, Duration::ZERO);
            for _ in 0..ROUNDS {
                let (found, check, show) = shown(&file);
                (count, checking, showing) = (found, checking.max(check), showing.max(show));
            }
            let is_slow = checking > BOUND || showing > BOUND;
            is_within &= !is_slow;
            println!(
                "{kind:5} {what:40} {count:12} {:12.1} {:12.1}{}",
                checking.as_secs_f64() * 1e3,
                showing.as_secs_f64() * 1e3,
                if is_slow { "  slow" } else { "" }
            );
        }
    }
    if is_within {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
