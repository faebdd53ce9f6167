//! `simple_query_string`: `+` and, `|` or, `-` not, `"phrase"~slop`, `word~edits`, `prefix*`, parentheses. Never fails on what a person
//! types.

use serde_json::Value;

use super::ast::{Bool, Match, MultiMatch, MultiMatchType, Operator, Query};
use super::parse::minimum;
use super::parse_text::{field_boost, parse_fuzziness, simple_match};
use crate::body::Body;
use crate::error::{Error, Result};

/// Deeper parentheses are read as text.
const DEPTH_MAX: usize = 20;

#[derive(Debug, Clone, PartialEq)]
enum Token {
    And,
    Or,
    Not,
    Open,
    Close,
    Word(String),
    Prefix(String),
    Fuzzy(String, u8),
    Phrase(String, u32),
}

fn lex(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        match chars[at] {
            c if c.is_whitespace() => at += 1,
            '+' => {
                tokens.push(Token::And);
                at += 1;
            }
            '|' => {
                tokens.push(Token::Or);
                at += 1;
            }
            '-' => {
                tokens.push(Token::Not);
                at += 1;
            }
            '(' => {
                tokens.push(Token::Open);
                at += 1;
            }
            ')' => {
                tokens.push(Token::Close);
                at += 1;
            }
            '"' => {
                let end = chars[at + 1..].iter().position(|&c| c == '"').map_or(chars.len(), |found| at + 1 + found);
                let phrase: String = chars[at + 1..end.min(chars.len())].iter().collect();
                at = (end + 1).min(chars.len());
                let slop = suffix_number(&chars, &mut at).unwrap_or(0);
                tokens.push(Token::Phrase(phrase, slop));
            }
            _ => {
                let mut word = String::new();
                while at < chars.len() && !chars[at].is_whitespace() && !"+|()\"~*".contains(chars[at]) {
                    if chars[at] == '\\' && at + 1 < chars.len() {
                        at += 1;
                    }
                    word.push(chars[at]);
                    at += 1;
                }
                match chars.get(at) {
                    Some('*') => {
                        at += 1;
                        tokens.push(Token::Prefix(word));
                    }
                    Some('~') => {
                        let edits = suffix_number(&chars, &mut at).unwrap_or(2).min(2);
                        tokens.push(Token::Fuzzy(word, u8::try_from(edits).unwrap_or(2)));
                    }
                    _ => tokens.push(Token::Word(word)),
                }
            }
        }
    }
    tokens.retain(
        |token| !matches!(token, Token::Word(text) | Token::Prefix(text) | Token::Fuzzy(text, _) if text.is_empty()),
    );
    tokens
}

/// Reads `~3` at the cursor; a `~` without a number is no number.
fn suffix_number(chars: &[char], at: &mut usize) -> Option<u32> {
    if chars.get(*at) != Some(&'~') {
        return None;
    }
    *at += 1;
    let digits: String = chars[*at..].iter().take_while(|c| c.is_ascii_digit()).collect();
    *at += digits.len();
    digits.parse().ok()
}

struct Parser<'a> {
    tokens: Vec<Token>,
    at: usize,
    fields: &'a [(String, f32)],
    template: &'a Match,
}

