//! What the terminal can show.

use std::io::IsTerminal;

use onelayer::diagnostic::TextStyle;

/// Colour and drawing, decided once; on standard error where nothing else is said.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terminal {
    /// Standard error is a terminal and no CI reads along.
    pub(crate) interactive: bool,
    /// Colour is wanted (<https://no-color.org>).
    pub(crate) colour: bool,
    /// Colour is wanted on standard output.
    pub(crate) colour_of_data: bool,
    /// Boxes and arrows are wanted.
    pub(crate) graphics: bool,
}

impl Terminal {
    pub(crate) fn detect() -> Self {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let terminal = std::io::stderr().is_terminal();
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let may_colour = !set("NO_COLOR") && !is_dumb;
        Self {
            interactive: terminal && !set("CI") && !is_dumb,
            colour: terminal && may_colour,
            colour_of_data: std::io::stdout().is_terminal() && may_colour,
            graphics: !set("NO_GRAPHICS"),
        }
    }

    pub(crate) fn style(self) -> TextStyle {
        TextStyle {
            colour: self.colour,
            graphics: self.graphics,
        }
    }
}
