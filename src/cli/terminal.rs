//! What the terminal can show.

use std::io::IsTerminal;

use onelayer::diagnostic::TextStyle;

/// Colour and drawing on standard error, decided once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terminal {
    /// Standard error is a terminal and no CI reads along.
    pub(crate) interactive: bool,
    /// Colour is wanted (<https://no-color.org>).
    pub(crate) colour: bool,
    /// Boxes and arrows are wanted.
    pub(crate) graphics: bool,
}

impl Terminal {
    pub(crate) fn detect() -> Self {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let terminal = std::io::stderr().is_terminal();
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self {
            interactive: terminal && !set("CI") && !is_dumb,
            colour: terminal && !set("NO_COLOR") && !is_dumb,
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
