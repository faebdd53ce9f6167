//! `http:invoke`: HTTP endpoints.

mod form;
mod hosts;
mod request;
mod respond;

pub use hosts::AllowedHosts;
pub(super) use respond::invoke;
