//! Bundles: many documents with their edits and remarks in one text.
//!
//! A block begins with `=== KIND NAME`, has fields (`by: nadja`), an empty line, and a body. `document` is one with its first
//! text, `file` one whose bytes are a file beside the bundle. `edit` changes the text as it was before: paragraphs of lines, of which
//! `- ` are taken away and `+ ` put in their place, or `@ ` stay and `+ ` follow them. `remark` is a remark, `answer` (without a
//! name) answers the last one.

use super::library;
use anyhow::{Context, bail};

/// A document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Paper {
    /// Its file name: what it is known by.
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) owner: &'static str,
    /// Days before the first filling.
    pub(super) ago: u32,
    pub(super) tags: Vec<&'static str>,
    /// `user:mira viewer`.
    pub(super) shares: Vec<(&'static str, &'static str)>,
    pub(super) body: Body,
    pub(super) edits: Vec<Edit>,
    pub(super) remarks: Vec<Remark>,
}

/// What a document is at first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Body {
    Text(&'static str),
    Bytes(&'static [u8]),
}

/// What somebody changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) by: &'static str,
    pub(super) ago: u32,
    changes: &'static str,
}

/// What somebody remarked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Remark {
    pub(super) by: &'static str,
    pub(super) ago: u32,
    pub(super) text: &'static str,
    pub(super) settled_by: Option<&'static str>,
    pub(super) answers: Vec<Remark>,
}

impl Paper {
    /// Its text after so many edits.
    pub(super) fn text(&self, edits: usize) -> anyhow::Result<String> {
        let Body::Text(text) = self.body else { bail!("{} is no text", self.name) };
        let mut text = format!("{}\n", text.trim_end());
        for edit in self.edits.iter().take(edits) {
            text = edit.apply(&text).with_context(|| format!("the edit of {} by {}", self.name, edit.by))?;
        }
        Ok(text)
    }
}

impl Edit {
    fn apply(&self, text: &str) -> anyhow::Result<String> {
        let mut text = text.to_owned();
        for change in self.changes.split("\n\n").filter(|change| !change.trim().is_empty()) {
            let lines = |mark: char| {
                let of =
                    |line: &str| line.strip_prefix(mark).map(|line| line.strip_prefix(' ').unwrap_or(line).to_owned());
                change.lines().filter_map(of).collect::<Vec<_>>().join("\n")
            };
            let (gone, kept, put) = (lines('-'), lines('@'), lines('+'));
            let (found, put) = match (gone.as_str(), kept.as_str()) {
                ("", "") => bail!("a change that says not where"),
                (gone, "") => (gone, put),
                ("", kept) => (kept, format!("{kept}\n{put}")),
                _ => bail!("a change that keeps and takes away"),
            };
            if text.matches(found).count() != 1 {
                bail!("there is not exactly one place of {found:?}");
            }
            text = text.replacen(found, &put, 1);
        }
        Ok(text)
    }
}

/// Every document, as the bundles say them.
pub(super) fn papers() -> anyhow::Result<Vec<Paper>> {
    let mut papers = Vec::new();
    for (bundle, text) in library::BUNDLES {
        for block in text.split("=== ").skip(1) {
            let first = block.lines().next().unwrap_or_default();
            add(&mut papers, block).with_context(|| format!("{bundle}: {first}"))?;
        }
    }
    Ok(papers)
}

