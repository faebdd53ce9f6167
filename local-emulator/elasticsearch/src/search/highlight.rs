//! Highlighting: the stored text is analysed again, and its tokens matched against what the query looked for.
//!
//! Fuzzy and prefix matches are covered because the query's expansions were noted when it was compiled (see
//! `query::Matcher`). Fragments begin and end at sentences where there are some near, else at words.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::source::values_at;
use crate::analysis::Token;
use crate::body::Body;
use crate::error::{Error, Result};
use crate::index::View;
use crate::mapping::Kind;
use crate::query::{Matcher, Matchers, Query, parse};

/// How far from its ideal border a fragment looks for a better one, in bytes.
const BORDER_SEARCH: usize = 40;

#[derive(Debug, Clone)]
struct Options {
    pre: String,
    post: String,
    fragment_size: usize,
    fragments: usize,
    no_match_size: usize,
    require_field_match: bool,
    by_score: bool,
    html: bool,
    max_analyzed_offset: Option<usize>,
    query: Option<Box<Query>>,
}

#[derive(Debug, Clone)]
pub(crate) struct Highlight {
    fields: Vec<(String, Options)>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            pre: "<em>".into(),
            post: "</em>".into(),
            fragment_size: 100,
            fragments: 5,
            no_match_size: 0,
            require_field_match: true,
            by_score: false,
            html: false,
            max_analyzed_offset: None,
            query: None,
        }
    }
}

impl Options {
    fn read(&self, body: &mut Body<'_>) -> Result<Self> {
        let mut options = self.clone();
        if let Some(tags) = body.texts("pre_tags")? {
            options.pre = tags.into_iter().next().unwrap_or_default();
        }
        if let Some(tags) = body.texts("post_tags")? {
            options.post = tags.into_iter().next().unwrap_or_default();
        }
        options.fragment_size = body.count("fragment_size")?.unwrap_or(options.fragment_size);
        options.fragments = body.count("number_of_fragments")?.unwrap_or(options.fragments);
        options.no_match_size = body.count("no_match_size")?.unwrap_or(options.no_match_size);
        options.require_field_match = body.flag("require_field_match")?.unwrap_or(options.require_field_match);
        options.max_analyzed_offset = body.count("max_analyzed_offset")?.or(options.max_analyzed_offset);
        match body.text("order")? {
            None => {}
            Some("score") => options.by_score = true,
            Some("none") => options.by_score = false,
            Some(other) => return Err(Error::illegal(format!("unknown highlight order [{other}]"))),
        }
        match body.text("encoder")? {
            None => {}
            Some("html") => options.html = true,
            Some("default") => options.html = false,
            Some(other) => return Err(Error::illegal(format!("unknown highlight encoder [{other}]"))),
        }
        if let Some(kind) = body.text("type")?
            && !["unified", "plain", "fvh"].contains(&kind)
        {
            return Err(Error::illegal(format!("unknown highlighter type [{kind}]")));
        }
        if let Some(scanner) = body.text("boundary_scanner")?
            && !["sentence", "word"].contains(&scanner)
        {
            return Err(Error::unsupported(&format!("highlight boundary_scanner [{scanner}]")));
        }
        if let Some(query) = body.get("highlight_query") {
            options.query = Some(Box::new(parse(query)?));
        }
        Ok(options)
    }
}

impl Highlight {
    pub(crate) fn parse(value: &Value) -> Result<Self> {
        let mut body = Body::new(value, "highlight")?;
        let global = Options::default().read(&mut body)?;
        let mut entries: Vec<(&String, &Value)> = Vec::new();
        match body.get("fields") {
            None => {}
            Some(Value::Object(object)) => entries.extend(object),
            Some(Value::Array(list)) => {
                for one in list {
                    entries
                        .extend(one.as_object().ok_or_else(|| Error::parsing("[highlight.fields] must hold objects"))?);
                }
            }
            Some(_) => return Err(Error::parsing("[highlight.fields] must be an object or an array of objects")),
        }
        let mut fields = Vec::new();
        for (name, options) in entries {
            let mut inner = Body::new(options, format!("highlight field {name}"))?;
            fields.push((name.clone(), global.read(&mut inner)?));
            inner.finish()?;
        }
        body.finish()?;
        Ok(Self { fields })
    }

