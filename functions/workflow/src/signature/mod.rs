//! Who signed a request: AWS Signature Version 4 with an access key of the platform, or a bearer token of it.
//!
//! `authorization` reads the header, `canonical` writes what was signed, `verify` judges it: pure, with the moment as an
//! argument. `authenticate` looks the key up, and `memory` keeps it for some seconds. Any region is taken; the service must be
//! `states`. The signed host is the one that the client used: a proxy in front must pass `Host` on as it came.

mod authenticate;
mod authorization;
mod canonical;
mod memory;
mod verify;

pub(crate) use authenticate::{SECRET_PURPOSE, authenticate};
pub(crate) use memory::KeyMemory;
