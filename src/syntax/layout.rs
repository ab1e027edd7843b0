//! What a text has besides its values.

use crate::source::Span;

/// Where comments are, and where a value goes over lines that can have none.
#[derive(Debug, Clone, Default)]
pub struct Layout {
    pub(super) comments: Vec<Span>,
    pub(super) long_scalars: Vec<Span>,
}

impl Layout {
    /// Where comments stand, each from its `#` to the end of its line, in order.
    pub fn comments(&self) -> &[Span] {
        &self.comments
    }

    /// The scalar around an offset, if it goes over several lines; of a block scalar with the line
    /// of its `|` or `>`.
    pub fn long_scalar(&self, offset: usize) -> Option<Span> {
        let after = self
            .long_scalars
            .partition_point(|span| span.start <= offset);
        let before = self.long_scalars.get(after.checked_sub(1)?)?;
        (offset < before.end).then_some(*before)
    }
}