    /// The queries that replace the search's own for some fields.
    pub(super) fn queries(&self) -> impl Iterator<Item = &Query> {
        self.fields.iter().filter_map(|(_, options)| options.query.as_deref())
    }

    /// The `highlight` object of one hit; empty where nothing matched.
    pub(super) fn apply(
        &self,
        view: &View,
        source: &Map<String, Value>,
        matchers: &Matchers,
    ) -> Result<Map<String, Value>> {
        let mut all = Map::new();
        for (pattern, options) in &self.fields {
            for path in view.mapping.expand(pattern) {
                let Some(field) = view.mapping.field(&path) else { continue };
                if !matches!(field.kind, Kind::Text | Kind::Keyword) || all.contains_key(&path) {
                    continue;
                }
                // A multi-field named only by a pattern is highlighted for its own matches alone.
                let wanted: Vec<&Matcher> = if options.require_field_match {
                    matchers.get(&path).into_iter().flatten().collect()
                } else {
                    matchers.values().flatten().collect()
                };
                let mut fragments = Vec::new();
                for value in values_at(source, &field.source_path) {
                    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    // Not indexed, so nothing matched it.
                    if field.ignore_above.is_some_and(|longest| text.chars().count() > longest) {
                        continue;
                    }
                    let analyzed = analyzed_part(&text, options, &path, view)?;
                    let tokens = if field.kind == Kind::Text {
                        view.registry.analyzer(&field.analyzer)?.analyze(analyzed)
                    } else {
                        vec![whole(
                            &text,
                            field.normalizer.as_ref().map(|name| view.registry.normalizer(name)).transpose()?,
                        )]
                    };
                    let spans = spans(&tokens, &wanted);
                    if !spans.is_empty() {
                        fragments.extend(cut(&text, &spans, options));
                    }
                }
                if fragments.is_empty() && options.no_match_size > 0 && !pattern.contains('*') {
                    let first = values_at(source, &field.source_path).into_iter().find_map(Value::as_str);
                    if let Some(text) = first {
                        let end = border_after(text, floor(text, options.no_match_size.min(text.len())), text.len());
                        all.insert(path, Value::from(vec![escape(&text[..end], options)]));
                    }
                    continue;
                }
                let limit = options.fragments.max(1);
                if options.fragments > 0 && fragments.len() > limit {
                    fragments.sort_by_key(|fragment| Reverse(fragment.weight));
                    fragments.truncate(limit);
                    if !options.by_score {
                        fragments.sort_by_key(|fragment| fragment.order);
                    }
                } else if options.by_score {
                    fragments.sort_by_key(|fragment| Reverse(fragment.weight));
                }
                if !fragments.is_empty() {
                    all.insert(path, fragments.into_iter().map(|fragment| Value::from(fragment.text)).collect());
                }
            }
        }
        Ok(all)
    }
}

fn analyzed_part<'a>(text: &'a str, options: &Options, path: &str, view: &View) -> Result<&'a str> {
    match options.max_analyzed_offset {
        Some(limit) => Ok(&text[..floor(text, limit.min(text.len()))]),
        None if text.len() > view.max_analyzed_offset => Err(Error::shard_argument(format!(
            "The length [{}] of field [{path}] in doc/index [{}] exceeds the [index.highlight.max_analyzed_offset] limit [{limit}]. To avoid this error, set the query parameter [max_analyzed_offset] to a value less than index setting [{limit}] and this will tolerate long field values by truncating them.",
            text.len(),
            view.name,
            limit = view.max_analyzed_offset,
        ))
        .with("index", view.name.as_str())),
        None => Ok(text),
    }
}

fn whole(text: &str, normalizer: Option<std::sync::Arc<crate::analysis::Analyzer>>) -> Token {
    Token {
        offset_from: 0,
        offset_to: text.len(),
        position: 0,
        text: normalizer.map_or_else(|| text.to_owned(), |normalizer| normalizer.normalize(text)),
        position_length: 1,
    }
}

/// A matched stretch of text and what it matched.
#[derive(Debug, Clone, PartialEq)]
struct Span {
    start: usize,
    end: usize,
    term: String,
}

