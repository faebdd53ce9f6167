//! Starts the service with a function that hangs in an invocation, prints the process of its sandbox and waits to be
//! killed: for the test that nothing outlives the service.

use local_emulator_lambda::{FunctionConfig, InvokeRequest, Lambda, Options};
use std::time::Duration;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let binary = std::env::args().nth(1).ok_or("which binary?")?;
    let lambda = Lambda::start(Options::default()).await?;
    lambda.add_function(FunctionConfig::new("actor", binary));
    let request = |payload: &'static str| InvokeRequest {
        function: "actor".to_owned(),
        payload: payload.into(),
        ..InvokeRequest::default()
    };
    lambda.invoke(request("{}")).await?;
    let hanging = lambda.clone();
    tokio::spawn(async move { hanging.invoke(request(r#"{"do":"hang"}"#)).await.map(drop) });
    for process in lambda.sandboxes("actor") {
        println!("{process}");
    }
    tokio::time::sleep(Duration::from_secs(60)).await;
    Ok(())
}
