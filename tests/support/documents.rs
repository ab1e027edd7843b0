//! Documents that nobody would write: generated and mutated from a seed, for what must hold of all.

/// A source of choices; equal seeds give equal choices.
pub(crate) struct Choices(u64);

impl Choices {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed ^ 0x9e37_79b9_7f4a_7c15)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        // SplitMix64: short, and good enough to choose with.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % bound as u64).unwrap()
    }

    pub(crate) fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }

    pub(crate) fn of<'a>(&mut self, items: &[&'a str]) -> &'a str {
        items[self.below(items.len())]
    }
}

const WORDS: &[&str] = &[
    "a",
    "name",
    "run",
    "copy",
    "env",
    "labels",
    "x-note",
    "pip3 install flask",
    "/etc/motd",
    "no",
    "3.10",
    "0755",
    "8080",
    "true",
    "~",
    "null",
    "${{ args.NAME }}",
    "5000/tcp",
    "日本é",
    "a#b",
    "it's",
    "say \"hi\"",
    "a: b",
    "- a",
    "# no comment",
    "",
    " ",
    " both ",
    "tab\there",
    "$HOME",
    "*star",
    "&and",
    "!bang",
    "%percent",
    "@at",
    "`tick`",
    "{brace}",
    "[bracket]",
    "a,b",
    "?",
    ":",
    "key:",
    "\\n",
    "back\\slash",
    "https://mirror.example/8/$basearch/os/",
    "🦀",
    "...",
    "---",
    "<<",
    "=",
    "|",
    ">",
    "-",
    "1_000",
    "0x1F",
    "1e3",
    ".5",
    "2024-01-01",
    "12:30:45",
    "yes",
    "y",
];
const LINES: &[&str] = &[
    "apt-get update",
    "  indented",
    "",
    "# like a comment",
    "echo \"$x\" | sed 's/a/b/'",
    "key: value",
    "- item",
    "\ttab",
    "trailing  ",
    "é日本",
    "'''",
    "\"\"\"",
    "back\\slash",
    "${{ args.X }}",
];
const COMMENTS: &[&str] = &[
    "# why",
    "#tight",
    "#",
    "#日本",
    "#  two",
    "# a: b [c] \"d\"",
    "#: x",
];

/// Text that may hold anything.
pub(crate) fn text(choices: &mut Choices) -> String {
    if choices.one_in(6) {
        let count = 1 + choices.below(4);
        let lines: Vec<&str> = (0..count).map(|_| choices.of(LINES)).collect();
        let end = choices.of(&["", "\n", "\n\n", "\n \n"]);
        return format!("{}{end}", lines.join("\n"));
    }
    if choices.one_in(12) {
        let odd = [
            "\u{7f}",
            "\0",
            "\u{85}",
            "\u{2028}",
            "\u{feff}",
            "\r",
            "\r\n",
            "\u{1b}[0m",
            "\u{a0}",
        ];
        return format!(
            "{}{}{}",
            choices.of(&["", "a"]),
            choices.of(&odd),
            choices.of(&["", "b"])
        );
    }
    choices.of(WORDS).to_owned()
}

fn comment(choices: &mut Choices, out: &mut String, indent: usize) {
    if choices.one_in(6) {
        out.push_str(&"\n".repeat(choices.below(4)));
    }
    if choices.one_in(6) {
        out.push_str(&" ".repeat(indent));
        out.push_str(choices.of(COMMENTS));
        out.push('\n');
    }
}

fn end_of_line(choices: &mut Choices, out: &mut String) {
    if choices.one_in(7) {
        out.push_str(&" ".repeat(1 + choices.below(3)));
        out.push_str(choices.of(COMMENTS));
    } else if choices.one_in(12) {
        out.push_str("  ");
    }
    out.push('\n');
}

/// The text in double quotes of YAML, and of TOML if all of it is printable.
pub(crate) fn double_quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_ascii() && !c.is_control() || c.is_alphanumeric() => quoted.push(c),
            c => quoted.push_str(&format!("\\U{:08X}", u32::from(c))),
        }
    }
    quoted + "\""
}

/// YAML with every notation that the language has, most of it readable.
pub(crate) fn yaml(choices: &mut Choices) -> String {
    let mut out = String::new();
    if choices.one_in(4) {
        out.push_str("# yaml-language-server: $schema=../recipe.schema.json\n");
    }
    if choices.one_in(12) {
        out.push_str("---\n");
    }
    Yaml {
        choices,
        anchors: 0,
    }
    .mapping(&mut out, 0, 0);
    out
}

struct Yaml<'c> {
    choices: &'c mut Choices,
    anchors: usize,
}