fn spans(tokens: &[Token], matchers: &[&Matcher]) -> Vec<Span> {
    let mut exact: BTreeSet<&str> = BTreeSet::new();
    let mut prefixes: Vec<&str> = Vec::new();
    let mut found = Vec::new();
    for matcher in matchers {
        match matcher {
            Matcher::Term(term) => {
                exact.insert(term);
            }
            Matcher::Prefix(prefix) => prefixes.push(prefix),
            Matcher::Phrase { terms, slop, last_is_prefix } => {
                phrase(tokens, terms, *slop, *last_is_prefix, &mut found);
            }
        }
    }
    for token in tokens {
        if exact.contains(token.text.as_str()) || prefixes.iter().any(|prefix| token.text.starts_with(prefix)) {
            found.push(Span { start: token.offset_from, end: token.offset_to, term: token.text.clone() });
        }
    }
    found.sort_by_key(|span| (span.start, Reverse(span.end)));
    let mut merged: Vec<Span> = Vec::new();
    for span in found {
        match merged.last_mut() {
            Some(last) if span.start < last.end => last.end = last.end.max(span.end),
            _ => merged.push(span),
        }
    }
    merged
}

fn phrase(tokens: &[Token], terms: &[(usize, String)], slop: u32, last_is_prefix: bool, found: &mut Vec<Span>) {
    let slop = slop as usize;
    let Some((_, first)) = terms.first() else { return };
    for (start, token) in tokens.iter().enumerate() {
        if token.text != *first {
            continue;
        }
        let mut matched = vec![start];
        let mut at = start;
        for (number, (offset, term)) in terms.iter().enumerate().skip(1) {
            let expected = token.position + offset;
            let is_prefix = last_is_prefix && number + 1 == terms.len();
            let next =
                tokens.iter().enumerate().skip(at + 1).take_while(|(_, token)| token.position <= expected + slop).find(
                    |(_, token)| {
                        token.position >= expected
                            && (token.text == *term || (is_prefix && token.text.starts_with(term.as_str())))
                    },
                );
            let Some((index, _)) = next else { break };
            matched.push(index);
            at = index;
        }
        if matched.len() == terms.len() {
            found.extend(matched.iter().map(|&index| Span {
                start: tokens[index].offset_from,
                end: tokens[index].offset_to,
                term: tokens[index].text.clone(),
            }));
        }
    }
}

