//! Nothing outlives the service, however it ends.

use crate::stage::{eventually, example, runs};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

#[tokio::test]
async fn a_killed_service_takes_its_sandboxes_with_it() {
    let mut service = Command::new(example("orphans"))
        .arg(example("actor"))
        .stdout(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(service.stdout.take().unwrap()).lines();
    let process: u32 = lines.next_line().await.unwrap().expect("it names its sandbox").parse().unwrap();
    assert!(runs(process));
    service.kill().await.unwrap();
    eventually("the sandbox has ended", || !runs(process)).await;
}
