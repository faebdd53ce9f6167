//! Process start to first `/next`.

use crate::figures::Figures;
use anyhow::Context;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

const RUNS: usize = 50;
const FUNCTIONS: [&str; 3] = ["documents", "search", "index"];

pub(crate) fn measure(binaries: &Path) -> anyhow::Result<()> {
    for function in FUNCTIONS {
        let binary = binaries.join(function);
        let size = std::fs::metadata(&binary).with_context(|| binary.display().to_string())?.len();
        let mut figures = Figures::new();
        for _ in 0..RUNS {
            let listener = TcpListener::bind("127.0.0.1:0")?;
            let started = Instant::now();
            // Nothing listens at the engines' addresses: a function must come up without them.
            let mut child = Command::new(&binary)
                .env_clear()
                .env("AWS_LAMBDA_RUNTIME_API", listener.local_addr()?.to_string())
                .env("AWS_LAMBDA_FUNCTION_NAME", function)
                .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
                .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
                .env("OCTAVO_DATABASE_URL", "postgres://a:b@127.0.0.1:9/octavo")
                .env("OCTAVO_REDIS_URL", "redis://127.0.0.1:9")
                .env("OCTAVO_ELASTICSEARCH_URL", "http://127.0.0.1:9")
                .env("OCTAVO_BLOBS_ENDPOINT", "http://127.0.0.1:9")
                .env("OCTAVO_BLOBS_BUCKET", "octavo")
                .env("OCTAVO_BLOBS_ACCESS_KEY", "a")
                .env("OCTAVO_BLOBS_SECRET_KEY", "b")
                .env("OCTAVO_TOKENS_ISSUER", "urn:octavo:bench")
                .env("OCTAVO_TOKENS_JWKS_URL", "http://127.0.0.1:9/jwks")
                .env("OCTAVO_CURSOR_KEY", "0123456789abcdef0123456789abcdef")
                .stderr(Stdio::inherit())
                .spawn()?;
            let (stream, _) = listener.accept()?;
            let mut line = String::new();
            BufReader::new(stream).read_line(&mut line)?;
            figures.add(started.elapsed());
            child.kill()?;
            child.wait()?;
            anyhow::ensure!(line.contains("/runtime/invocation/next"), "{function} asked for {line}");
        }
        figures.line(&format!("{function} ({:.1} MB) to first /next", size as f64 / 1e6));
    }
    Ok(())
}
