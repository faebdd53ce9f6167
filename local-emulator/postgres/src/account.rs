//! Who the server runs as: PostgreSQL refuses root.

use crate::Error;
use nix::unistd::{Gid, Uid, User, chown};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The accounts that root runs the server as, in order of preference.
const ACCOUNTS: [&str; 2] = ["postgres", "nobody"];

/// Another account than ours.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    name: String,
    uid: Uid,
    gid: Gid,
}

impl Account {
    /// The account to drop to: none if we are an ordinary user already.
    pub(crate) fn to_drop_to() -> Result<Option<Self>, Error> {
        if !Uid::effective().is_root() {
            return Ok(None);
        }
        for name in ACCOUNTS {
            let user = User::from_name(name)
                .map_err(|errno| Error::Io { what: format!("look up the account {name}"), source: errno.into() })?;
            if let Some(user) = user {
                return Ok(Some(Self { name: user.name, uid: user.uid, gid: user.gid }));
            }
        }
        Err(Error::NoAccount)
    }

    /// Gives `path` to the account.
    pub(crate) fn own(&self, path: &Path) -> Result<(), Error> {
        chown(path, Some(self.uid), Some(self.gid)).map_err(|errno| Error::Io {
            what: format!("give {} to {}", path.display(), self.name),
            source: errno.into(),
        })
    }

    /// Lets `command` run as the account, without any group of ours.
    pub(crate) fn apply(&self, command: &mut Command) {
        command.uid(self.uid.as_raw()).gid(self.gid.as_raw());
    }

    /// Whether the account may enter every folder above `path`, which exists. By the mode bits, so that the answer comes
    /// before `initdb` fails with less to say; access control lists are not looked at.
    pub(crate) fn can_reach(&self, path: &Path) -> Result<(), Error> {
        let path = path.canonicalize().map_err(Error::io("resolve", path))?;
        for folder in path.ancestors().skip(1) {
            let metadata = folder.metadata().map_err(Error::io("look at", folder))?;
            let execute = if metadata.uid() == self.uid.as_raw() {
                0o100
            } else if metadata.gid() == self.gid.as_raw() {
                0o010
            } else {
                0o001
            };
            if metadata.mode() & execute == 0 {
                return Err(Error::Unreachable {
                    account: self.name.clone(),
                    closed: PathBuf::from(folder),
                    path: path.clone(),
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_closed_folder_is_named() {
        let root = tempfile::tempdir().unwrap();
        let closed = root.path().join("closed");
        let inner = closed.join("inner");
        std::fs::create_dir_all(&inner).unwrap();
        for folder in [root.path(), &closed, &inner] {
            std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o711)).unwrap();
        }
        let stranger = Account { name: "stranger".to_owned(), uid: Uid::from_raw(54_321), gid: Gid::from_raw(54_321) };
        stranger.can_reach(&inner).expect("every folder above is open");

        std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o700)).unwrap();
        match stranger.can_reach(&inner).unwrap_err() {
            Error::Unreachable { closed: named, .. } => assert_eq!(named, closed.canonicalize().unwrap()),
            other => panic!("{other}"),
        }
    }
}
