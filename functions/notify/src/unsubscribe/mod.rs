//! Unsubscribing by a link of a mail: a page that asks, and the one click of mail programs (RFC 8058).

mod html;
mod post;
mod show;
mod token;

pub(crate) use post::{__path_handle as __path_post, handle as post};
pub(crate) use show::{__path_handle as __path_show, handle as show};
pub(crate) use token::Unsubscribe;
pub use token::Unsubscribes;
