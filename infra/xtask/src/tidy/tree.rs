//! The files of the repository, in memory.

use std::path::Path;

use anyhow::Context;
use ignore::WalkBuilder;

/// A text file. What is no UTF-8 (an image, a test's PDF) has no text to check and is not here.
#[derive(Debug, Clone)]
pub(super) struct File {
    /// Relative to the workspace, with `/`.
    pub(super) path: String,
    pub(super) text: String,
}

/// Every file that is or would be tracked: what `.gitignore` names is not.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// In the order of their paths.
    pub(super) files: Vec<File>,
}

impl Tree {
    pub(super) fn read(root: &Path) -> anyhow::Result<Tree> {
        let mut files = Vec::new();
        // `require_git`: the sources may have come as an archive.
        for entry in
            WalkBuilder::new(root).hidden(false).require_git(false).filter_entry(|e| e.file_name() != ".git").build()
        {
            let entry = entry.context("the workspace cannot be walked")?;
            if !entry.file_type().is_some_and(|kind| kind.is_file()) {
                continue;
            }
            // A file may go between the walk and the read: somebody's editor saves by renaming.
            let Ok(bytes) = std::fs::read(entry.path()) else { continue };
            let Ok(text) = String::from_utf8(bytes) else { continue };
            let path = entry.path().strip_prefix(root).context("a file outside of the workspace")?;
            files.push(File { path: path.to_string_lossy().replace('\\', "/"), text });
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Tree { files })
    }

    pub(super) fn rust(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.path.ends_with(".rs"))
    }

    /// For the tests of the checks.
    #[cfg(test)]
    pub(super) fn of(files: &[(&str, &str)]) -> Tree {
        let files = files.iter().map(|(path, text)| File { path: (*path).to_owned(), text: (*text).to_owned() });
        Tree { files: files.collect() }
    }
}

impl File {
    pub(super) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// The line, from 1, of a byte offset into the text.
    pub(super) fn line_of(&self, offset: usize) -> usize {
        self.text[..offset].matches('\n').count() + 1
    }

    /// The text above the unit tests, which stand last in a file; nothing of a file that holds only tests.
    pub(super) fn without_tests(&self) -> &str {
        let tests_only = self.path.starts_with("tests/")
            || self.path.contains("/tests/")
            || self.path.ends_with("/tests.rs")
            || self.path.starts_with("shared/testing/")
            || self.path.starts_with("infra/xtask/");
        if tests_only {
            return "";
        }
        match self.text.find("#[cfg(test)]\nmod ") {
            Some(end) => &self.text[..end],
            None => &self.text,
        }
    }
}
