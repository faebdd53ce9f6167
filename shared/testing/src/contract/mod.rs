//! What every implementation of a port must do. One suite a port; a fault that is found on one engine becomes a case here
//! and so is tried on all of them.

mod answers;
mod backplane;
mod blobs;
mod breakers;
mod cache;
mod directory;
mod eventually;
mod meter;
mod queue;
mod schedule;

pub use answers::answers;
pub use backplane::backplane;
pub use blobs::blobs;
pub use breakers::breakers;
pub use cache::cache;
pub use directory::directory;
pub use meter::{meter, meter_race_for_a_budget, meter_race_for_a_rate, meter_race_for_the_last_token};
pub use queue::{dead_letters, queue};
pub use schedule::{fire_log, lease};
