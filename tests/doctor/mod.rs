//! `doctor` tells the truth: what it says can be built can be, and what it says cannot is refused.

mod hostile;
mod interruptions;
mod json;
mod recipes;
mod settings;
mod situation;
mod situations;
