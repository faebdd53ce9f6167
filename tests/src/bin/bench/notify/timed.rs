//! Calls, one after the other.

use crate::figures::Figures;
use std::time::Instant;

/// Of each operation.
pub(super) const CALLS: u64 = 2_000;
const WARM_UP: u64 = 200;

/// What [`CALLS`] calls took, after some that are not counted.
pub(super) async fn timed<Fut: Future<Output = anyhow::Result<()>>>(
    call: impl Fn(u64) -> Fut,
) -> anyhow::Result<Figures> {
    let mut figures = Figures::new();
    for number in 0..WARM_UP + CALLS {
        let began = Instant::now();
        call(number).await?;
        if number >= WARM_UP {
            figures.add(began.elapsed());
        }
    }
    Ok(figures)
}
