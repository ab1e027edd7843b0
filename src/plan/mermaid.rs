//! The plan as a flow chart that code forges draw (Mermaid, `flowchart`).

use std::fmt::Write as _;

use crate::diagnostic::printable;

use super::{Plan, PlannedStep};

impl Plan {
    /// A flow chart: each root file system is a chain of its steps, and arrows lead from the stages
    /// that it is made from.
    pub fn to_mermaid(&self) -> String {
        let mut chart = Chart {
            text: "flowchart TD\n".to_owned(),
            number: 0,
        };
        for (index, stage) in self.stages.iter().enumerate() {
            let title = format!("stage {}", stage.name);
            chart.root(&format!("s{index}"), &title, &stage.base, &stage.steps);
        }
        chart.root("image", &self.name, &self.base, &self.steps);
        let id = |name: &str| {
            let index = self.stages.iter().position(|stage| stage.name == name);
            index.map(|index| format!("s{index}"))
        };
        for (index, stage) in self.stages.iter().enumerate() {
            chart.arrows(
                stage.uses.iter().filter_map(|name| id(name)),
                &format!("s{index}"),
            );
        }
        chart.arrows(self.uses.iter().filter_map(|name| id(name)), "image");
        chart.text
    }
}

struct Chart {
    text: String,
    /// Of the last step.
    number: usize,
}

impl Chart {
    fn root(&mut self, id: &str, title: &str, base: &str, steps: &[PlannedStep]) {
        let title = escaped(&format!("{title} from {base}"));
        self.line(&format!("  subgraph {id} [\"{title}\"]"));
        if steps.is_empty() {
            self.line(&format!("    {id}_empty[\"no steps\"]"));
        }
        for (index, step) in steps.iter().enumerate() {
            self.number += 1;
            let number = self.number;
            let title = escaped(&step.title);
            self.line(&format!("    step{number}[\"{number}. {title}\"]"));
            if index > 0 {
                self.line(&format!("    step{} --> step{number}", number - 1));
            }
        }
        self.line("  end");
    }

    fn arrows(&mut self, from: impl Iterator<Item = String>, to: &str) {
        for from in from {
            self.line(&format!("  {from} --> {to}"));
        }
    }

    fn line(&mut self, line: &str) {
        // Writing to a string does not fail.
        writeln!(self.text, "{line}").unwrap_or_default();
    }
}

/// Text as Mermaid takes it in quotes: what has a meaning there by number, what is not seen as
/// [`printable`] writes it.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in printable(text).chars() {
        match c {
            '"' | '#' | '<' | '>' | '&' | '`' | '\\' => {
                write!(escaped, "#{};", c as u32).unwrap_or_default();
            }
            _ => escaped.push(c),
        }
    }
    escaped
}
