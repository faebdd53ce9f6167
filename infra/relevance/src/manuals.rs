//! The machine's manual pages, and what each is known by.

use crate::collection::{Collection, Item};
use crate::known::{Known, Set};
use anyhow::Context;
use flate2::read::MultiGzDecoder;
use octavo_domain_extraction::Manual;
use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Translations whose endings the index knows.
const LANGUAGES: [&str; 3] = ["de", "es", "fr"];
/// Characters of a description that tells its page: fewer are a name said twice.
const DESCRIPTION_CHARS_MIN: usize = 12;

/// The pages, without what their NAME sections say of them; and that, as queries.
#[derive(Debug)]
pub(crate) struct Manuals {
    pub(crate) pages: Collection,
    pub(crate) known: Vec<Known>,
}

impl Manuals {
    pub(crate) fn load(root: &Path) -> anyhow::Result<Self> {
        let mut files = Vec::new();
        sections_of(root, "", &mut files).with_context(|| format!("no manual pages in {}", root.display()))?;
        for language in LANGUAGES {
            // A machine may have none of them.
            let _ = sections_of(&root.join(language), language, &mut files);
        }
        files.sort();
        let mut items = Vec::with_capacity(files.len());
        let mut known = Vec::with_capacity(files.len());
        for (path, language) in files {
            let Some((item, description)) = page(&path, &language)? else { continue };
            if let Some(text) = description {
                let set = if language.is_empty() { Set::English } else { Set::Translated };
                known.push(Known { item: item.name.clone(), text, set });
            }
            items.push(item);
        }
        Ok(Self { pages: Collection::new("manuals", items), known: telling(known) })
    }
}

/// Without descriptions that are those of several pages: nobody could say which is meant.
fn telling(known: Vec<Known>) -> Vec<Known> {
    let mut counts: HashMap<String, u32> = HashMap::new();
    for one in &known {
        *counts.entry(one.text.to_lowercase()).or_default() += 1;
    }
    known.into_iter().filter(|one| counts.get(&one.text.to_lowercase()) == Some(&1)).collect()
}

fn sections_of(root: &Path, language: &str, files: &mut Vec<(PathBuf, String)>) -> std::io::Result<()> {
    for folder in std::fs::read_dir(root)? {
        let folder = folder?;
        let is_section = folder.file_name().to_string_lossy().starts_with("man");
        // What is a symbolic link is the same page by another name.
        if !is_section || !folder.file_type()?.is_dir() {
            continue;
        }
        for file in std::fs::read_dir(folder.path())? {
            let file = file?;
            if file.file_type()?.is_file() {
                files.push((file.path(), language.to_owned()));
            }
        }
    }
    Ok(())
}

fn page(path: &Path, language: &str) -> anyhow::Result<Option<(Item, Option<String>)>> {
    let file = File::open(path)?;
    let updated_at = file.metadata()?.modified()?.into();
    let mut bytes = Vec::new();
    let compressed = path.extension().is_some_and(|extension| extension == "gz");
    let read = if compressed {
        MultiGzDecoder::new(file).read_to_end(&mut bytes)
    } else {
        let mut file = file;
        file.read_to_end(&mut bytes)
    };
    read.with_context(|| format!("cannot read {}", path.display()))?;
    let roff = String::from_utf8_lossy(&bytes);
    // Another page by this name.
    if roff.starts_with(".so ") {
        return Ok(None);
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    let Some((stem, section)) = name.rsplit_once('.') else { return Ok(None) };
    let mut manual = Manual::read(&roff);
    let description = taken_description(&mut manual);
    let item = Item {
        name: format!("{language}/{name}"),
        title: format!("{stem}({section})"),
        text: manual.text(),
        file_name: format!("{name}.txt"),
        updated_at,
    };
    Ok(Some((item, description)))
}

/// What the first section says of the page behind the dash, on one line; the section keeps the names before it.
fn taken_description(manual: &mut Manual) -> Option<String> {
    let section = manual.sections.iter_mut().find(|section| !section.heading.is_empty())?;
    let line = section.text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (names, description) =
        [" - ", " \u{2013} ", " \u{2014} ", " -- "].iter().find_map(|dash| line.split_once(dash))?;
    let description = description.trim_end_matches('.').trim();
    if description.chars().count() < DESCRIPTION_CHARS_MIN {
        return None;
    }
    section.text = format!("{names}\n");
    Some(description.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_is_taken_out_of_the_page() {
        let mut manual = Manual::read(".TH LS 1\n.SH NAME\nls \\- list directory\ncontents\n.SH OPTIONS\nmany\n");
        assert_eq!(taken_description(&mut manual).as_deref(), Some("list directory contents"));
        assert_eq!(manual.text(), "\nNAME\nls\n\nOPTIONS\nmany\n");
        let mut short = Manual::read(".SH NAME\nls \\- list\n");
        assert_eq!(taken_description(&mut short), None);
        assert!(short.text().contains("list"));
    }

    #[test]
    fn what_several_pages_are_known_by_is_not_asked() {
        let known = |item: &str, text: &str| Known { item: item.into(), text: text.into(), set: Set::English };
        let left = telling(vec![known("a", "The same"), known("b", "the same"), known("c", "another")]);
        assert_eq!(left.len(), 1);
    }
}