struct Fragment {
    text: String,
    /// Different terms first, then how many matches.
    weight: (usize, usize),
    order: usize,
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn ends_sentence(text: &str, at: usize) -> bool {
    let before = text[..at].trim_end_matches([' ', '\t']);
    before.ends_with(['.', '!', '?', '\n'])
}

/// Where a fragment that should begin at `ideal` does begin: after a sentence between there and `limit`, else at a word.
fn border_before(text: &str, ideal: usize, limit: usize) -> usize {
    if ideal == 0 {
        return 0;
    }
    let mut word = None;
    for (offset, c) in text[ideal..limit].char_indices() {
        let at = ideal + offset;
        if c.is_whitespace() {
            let next = at + c.len_utf8();
            if next <= limit {
                if ends_sentence(text, next) {
                    return next;
                }
                word.get_or_insert(next);
            }
        }
    }
    word.unwrap_or(ideal)
}

fn border_after(text: &str, ideal: usize, limit: usize) -> usize {
    let end = floor(text, (ideal + BORDER_SEARCH).min(limit));
    text[ideal..end]
        .char_indices()
        .find(|(_, c)| c.is_whitespace())
        .map_or(if end == text.len() { end } else { ideal }, |(offset, _)| ideal + offset)
}

/// Cuts `text` into fragments around the spans.
fn cut(text: &str, spans: &[Span], options: &Options) -> Vec<Fragment> {
    if options.fragments == 0 {
        return vec![fragment(text, 0, text.len(), spans, options)];
    }
    let size = options.fragment_size.max(1);
    let mut fragments = Vec::new();
    let mut at = 0;
    let mut floor_at = 0;
    while at < spans.len() {
        let first = &spans[at];
        let ideal = floor(text, first.start.saturating_sub(size / 2).max(floor_at));
        let start = border_before(text, ideal, first.start);
        let wanted = floor(text, (start + size).max(first.end).min(text.len()));
        let end = if wanted == text.len() { wanted } else { border_after(text, wanted, text.len()) };
        // What begins in this fragment ends in it: the next one begins where this one ends.
        let count = spans[at..].iter().take_while(|span| span.start < end).count().max(1);
        let end = end.max(spans[at + count - 1].end);
        fragments.push(fragment(text, start, end, &spans[at..at + count], options));
        at += count;
        floor_at = end;
    }
    fragments
}

fn fragment(text: &str, start: usize, end: usize, spans: &[Span], options: &Options) -> Fragment {
    let mut out = String::with_capacity(end - start + spans.len() * 9);
    let mut at = start;
    for span in spans {
        out.push_str(&escape(&text[at..span.start], options));
        out.push_str(&options.pre);
        out.push_str(&escape(&text[span.start..span.end], options));
        out.push_str(&options.post);
        at = span.end;
    }
    out.push_str(&escape(&text[at..end], options));
    let distinct = spans.iter().map(|span| &span.term).collect::<BTreeSet<_>>().len();
    let out = if options.fragments == 0 { out } else { out.trim().to_owned() };
    Fragment { text: out, weight: (distinct, spans.len()), order: start }
}

fn escape(text: &str, options: &Options) -> String {
    if !options.html {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#x27;"),
            '/' => out.push_str("&#x2F;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Registry;

    fn highlighted(text: &str, matchers: &[Matcher], options: &Options) -> Vec<String> {
        let registry = Registry::parse(&Value::Null).unwrap();
        let tokens = registry.analyzer("standard").unwrap().analyze(text);
        let spans = spans(&tokens, &matchers.iter().collect::<Vec<_>>());
        cut(text, &spans, options).into_iter().map(|fragment| fragment.text).collect()
    }

    #[test]
    fn terms_prefixes_and_phrases_are_marked() {
        let text = "Quick foxes jump. The quick brown fox.";
        let options = Options { fragments: 0, ..Options::default() };
        assert_eq!(
            highlighted(text, &[Matcher::Term("jump".into()), Matcher::Prefix("bro".into())], &options),
            ["Quick foxes <em>jump</em>. The quick <em>brown</em> fox."]
        );
        let phrase =
            Matcher::Phrase { terms: vec![(0, "quick".into()), (1, "brown".into())], slop: 0, last_is_prefix: false };
        assert_eq!(
            highlighted(text, &[phrase], &options),
            ["Quick foxes jump. The <em>quick</em> <em>brown</em> fox."]
        );
    }

    #[test]
    fn fragments_end_at_words_and_never_overlap() {
        let text = "alpha beta gamma delta ".repeat(40);
        let options = Options { fragment_size: 50, ..Options::default() };
        let fragments = highlighted(&text, &[Matcher::Term("gamma".into())], &options);
        assert!(fragments.len() > 5);
        for fragment in &fragments {
            let bare = fragment.replace("<em>", "").replace("</em>", "");
            assert!(bare.split(' ').all(|word| ["alpha", "beta", "gamma", "delta"].contains(&word)), "{fragment}");
        }
        let marks: usize = fragments.iter().map(|fragment| fragment.matches("<em>").count()).sum();
        assert_eq!(marks, 40);
    }

    #[test]
    fn a_match_that_a_fragment_would_end_in_is_whole() {
        // No blank within reach of the border, so that it falls into the second match.
        let text = format!("one {}-{}-rest", "first".repeat(2), "second".repeat(20));
        let span = |from: usize, to: usize| Span { start: from, end: to, term: text[from..to].to_owned() };
        for size in 1..80 {
            let options = Options { fragment_size: size, ..Options::default() };
            let fragments = cut(&text, &[span(4, 14), span(15, 135)], &options);
            let marks: usize = fragments.iter().map(|fragment| fragment.text.matches("<em>").count()).sum();
            assert_eq!(marks, 2, "{size}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_cut_without_panicking(text in "\\PC{0,200}", size in 1usize..60) {
            let options = Options { fragment_size: size, ..Options::default() };
            for word in text.to_lowercase().split_whitespace().take(3) {
                highlighted(&text, &[Matcher::Term(word.to_owned())], &options);
            }
        }
    }
}
