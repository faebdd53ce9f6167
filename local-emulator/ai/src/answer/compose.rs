//! Decides what kind of answer a prompt gets, and where it ends.

use serde_json::Value;

use super::{exact, extract, json, limit, outline, tool_call};
use crate::image::Image;
use crate::prompt::{Effort, Format, Message, Part, Prompt, Role};
use crate::tokens;

/// Sentences of an answer, if the question does not ask for more.
const SENTENCES: usize = 3;

/// Sentences of a summary.
const SUMMARY_SENTENCES: usize = 5;

/// Characters of the question that are told again.
const QUOTE_CHARS_MAX: usize = 400;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Finish {
    Stop,
    Length,
    StopSequence(String),
    ToolCalls,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ToolCall {
    pub(crate) name: String,
    /// JSON text of an object.
    pub(crate) arguments: String,
    /// The same as a value.
    pub(crate) input: Value,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Content {
    Text(String),
    Calls(Vec<ToolCall>),
}

/// An answer, before it takes a provider's shape.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    /// The reasoning that was asked for; empty if none was.
    pub(crate) reasoning: String,
    pub(crate) content: Content,
    pub(crate) finish: Finish,
    pub(crate) reasoning_tokens: usize,
    /// All output tokens, those of the reasoning among them.
    pub(crate) output_tokens: usize,
}

/// The answer to a prompt.
pub(crate) fn compose(prompt: &Prompt) -> Answer {
    let (reasoning, reasoning_tokens) = reason(prompt);
    let left = prompt.max_tokens.map(|limit| limit.saturating_sub(reasoning_tokens));
    if left == Some(0) {
        let content = Content::Text(String::new());
        return Answer {
            reasoning,
            content,
            finish: Finish::Length,
            reasoning_tokens,
            output_tokens: reasoning_tokens,
        };
    }
    let text = match content(prompt) {
        Content::Text(text) => text,
        Content::Calls(calls) => {
            let tokens: usize = calls.iter().map(|call| tokens::count_call(&call.name, &call.arguments)).sum();
            // A call that does not fit is not cut in two: half of a JSON text would help nobody's test.
            let finish = Finish::ToolCalls;
            let output_tokens = reasoning_tokens + tokens;
            return Answer { reasoning, content: Content::Calls(calls), finish, reasoning_tokens, output_tokens };
        }
    };
    let ended = limit::end(text, &prompt.stop, left);
    let output_tokens = reasoning_tokens + ended.tokens;
    Answer { reasoning, content: Content::Text(ended.text), finish: ended.finish, reasoning_tokens, output_tokens }
}

fn content(prompt: &Prompt) -> Content {
    if let Some(calls) = tool_call::forced(prompt) {
        return Content::Calls(calls);
    }
    if let Some(results) = prompt.last().and_then(results) {
        return Content::Text(results);
    }
    let question = prompt.question();
    if let Some(text) = exact::answer(&question) {
        return Content::Text(text);
    }
    let question = extract::focus(&question);
    let calls = tool_call::calls(prompt, &question);
    if !calls.is_empty() {
        return Content::Calls(calls);
    }
    Content::Text(text(prompt, &question))
}

fn text(prompt: &Prompt, question: &str) -> String {
    let sentences = extract::sentences_of(prompt);
    match &prompt.format {
        Format::Schema(schema) => return json::by_schema(schema, prompt, &sentences).to_string(),
        Format::Json => return json::free(prompt, &sentences).to_string(),
        Format::Text => {}
    }
    if let Some(text) = images(prompt) {
        return text;
    }
    let lower = question.to_lowercase();
    if let Some(heading) = outline::section_asked(question) {
        return outline::section(&heading, question, &sentences);
    }
    if lower.contains("outline") {
        return if lower.contains("json") {
            json::free(prompt, &sentences).to_string()
        } else {
            outline::markdown(question, &sentences)
        };
    }
    let summary = ["summar", "overview", "abstract", "report"].iter().any(|word| lower.contains(word));
    let best = extract::best(&sentences, question, if summary { SUMMARY_SENTENCES } else { SENTENCES });
    if best.is_empty() { plain(question) } else { extract::paragraph(&best) }
}

/// Where there is nothing to extract from.
pub(super) fn plain(question: &str) -> String {
    let quote: String = question.trim().chars().take(QUOTE_CHARS_MAX).collect();
    match quote.as_str() {
        "" => "There is nothing to answer.".to_owned(),
        quote if quote.ends_with('?') => format!("You asked: {quote} There is no text here to answer it from."),
        quote => format!("You wrote: {quote}"),
    }
}

/// A sentence that holds what the tools answered.
fn results(last: &Message) -> Option<String> {
    let outputs: Vec<&str> = last
        .parts
        .iter()
        .filter_map(|part| match part {
            Part::Output(output) => Some(output.trim()),
            _ => None,
        })
        .collect();
    match outputs[..] {
        [] => None,
        [output] => Some(format!("The tool answered: {output}")),
        _ => Some(format!("The tools answered: {}", outputs.join("; "))),
    }
}

/// What the images of the last user message are.
fn images(prompt: &Prompt) -> Option<String> {
    let last = prompt.messages.iter().rev().find(|message| message.role == Role::User)?;
    let told: Vec<String> = last
        .parts
        .iter()
        .filter_map(|part| match part {
            Part::Image(Image::Inline { width, height, .. }) => {
                Some(format!("The image is {width} by {height} pixels."))
            }
            Part::Image(Image::Linked(url)) => Some(format!("The image is at {url}.")),
            _ => None,
        })
        .collect();
    (!told.is_empty()).then(|| told.join(" "))
}

/// As many sentences of reasoning as the effort says, within the limit, and their tokens.
fn reason(prompt: &Prompt) -> (String, usize) {
    let Effort(sentences) = prompt.effort;
    if sentences == 0 {
        return (String::new(), 0);
    }
    let question: String = prompt.question().chars().take(QUOTE_CHARS_MAX / 4).collect();
    let steps = [
        format!("The question is: {}.", question.trim().trim_end_matches(['.', '?', '!'])),
        format!("There are {} messages to look at.", prompt.messages.len()),
        format!("There are {} tools that could help.", prompt.tools.len()),
        "The sentences that share the most words with the question come first.".to_owned(),
        "Sentences that repeat each other count once.".to_owned(),
        "The sources must stay next to what was taken from them.".to_owned(),
        "The answer keeps the order of the text.".to_owned(),
        "Nothing is added that the text does not say.".to_owned(),
    ];
    let text = steps[..sentences.min(steps.len())].join(" ");
    let (kept, count) = tokens::cut(&text, prompt.max_tokens.unwrap_or(usize::MAX));
    (kept.to_owned(), count)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::prompt::{Tool, ToolChoice};

    fn ask(text: &str) -> Prompt {
        Prompt { messages: vec![Message::text(Role::User, text)], parallel: true, ..Prompt::default() }
    }

    fn weather() -> Tool {
        let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]});
        Tool { name: "get_weather".into(), description: "The weather of a place".into(), schema }
    }

    #[test]
    fn a_tool_is_called_once_for_each_name_listed() {
        let mut prompt = ask("What is the weather in Paris and Rome?");
        prompt.tools = vec![weather()];
        let Content::Calls(calls) = compose(&prompt).content else { panic!("no call") };
        let arguments: Vec<_> = calls.iter().map(|call| call.arguments.as_str()).collect();
        assert_eq!(arguments, [r#"{"city":"Paris"}"#, r#"{"city":"Rome"}"#]);
        prompt.parallel = false;
        let Content::Calls(calls) = compose(&prompt).content else { panic!("no call") };
        assert_eq!(calls.len(), 1);
        prompt.tool_choice = ToolChoice::Never;
        assert!(matches!(compose(&prompt).content, Content::Text(_)));
    }

    #[test]
    fn a_question_that_shares_no_word_calls_nothing_unless_it_must() {
        let mut prompt = ask("hello");
        prompt.tools = vec![weather()];
        assert!(matches!(compose(&prompt).content, Content::Text(_)));
        prompt.tool_choice = ToolChoice::Required;
        assert_eq!(compose(&prompt).finish, Finish::ToolCalls);
    }

    #[test]
    fn a_result_is_told_again() {
        let mut prompt = ask("weather?");
        prompt.tools = vec![weather()];
        prompt.messages.push(Message { role: Role::Tool, parts: vec![Part::Output("19 degrees".into())] });
        assert_eq!(compose(&prompt).content, Content::Text("The tool answered: 19 degrees".into()));
    }

    #[test]
    fn reasoning_counts_against_the_limit() {
        let mut prompt = ask("echo: hello");
        prompt.effort = Effort(4);
        let full = compose(&prompt);
        assert_eq!(full.output_tokens, full.reasoning_tokens + 1);
        prompt.max_tokens = Some(5);
        let cut = compose(&prompt);
        assert_eq!((cut.output_tokens, cut.reasoning_tokens, cut.finish), (5, 5, Finish::Length));
    }

    #[test]
    fn an_outline_follows_the_shape_that_is_shown() {
        let prompt = ask(
            "Write an outline as JSON like {\"title\": \"...\", \"sections\": [{\"heading\": \"...\"}]} with 2 sections about tea.\n\
             [1] Tea comes from China. Tea is a drink.\n[2] Water must be hot. Hot water makes tea.",
        );
        let Content::Text(text) = compose(&prompt).content else { panic!("no text") };
        let outline: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(outline["sections"].as_array().unwrap().len(), 2);
        assert!(outline["sections"][0]["heading"].as_str().unwrap().len() > 2, "{outline}");
    }

    #[test]
    fn a_section_has_its_heading_and_its_sources() {
        let prompt =
            ask("Write the section \"Water\".\n<source id=\"9\">Water must be hot for tea. Cats sleep.</source>");
        let Content::Text(text) = compose(&prompt).content else { panic!("no text") };
        assert!(text.starts_with("## Water\n\n") && text.contains("Water must be hot for tea. [9]"), "{text}");
    }
}
