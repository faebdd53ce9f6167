//! The machine's clock and its randomness behind [`Clock`](octavo_domain_kernel::Clock) and
//! [`Ids`](octavo_domain_kernel::Ids): the one place where asking the machine is right.
//!
//! Deliberately knows nothing else: no settings, no network. To add one more thing that only the machine knows: one file,
//! one type, one port, and the ban in `clippy.toml` that sends everybody else here.
#![warn(missing_docs)]

mod clock;
mod ids;

pub use clock::SystemClock;
pub use ids::SystemIds;
