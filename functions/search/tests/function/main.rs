//! The function through its routes, over ports that do as they are told.

mod cache;
mod faults;
mod paging;
mod ports;
mod requests;
