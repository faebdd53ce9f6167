//! The emulator's command line.

/// Importing a folder takes and gives back hundreds of megabytes on many threads, most of which glibc's allocator would keep; this
/// one gives back what is idle, by a thread of its own, 10 s later.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[tokio::main]
async fn main() -> std::process::ExitCode {
    match local_emulator::cli::run().await {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("octavo: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}
