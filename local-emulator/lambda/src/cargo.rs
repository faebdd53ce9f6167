//! Cargo, asked by programs that cargo itself may run (`cargo octavo up`, tests).

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// What cargo tells a program that it runs, and build scripts ask for (`ring`'s does): where it was left standing, they and all
/// that is made of them would be built anew, and once more when cargo is asked from a shell again.
const TOLD: [&str; 8] = [
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_LINKS",
    "CARGO_MANIFEST_PATH",
    "CARGO_PKG_NAME",
    "CARGO_PKG_VERSION_MAJOR",
    "CARGO_PKG_VERSION_MINOR",
    "CARGO_PKG_VERSION_PATCH",
    "CARGO_PKG_VERSION_PRE",
];

/// `cargo`, as from a shell.
pub fn cargo() -> Command {
    let mut command = Command::new("cargo");
    for name in TOLD {
        command.env_remove(name);
    }
    command
}

/// Whether each program is newer than all that it was made of, by what the compiler wrote down of it (`PROGRAM.d`), and than
/// all of `also`. What cannot be known is not fresh. `cargo test` builds programs with other features of shared dependencies
/// than a `cargo build` of them alone, which would build all of these a second time: whoever needs a program looks first.
pub fn are_fresh<'a>(programs: impl IntoIterator<Item = &'a Path>, also: &[PathBuf]) -> bool {
    let also = also.iter().map(|path| modified(path)).collect::<Option<Vec<_>>>();
    let Some(also) = also.map(|times| times.into_iter().max()) else { return false };
    programs.into_iter().all(|program| is_fresh(program).is_some_and(|built| also.is_none_or(|time| time <= built)))
}

/// When the program was built, if that was after the last change of what it was made of.
fn is_fresh(program: &Path) -> Option<SystemTime> {
    let built = modified(program)?;
    let written = std::fs::read_to_string(program.with_extension("d")).ok()?;
    let sources = sources(&written)?;
    // One that is gone was a source, too.
    let fresh = sources.iter().all(|source| modified(source).is_some_and(|changed| changed <= built));
    fresh.then_some(built)
}

/// What is after the colon of the first line: paths, with a backslash before each space in one.
fn sources(written: &str) -> Option<Vec<PathBuf>> {
    let (_, all) = written.lines().next()?.split_once(": ")?;
    let mut sources: Vec<String> = vec![String::new()];
    let mut characters = all.chars();
    while let Some(character) = characters.next() {
        match (character, sources.last_mut()?) {
            (' ', _) => sources.push(String::new()),
            ('\\', source) => source.extend(characters.next()),
            (other, source) => source.push(other),
        }
    }
    sources.retain(|source| !source.is_empty());
    Some(sources.into_iter().map(PathBuf::from).collect())
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|status| status.modified()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::time::Duration;

    #[test]
    fn cargo_is_not_told_of_the_program_that_asks_it() {
        let command = cargo();
        let removed: Vec<_> = command.get_envs().filter(|(_, value)| value.is_none()).map(|(name, _)| name).collect();
        assert!(removed.contains(&"CARGO_MANIFEST_DIR".as_ref()) && removed.len() == TOLD.len());
    }

    #[test]
    fn paths_are_read_with_their_spaces() {
        let read =
            |written: &str| sources(written).map(|all| all.iter().map(|one| one.display().to_string()).collect());
        assert_eq!(
            read("/t/a: /s/b.rs /my\\ code/c.rs\n"),
            Some(vec!["/s/b.rs".to_owned(), "/my code/c.rs".to_owned()])
        );
        assert_eq!(read("/t/a: \n"), Some(Vec::new()));
        assert_eq!(read(""), None);
    }

    #[test]
    fn a_program_is_as_fresh_as_what_it_was_made_of() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let touched = |name: &str, seconds: u64| {
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            File::options().create(true).append(true).open(at(name)).unwrap().set_modified(time).unwrap();
        };
        let fresh = || are_fresh([at("program").as_path(), at("other").as_path()], &[at("lock")]);
        std::fs::write(at("program.d"), format!("{}: {}\n", at("program").display(), at("source").display())).unwrap();
        std::fs::write(at("other.d"), format!("{}: \n", at("other").display())).unwrap();
        for (name, seconds) in [("source", 10), ("lock", 10), ("program", 20), ("other", 15)] {
            touched(name, seconds);
        }
        assert!(fresh());
        // A source of one program need not be older than another one that is not made of it.
        touched("source", 18);
        assert!(fresh());
        touched("source", 21);
        assert!(!fresh());
        touched("source", 18);
        touched("lock", 16);
        assert!(!fresh(), "of the other one");
        touched("lock", 10);
        std::fs::remove_file(at("source")).unwrap();
        assert!(!fresh());
    }
}
