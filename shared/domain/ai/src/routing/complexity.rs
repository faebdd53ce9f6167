//! What a request demands of a model.

use crate::models::{Capabilities, Tier};
use crate::{Effort, Part, Prompt, ResponseFormat, ToolChoice};

/// A prompt of more tokens than this is a point towards a better tier.
const LONG_TOKENS: u64 = 8_000;
/// And one of more than this another.
const VERY_LONG_TOKENS: u64 = 64_000;
/// Points from which a request is raised to [`Tier::Standard`].
const STANDARD_POINTS: u32 = 2;
/// Points from which it is raised to [`Tier::Best`].
const BEST_POINTS: u32 = 4;

/// What a request demands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Complexity {
    /// Tokens of the prompt, as counted here.
    pub input_tokens: u64,
    /// It has functions, or calls and results of them.
    pub tools: bool,
    /// A function must be called.
    pub forced_tool: bool,
    /// It has pictures.
    pub images: bool,
    /// It has files.
    pub files: bool,
    /// It asks for reasoning: an effort above `minimal`, or tokens for it.
    pub reasoning: bool,
    /// It asks for JSON by a schema.
    pub json_schema: bool,
}

/// What `prompt` demands; `input_tokens` as [`crate::tokens::estimate_prompt`] says.
pub fn complexity(prompt: &Prompt, input_tokens: u64) -> Complexity {
    let mut found = Complexity {
        input_tokens,
        tools: !prompt.tools.is_empty(),
        forced_tool: matches!(prompt.tool_choice, Some(ToolChoice::Required | ToolChoice::Named(_))),
        reasoning: prompt.reasoning.is_some_and(|reasoning| {
            reasoning.budget_tokens.is_some_and(|tokens| tokens > 0)
                || reasoning.effort.is_some_and(|effort| effort > Effort::Minimal)
        }),
        json_schema: matches!(prompt.format, ResponseFormat::JsonSchema { .. }),
        ..Complexity::default()
    };
    let turns = prompt.messages.iter().flat_map(|message| &message.content);
    for part in prompt.system.iter().chain(turns) {
        found.look_at(part);
    }
    found
}

impl Complexity {
    fn look_at(&mut self, part: &Part) {
        match part {
            Part::Image(_) => self.images = true,
            Part::File(_) => self.files = true,
            Part::ToolCall { .. } => self.tools = true,
            Part::ToolResult { content, .. } => {
                self.tools = true;
                for part in content {
                    self.look_at(part);
                }
            }
            Part::Text { .. } | Part::Reasoning { .. } | Part::RedactedReasoning { .. } | Part::Refusal { .. } => {}
        }
    }

    /// The tier for a request for which `asked` was named: that one or a better one. Points: one above 8,000 tokens and
    /// one above 64,000, one each for tools, pictures and files, two for reasoning; two points are for the standard tier,
    /// four for the best.
    pub fn raised(&self, asked: Tier) -> Tier {
        let signs = [
            self.input_tokens > LONG_TOKENS,
            self.input_tokens > VERY_LONG_TOKENS,
            self.tools,
            self.images,
            self.files,
            self.reasoning,
            self.reasoning,
        ];
        let points: u32 = signs.into_iter().map(u32::from).sum();
        let fitting = match points {
            BEST_POINTS.. => Tier::Best,
            STANDARD_POINTS.. => Tier::Standard,
            _ => Tier::Fast,
        };
        asked.max(fitting)
    }

    /// What of it a model with these capabilities cannot do; empty where it can. Whether a function *must* be called is
    /// not among them: see [`super::resolve`].
    pub fn beyond(&self, can: &Capabilities) -> Vec<&'static str> {
        [
            (self.tools, can.tools, "tools"),
            (self.images, can.images, "images"),
            (self.files, can.files, "files"),
            (self.reasoning, can.reasoning, "reasoning"),
            (self.json_schema, can.json_schema, "json_schema"),
        ]
        .into_iter()
        .filter_map(|(asked, can, name)| (asked && !can).then_some(name))
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Image, Message, Reasoning, Role, Tool};

    fn prompt(content: Vec<Part>) -> Prompt {
        Prompt { messages: vec![Message { role: Role::User, content }], ..Prompt::default() }
    }

    fn picture() -> Part {
        Part::Image(Image::Url { url: "https://example.com/a.png".to_owned(), detail: None })
    }

    #[test]
    fn a_picture_is_found_in_a_tools_result_too() {
        let result = Part::ToolResult { call_id: "1".to_owned(), content: vec![picture()], is_error: false };
        let found = complexity(&prompt(vec![result]), 10);
        assert!(found.images && found.tools && !found.files);
        assert_eq!(found.beyond(&Capabilities::default()), ["tools", "images"]);
        assert!(found.beyond(&Capabilities { tools: true, images: true, ..Capabilities::default() }).is_empty());
    }

    #[test]
    fn little_stays_fast_and_much_is_raised_but_never_lowered() {
        let hello = complexity(&prompt(vec![Part::text("hello")]), 3);
        assert_eq!(Tier::ALL.map(|tier| hello.raised(tier)), Tier::ALL);

        let thinking = Prompt {
            reasoning: Some(Reasoning { effort: Some(Effort::Low), budget_tokens: None, visible: false }),
            ..prompt(vec![Part::text("think")])
        };
        assert_eq!(complexity(&thinking, 3).raised(Tier::Fast), Tier::Standard);
        let minimal = Reasoning { effort: Some(Effort::Minimal), budget_tokens: Some(0), visible: false };
        let quick = Prompt { reasoning: Some(minimal), ..thinking.clone() };
        assert_eq!(complexity(&quick, 3).raised(Tier::Fast), Tier::Fast);
        assert_eq!(complexity(&thinking, 64_001).raised(Tier::Fast), Tier::Best);
        assert_eq!(complexity(&quick, 64_001).raised(Tier::Fast), Tier::Standard);
        assert_eq!(complexity(&quick, 64_000).raised(Tier::Fast), Tier::Fast);
    }

    #[test]
    fn a_demanded_call_is_told_apart_from_an_offered_one() {
        let tool = Tool { name: "f".to_owned(), description: None, parameters: serde_json::json!({}), strict: None };
        let offered = Prompt { tools: vec![tool], tool_choice: Some(ToolChoice::Auto), ..Prompt::default() };
        let demanded = Prompt { tool_choice: Some(ToolChoice::Named("f".to_owned())), ..offered.clone() };
        assert!(complexity(&offered, 1).tools && !complexity(&offered, 1).forced_tool);
        assert!(complexity(&demanded, 1).forced_tool);
    }
}