impl Parser<'_> {
    fn leaf(&self, each: Match, kind: MultiMatchType, slop: u32) -> Query {
        Query::MultiMatch(MultiMatch {
            fields: self.fields.to_vec(),
            kind,
            each: Match {
                operator: self.template.operator,
                analyzer: self.template.analyzer.clone(),
                lenient: self.template.lenient,
                ..each
            },
            slop,
            tie_breaker: None,
            boost: 1.0,
        })
    }

    fn group(&mut self, depth: usize) -> Option<Query> {
        let mut must = Vec::new();
        let mut should = Vec::new();
        let mut must_not = Vec::new();
        let (mut and, mut or, mut not) = (false, false, false);
        while let Some(token) = self.tokens.get(self.at).cloned() {
            self.at += 1;
            let query = match token {
                Token::And => {
                    and = true;
                    continue;
                }
                Token::Or => {
                    or = true;
                    continue;
                }
                Token::Not => {
                    not = !not;
                    continue;
                }
                Token::Close if depth > 0 => break,
                Token::Close => continue,
                Token::Open if depth < DEPTH_MAX => self.group(depth + 1),
                Token::Open => continue,
                Token::Word(text) => Some(self.leaf(simple_match(&text), MultiMatchType::BestFields, 0)),
                Token::Prefix(text) => Some(self.leaf(
                    Match { last_is_prefix: true, ..simple_match(&text) },
                    MultiMatchType::BoolPrefix,
                    0,
                )),
                Token::Fuzzy(text, edits) => {
                    let fuzziness = parse_fuzziness(&edits.to_string()).ok();
                    Some(self.leaf(Match { fuzziness, ..simple_match(&text) }, MultiMatchType::BestFields, 0))
                }
                Token::Phrase(text, slop) => Some(self.leaf(simple_match(&text), MultiMatchType::Phrase, slop)),
            };
            let Some(query) = query else { continue };
            let all = and || (!or && self.template.operator == Operator::And);
            let query = if not {
                Query::Bool(Box::new(Bool { must_not: vec![query], boost: 1.0, ..Bool::default() }))
            } else {
                query
            };
            if not && all {
                must_not.push(query);
            } else if all {
                // `a + b`: the clause before the plus is required too.
                must.append(&mut should);
                must.push(query);
            } else {
                should.push(query);
            }
            (and, or, not) = (false, false, false);
        }
        must.extend(must_not);
        if must.is_empty() && should.is_empty() {
            return None;
        }
        Some(Query::Bool(Box::new(Bool { must, should, boost: 1.0, ..Bool::default() })))
    }
}

pub(super) fn parse(value: &Value) -> Result<Query> {
    let mut body = Body::new(value, "simple_query_string")?;
    let text = body.scalar("query")?.ok_or_else(|| Error::parsing("[simple_query_string] query text missing"))?;
    let fields =
        body.texts("fields")?.unwrap_or_default().iter().map(|field| field_boost(field)).collect::<Result<Vec<_>>>()?;
    let operator = match body.text("default_operator")?.unwrap_or("or").to_lowercase().as_str() {
        "or" => Operator::Or,
        "and" => Operator::And,
        other => {
            return Err(Error::parsing(format!("[simple_query_string] default_operator [{other}] is not allowed")));
        }
    };
    let template = Match {
        operator,
        analyzer: body.text("analyzer")?.map(str::to_owned),
        lenient: body.flag("lenient")?.unwrap_or(false),
        ..simple_match("")
    };
    let minimum_should_match = minimum(&mut body)?;
    let boost = body.boost()?;
    body.flag("analyze_wildcard")?;
    body.flag("auto_generate_synonyms_phrase_query")?;
    body.finish()?;
    let mut parser = Parser { tokens: lex(&text), at: 0, fields: &fields, template: &template };
    match parser.group(0) {
        Some(Query::Bool(mut query)) => {
            query.minimum_should_match = minimum_should_match.filter(|_| !query.should.is_empty());
            query.boost = boost;
            Ok(Query::Bool(query))
        }
        _ => Ok(Query::MatchNone),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_phrases_prefixes_and_edits_are_told_apart() {
        assert_eq!(
            lex("a +\"b c\"~2 -(d* | e~1) f-g"),
            [
                Token::Word("a".into()),
                Token::And,
                Token::Phrase("b c".into(), 2),
                Token::Not,
                Token::Open,
                Token::Prefix("d".into()),
                Token::Or,
                Token::Fuzzy("e".into(), 1),
                Token::Close,
                Token::Word("f-g".into()),
            ]
        );
    }

    proptest::proptest! {
        #[test]
        fn whatever_a_person_types_parses(text in ".{0,60}") {
            let body = serde_json::json!({ "query": text, "fields": ["a"] });
            proptest::prop_assert!(parse(&body).is_ok());
        }
    }
}
