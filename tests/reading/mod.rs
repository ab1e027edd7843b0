//! Documents mean what other readers take them for, and where they do not, a table says why.

mod corpus;
mod generated;
mod known;
mod value;
mod written;