fn add(papers: &mut Vec<Paper>, block: &'static str) -> anyhow::Result<()> {
    let (head, body) = block.split_once("\n\n").unwrap_or((block.trim_end(), ""));
    let (first, fields) = head.split_once('\n').unwrap_or((head, ""));
    let (kind, name) = first.split_once(' ').unwrap_or((first, ""));
    let all = |name: &'static str| {
        fields.lines().filter_map(move |line| line.split_once(": ").filter(|(key, _)| *key == name))
    };
    let field = |name: &'static str| all(name).next().map(|(_, value)| value).with_context(|| format!("no {name}"));
    let (by, ago) = (field("by")?, field("ago")?.parse()?);
    let known =
        |papers: &mut Vec<Paper>| papers.iter().position(|paper| paper.name == name).context("no such document");
    match kind {
        "document" | "file" => {
            let share = |(_, value): (&str, &'static str)| value.split_once(' ').context("a share without its role");
            let body = match kind {
                "document" => Body::Text(body),
                _ => Body::Bytes(library::file(name).context("no such file")?),
            };
            papers.push(Paper {
                name,
                title: field("title")?,
                owner: by,
                ago,
                tags: field("tags")?.split(", ").collect(),
                shares: all("share").map(share).collect::<anyhow::Result<_>>()?,
                body,
                edits: Vec::new(),
                remarks: Vec::new(),
            });
        }
        "edit" => {
            let at = known(papers)?;
            papers[at].edits.push(Edit { by, ago, changes: body });
        }
        "remark" => {
            let at = known(papers)?;
            let settled_by = all("resolved").next().map(|(_, who)| who);
            papers[at].remarks.push(Remark { by, ago, text: body.trim(), settled_by, answers: Vec::new() });
        }
        "answer" => {
            let remark = papers.last_mut().and_then(|paper| paper.remarks.last_mut()).context("nothing to answer")?;
            remark.answers.push(Remark { by, ago, text: body.trim(), settled_by: None, answers: Vec::new() });
        }
        _ => bail!("no such kind of block"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::company::{PEOPLE, colleague_named};
    use super::*;
    use octavo_domain_kernel::Reader;
    use std::collections::BTreeSet;

    #[test]
    fn every_document_can_be_made_and_every_edit_finds_its_place() {
        let papers = papers().unwrap();
        assert!(papers.len() >= 60, "{}", papers.len());
        let names: BTreeSet<&str> = papers.iter().map(|paper| paper.name).collect();
        let titles: BTreeSet<&str> = papers.iter().map(|paper| paper.title).collect();
        assert_eq!((names.len(), titles.len()), (papers.len(), papers.len()), "names and titles are used once");
        for paper in &papers {
            assert!(paper.ago <= 180, "{}", paper.name);
            match paper.body {
                Body::Text(text) => {
                    assert!(text.chars().count() > 300, "{} is short", paper.name);
                    let mut before = text.to_owned();
                    for edits in 1..=paper.edits.len() {
                        let after = paper.text(edits).unwrap();
                        assert_ne!(before, after, "{}", paper.name);
                        before = after;
                    }
                }
                Body::Bytes(bytes) => assert!(bytes.len() > 500 && paper.edits.is_empty(), "{}", paper.name),
            }
            let days: Vec<u32> = std::iter::once(paper.ago).chain(paper.edits.iter().map(|edit| edit.ago)).collect();
            assert!(days.is_sorted_by(|earlier, later| earlier > later), "{}: {days:?}", paper.name);
        }
    }

    #[test]
    fn whoever_writes_works_here_and_may_do_so() {
        let groups: BTreeSet<&str> = PEOPLE.iter().flat_map(|colleague| colleague.groups).copied().collect();
        for paper in papers().unwrap() {
            assert!(colleague_named(paper.owner).is_some(), "{}: {}", paper.name, paper.owner);
            let roles = |user: &str| -> Vec<&str> {
                let colleague = colleague_named(user).unwrap_or_else(|| panic!("{}: {user}", paper.name));
                let mine = |reader: &str| match reader.parse().unwrap() {
                    Reader::User(named) => named.as_str() == user,
                    Reader::Group(group) => colleague.groups.contains(&group.as_str()),
                };
                paper.shares.iter().filter(|(reader, _)| mine(reader)).map(|(_, role)| *role).collect()
            };
            for (reader, role) in &paper.shares {
                let known = match reader.parse().unwrap() {
                    Reader::User(user) => colleague_named(user.as_str()).is_some(),
                    Reader::Group(group) => groups.contains(group.as_str()),
                };
                assert!(known && ["viewer", "editor"].contains(role), "{}: {reader} {role}", paper.name);
            }
            for edit in &paper.edits {
                assert!(edit.by == paper.owner || roles(edit.by).contains(&"editor"), "{}: {}", paper.name, edit.by);
            }
            for remark in paper.remarks.iter().flat_map(|remark| std::iter::once(remark).chain(&remark.answers)) {
                assert!(remark.by == paper.owner || !roles(remark.by).is_empty(), "{}: {}", paper.name, remark.by);
            }
        }
    }

    #[test]
    fn changes_take_away_and_put_in() {
        let edit = |changes| Edit { by: "mira", ago: 1, changes };
        let text = "# A\n\none\ntwo\n";
        assert_eq!(edit("- one\n- two\n+ three").apply(text).unwrap(), "# A\n\nthree\n");
        assert_eq!(edit("@ one\n+ \n+ more\n\n- two\n+ 2").apply(text).unwrap(), "# A\n\none\n\nmore\n2\n");
        assert!(edit("- four\n+ five").apply(text).is_err());
        assert!(edit("+ five").apply(text).is_err());
    }
}
