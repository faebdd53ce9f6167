//! Links in mails: signed, of one use, for a while; and pages that decide only when somebody confirms.

mod form;
mod page;
pub(crate) mod post;
pub(crate) mod show;
mod token;

pub use token::Links;
