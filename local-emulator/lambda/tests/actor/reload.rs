//! A function that is rebuilt.

use crate::stage::{Stage, example};
use std::path::Path;

/// Puts a build of the actor at `path` as cargo does: a new file that takes the name of the old one. Bytes after the end
/// of a program do not change what it does, but make it another build.
fn build(path: &Path, trailing: usize) {
    let mut program = std::fs::read(example("actor")).unwrap();
    program.resize(program.len() + trailing, 0);
    let fresh = path.with_extension("new");
    std::fs::write(&fresh, program).unwrap();
    std::fs::set_permissions(&fresh, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    std::fs::rename(fresh, path).unwrap();
}

#[tokio::test]
async fn a_build_that_is_away_for_a_moment_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let binary = folder.path().join("actor");
    build(&binary, 0);
    let stage = Stage::set(|config| config.binary = binary.clone()).await;
    let before = stage.json(r#"{"do":"process"}"#).await;
    std::fs::remove_file(&binary).unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    let response = stage.invoke("{}").await;
    assert!(!response.cold);
    assert_eq!(stage.json(r#"{"do":"process"}"#).await["pid"], before["pid"]);
}
