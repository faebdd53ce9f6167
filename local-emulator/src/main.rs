//! The emulator's command line.

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