impl Yaml<'_> {
    fn mapping(&mut self, out: &mut String, indent: usize, depth: usize) {
        for index in 0..1 + self.choices.below(4) {
            if index > 0 || depth == 0 {
                comment(self.choices, out, indent);
                out.push_str(&" ".repeat(indent));
            }
            out.push_str(&format!(
                "{}{index}",
                self.choices.of(&["a", "key", "'q q'", "\"d\"", "é"])
            ));
            out.push_str(self.choices.of(&[":", ":", ":", " :"]));
            self.value(out, indent, depth);
        }
    }

    fn list(&mut self, out: &mut String, indent: usize, depth: usize) {
        for _ in 0..1 + self.choices.below(3) {
            comment(self.choices, out, indent);
            out.push_str(&" ".repeat(indent));
            out.push('-');
            match self.choices.below(4) {
                0 if depth < 4 => {
                    let spaces = 1 + self.choices.below(3);
                    out.push_str(&" ".repeat(spaces));
                    self.mapping(out, indent + 1 + spaces, depth + 1);
                }
                _ => self.value(out, indent, depth),
            }
        }
    }

    fn value(&mut self, out: &mut String, indent: usize, depth: usize) {
        out.push(' ');
        if self.choices.one_in(14) && self.anchors > 0 {
            out.push_str(&format!("*a{}", 1 + self.choices.below(self.anchors)));
            return end_of_line(self.choices, out);
        }
        let anchor = self.choices.one_in(14);
        if anchor {
            out.push_str(&format!("&a{} ", self.anchors + 1));
        }
        let deeper = indent + 1 + self.choices.below(4);
        match self.choices.below(9) {
            0 if depth < 4 => {
                end_of_line(self.choices, out);
                out.push_str(&" ".repeat(deeper));
                self.mapping(out, deeper, depth + 1);
            }
            1 if depth < 4 => {
                end_of_line(self.choices, out);
                self.list(out, deeper, depth + 1);
            }
            2 | 3 => {
                self.flow(out, deeper, depth);
                end_of_line(self.choices, out);
            }
            4 => self.block_scalar(out, deeper),
            5 => {
                out.push_str(&double_quoted(&text(self.choices)));
                end_of_line(self.choices, out);
            }
            6 => {
                let text = self.choices.of(WORDS).replace('\'', "''");
                out.push_str(&format!("'{text}'"));
                end_of_line(self.choices, out);
            }
            7 => {
                out.push_str(self.choices.of(&[
                    "plain",
                    "two words",
                    "3.10",
                    "8080",
                    "true",
                    "~",
                    "",
                    "a-b",
                    "1.2.3",
                    "0755",
                ]));
                if self.choices.one_in(8) {
                    out.push_str(&format!("more\n{}and more", " ".repeat(deeper)));
                }
                end_of_line(self.choices, out);
            }
            _ => {
                out.push_str(self.choices.of(WORDS));
                end_of_line(self.choices, out);
            }
        }
        if anchor {
            self.anchors += 1;
        }
    }

    fn flow(&mut self, out: &mut String, indent: usize, depth: usize) {
        let mapping = self.choices.one_in(3);
        out.push(if mapping { '{' } else { '[' });
        let count = self.choices.below(5) + if self.choices.one_in(8) { 12 } else { 0 };
        for index in 0..count {
            match self.choices.below(12) {
                0 => out.push_str(&format!("\n{}", " ".repeat(indent))),
                1 => out.push_str(&format!(
                    "\n{}# in flow\n{}",
                    " ".repeat(indent),
                    " ".repeat(indent)
                )),
                2 => out.push_str("   "),
                _ => {}
            }
            if mapping {
                out.push_str(&format!("k{index}: "));
            }
            match self.choices.below(6) {
                0 if depth < 4 => self.flow(out, indent, depth + 1),
                1 | 2 => out.push_str(&double_quoted(&text(self.choices))),
                _ => out.push_str(self.choices.of(&[
                    "plain",
                    "two words",
                    "3.10",
                    "'no'",
                    "true",
                    "5000/tcp",
                    "--long-option",
                ])),
            }
            if index + 1 < count || self.choices.one_in(6) {
                out.push_str(self.choices.of(&[",", ", ", " , "]));
            }
        }
        out.push_str(if mapping { "}" } else { "]" });
    }

    fn block_scalar(&mut self, out: &mut String, indent: usize) {
        out.push_str(self.choices.of(&["|", "|", "|-", "|+", ">", ">-", ">+"]));
        end_of_line(self.choices, out);
        for index in 0..1 + self.choices.below(4) {
            let line = self.choices.of(LINES);
            // The first line sets the indentation.
            let line = if index == 0 { "first" } else { line };
            if !line.is_empty() {
                out.push_str(&" ".repeat(indent));
            }
            out.push_str(line);
            out.push('\n');
        }
        out.push_str(&"\n".repeat(self.choices.below(3)));
    }
}

