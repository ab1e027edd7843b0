//! onelayer compiles a declarative recipe into a container image with exactly one layer.
//!
//! ```text
//! recipe.yaml ─► syntax ─► recipe ─► validate ─► plan ─► execute ─► tree ─► layer ─► image ─► transport
//!                (spans)   (types)   (meaning)   (keys)  (sandbox)  (list)  (tar)    (JSON)   (bytes out)
//! ```
//!
//! One folder is one stage of this pipeline. Imports go downward only, and only to the root of
//! another module; `tests/layering.rs` holds the table of allowed edges.
//!
//! | part | modules |
//! |---|---|
//! | vocabulary | [`source`], [`digest`], [`progress`], [`http`], [`tar`] |
//! | front half: recipe text to plan, without disk or clock | [`diagnostic`], [`syntax`], [`recipe`], [`schema`], [`validate`], [`plan`] |
//! | the machine: foreign code, confined | [`sandbox`], [`rootfs`], [`packages`], [`store`], [`execute`] |
//! | what this host can do | [`doctor`] |
//! | back half: a tree to an image, knows nothing of recipes | [`tree`], [`layer`], [`image`], [`transport`] |
//! | composition: one file per operation | [`ops`] |
//!
//! The library is silent: it never prints, never exits, and reads no environment variable. Two
//! families of failure are kept apart: `…Problem` says that the recipe is wrong (with a place in
//! the text, all of them collected), `…Error` that the world failed (typed, one, with its path).

pub mod diagnostic;
pub mod digest;
pub mod doctor;
pub mod execute;
pub mod http;
pub mod image;
pub mod layer;
pub mod ops;
pub mod packages;
pub mod plan;
pub mod progress;
pub mod recipe;
pub mod rootfs;
pub mod sandbox;
pub mod schema;
pub mod source;
pub mod store;
pub mod syntax;
pub mod tar;
pub mod transport;
pub mod tree;
pub mod validate;