/// TOML with every notation that the language has.
pub(crate) fn toml(choices: &mut Choices) -> String {
    let mut out = String::new();
    for section in 0..1 + choices.below(5) {
        if section > 0 {
            comment(choices, &mut out, 0);
            let header = choices.of(&[
                "[t{}]",
                "[ t{} . \"a b\" ]",
                "[[s]]",
                "  [t{}.u]",
                "[[t{}.list]]",
                "[['q']]",
            ]);
            out.push_str(&header.replace("{}", &section.to_string()));
            end_of_line(choices, &mut out);
        }
        for index in 0..choices.below(5) {
            comment(choices, &mut out, index % 3);
            let key = choices.of(&["a{}", "\"q q{}\"", "'l{}'", "d{}.e", "d{} . f . g", "  i{}"]);
            out.push_str(&key.replace("{}", &format!("{section}{index}")));
            out.push_str(choices.of(&[" = ", "=", "  =", "=   "]));
            toml_value(choices, &mut out, 0);
            end_of_line(choices, &mut out);
        }
    }
    out
}

fn toml_value(choices: &mut Choices, out: &mut String, depth: usize) {
    match choices.below(8) {
        0 if depth < 3 => {
            out.push('[');
            let count = choices.below(4) + if choices.one_in(6) { 14 } else { 0 };
            for index in 0..count {
                match choices.below(10) {
                    0 => out.push_str("\n\n\n  "),
                    1 => out.push_str(" # in array\n"),
                    _ => {}
                }
                toml_value(choices, out, depth + 1);
                if index + 1 < count || choices.one_in(4) {
                    out.push_str(choices.of(&[",", ", ", " ,", ", # after\n", "\n,"]));
                }
            }
            out.push(']');
        }
        1 if depth < 3 => {
            out.push('{');
            let count = choices.below(4);
            for index in 0..count {
                if choices.one_in(10) {
                    out.push_str("\n # in table\n");
                }
                out.push_str(&format!(" k{index} ="));
                toml_value(choices, out, depth + 1);
                if index + 1 < count {
                    out.push_str(choices.of(&[",", " , ", ",\n"]));
                }
            }
            out.push_str(choices.of(&["}", " }"]));
        }
        2 => out.push_str("'''\n  raw \\ 'text'\n\n  # no comment\n'''"),
        3 => out.push_str("\"\"\"a \\\n   folded \\u00e9\n\tline  \n\"\"\""),
        4 => out.push_str("'lit \" # eral'"),
        5 => out.push_str(&double_quoted(choices.of(WORDS))),
        _ => out.push_str(choices.of(&[
            "1", "3.10", "0o755", "1_000", "true", "-0.5e3", "inf", "\"x\"",
        ])),
    }
}

/// A text with some of its lines moved, doubled, lost, indented, broken or commented.
pub(crate) fn mutated(choices: &mut Choices, text: &str) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for _ in 0..1 + choices.below(5) {
        if lines.is_empty() {
            break;
        }
        let at = choices.below(lines.len());
        match choices.below(10) {
            0 => drop(lines.remove(at)),
            1 => lines.insert(at, lines[at].clone()),
            2 => lines.insert(at, String::new()),
            3 => lines.insert(
                at,
                format!("{}{}", " ".repeat(choices.below(5)), choices.of(COMMENTS)),
            ),
            4 => lines[at].push_str(&format!(" {}", choices.of(COMMENTS))),
            5 => lines[at].insert_str(0, choices.of(&[" ", "  ", "    "])),
            6 => {
                lines[at] = lines[at].replacen(
                    ": ",
                    choices.of(&[":   ", ":\n        ", ": &a1 ", ": |\n        "]),
                    1,
                )
            }
            7 => {
                lines[at] =
                    lines[at].replacen("- ", choices.of(&["-   ", "-\n        ", "- - "]), 1)
            }
            8 => {
                lines[at] = lines[at].replacen(
                    ['[', ','],
                    choices.of(&["[\n          ", ",\n          ", ", # c\n          "]),
                    1,
                )
            }
            _ => lines[at].push_str("   "),
        }
    }
    lines.join(choices.of(&["\n", "\n", "\n", "\r\n"])) + choices.of(&["\n", "", "\n\n\n"])
}
