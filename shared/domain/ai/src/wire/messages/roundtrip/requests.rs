//! Prompts, written as requests and read again. Only what both can say: see the documentation of `encode_request`.

use crate::models::Capabilities;
use crate::wire::messages::decode_options::SCHEMA_NAME;
use crate::wire::messages::{decode_request, encode_request};
use crate::{Effort, File, Image, Message, Part, Prompt, Reasoning, ResponseFormat, Role, Tool, ToolChoice};
use proptest::collection::{btree_map, vec};
use proptest::option::of;
use proptest::prelude::*;
use serde_json::json;

const OUTPUT_TOKENS_MAX: u64 = 8_192;

fn words() -> impl Strategy<Value = String> {
    "[a-zé\" \\\\\n]{0,10}[a-z]"
}

fn text() -> impl Strategy<Value = Part> {
    (words(), any::<bool>()).prop_map(|(text, cache)| Part::Text { text, cache })
}

fn picture() -> impl Strategy<Value = Part> {
    prop_oneof![
        "[A-Za-z0-9+/]{4}"
            .prop_map(|base64| { Part::Image(Image::Data { media_type: "image/png".into(), base64, detail: None }) }),
        "https://[a-z]{1,8}/".prop_map(|url| Part::Image(Image::Url { url, detail: None })),
    ]
}

fn arguments() -> impl Strategy<Value = String> {
    btree_map("[a-z]{1,3}", ".{0,4}", 0..3).prop_map(|map| serde_json::to_string(&map).unwrap())
}

fn id() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9_-]{1,8}"
}

fn asked() -> impl Strategy<Value = Message> {
    let result = (id(), vec(prop_oneof![text(), picture()], 0..3), any::<bool>())
        .prop_map(|(call_id, content, is_error)| Part::ToolResult { call_id, content, is_error });
    let file = (of(words()), "[A-Za-z0-9]{4}")
        .prop_map(|(name, base64)| Part::File(File { name, media_type: "application/pdf".into(), base64 }));
    (vec(result, 0..3), text(), vec(prop_oneof![text(), picture(), file], 0..3)).prop_map(|(results, text, more)| {
        let content = results.into_iter().chain([text]).chain(more).collect();
        Message { role: Role::User, content }
    })
}

fn answered() -> impl Strategy<Value = Message> {
    let thought = prop_oneof![
        (words(), words()).prop_map(|(text, proof)| Part::Reasoning { text, signature: Some(proof) }),
        words().prop_map(|data| Part::RedactedReasoning { data }),
    ];
    let call =
        (id(), "[a-z]{1,8}", arguments()).prop_map(|(id, name, arguments)| Part::ToolCall { id, name, arguments });
    (vec(thought, 0..2), text(), vec(call, 0..3)).prop_map(|(thoughts, text, calls)| {
        let content = thoughts.into_iter().chain([text]).chain(calls).collect();
        Message { role: Role::Assistant, content }
    })
}

fn conversation() -> impl Strategy<Value = Vec<Message>> {
    (vec((asked(), answered()), 0..3), asked()).prop_map(|(turns, last)| {
        turns.into_iter().flat_map(|(asked, answered)| [asked, answered]).chain([last]).collect()
    })
}

fn tool() -> impl Strategy<Value = Tool> {
    ("[a-z_]{1,8}", of(words())).prop_map(|(name, description)| {
        let parameters = json!({"type": "object", "properties": {"a": {"type": "string"}}});
        Tool { name, description, parameters, strict: None }
    })
}

fn choice() -> impl Strategy<Value = (Option<ToolChoice>, Option<bool>)> {
    let parallel = || prop_oneof![Just(None), Just(Some(false))];
    prop_oneof![
        Just((None, None)),
        Just((Some(ToolChoice::None), None)),
        (Just(Some(ToolChoice::Auto)), parallel()),
        (Just(Some(ToolChoice::Required)), parallel()),
        ("[a-z]{1,8}".prop_map(|name| Some(ToolChoice::Named(name))), parallel()),
    ]
}

fn format() -> impl Strategy<Value = ResponseFormat> {
    let schema = json!({"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": false});
    let asked = ResponseFormat::JsonSchema { name: SCHEMA_NAME.into(), schema, strict: Some(true) };
    prop_oneof![Just(ResponseFormat::Text), Just(asked)]
}

fn prompt() -> impl Strategy<Value = Prompt> {
    let content = (vec(text(), 0..3), conversation(), vec(tool(), 1..3), choice());
    let limits = (1..=OUTPUT_TOKENS_MAX, vec("[a-z\n]{0,3}[A-Z]", 0..3), of(words()), any::<bool>(), format());
    (content, limits).prop_map(|(content, limits)| {
        let (system, messages, tools, (tool_choice, parallel_tool_calls)) = content;
        let (max_tokens, stop, end_user, stream, format) = limits;
        Prompt {
            system,
            messages,
            tools,
            tool_choice,
            parallel_tool_calls,
            max_tokens: Some(max_tokens),
            stop,
            format,
            end_user,
            stream,
            ..Prompt::default()
        }
    })
}

fn thinking() -> impl Strategy<Value = Reasoning> {
    use Effort::{High, Low, Maximal, Medium};
    (of(proptest::sample::select(vec![Low, Medium, High, Maximal])), any::<bool>())
        .prop_map(|(effort, visible)| Reasoning { effort, budget_tokens: None, visible })
}

fn again(prompt: &Prompt, sampling: bool) -> Prompt {
    let can = Capabilities { sampling, forced_tools: sampling, ..Capabilities::default() };
    let decoded = decode_request(&encode_request(prompt, "m", OUTPUT_TOKENS_MAX, &can)).unwrap();
    assert_eq!((decoded.model.as_str(), decoded.native_only.len()), ("m", 0));
    decoded.prompt
}

proptest! {
    #[test]
    fn a_request_reads_as_the_prompt_that_it_was(
        mut prompt in prompt(),
        sampling in prop_oneof![
            (of(0.0..=1.0_f64)).prop_map(|temperature| (temperature, None)),
            (of(0.0..=1.0_f64)).prop_map(|top_p| (None, top_p)),
        ],
        top_k in of(0..500_u64),
    ) {
        (prompt.temperature, prompt.top_p) = sampling;
        prompt.top_k = top_k;
        prop_assert_eq!(again(&prompt, true), prompt);
    }

    #[test]
    fn so_does_one_for_a_model_that_decides_itself_how_much_to_think(
        mut prompt in prompt(),
        reasoning in of(thinking()),
    ) {
        if matches!(prompt.tool_choice, Some(ToolChoice::Required | ToolChoice::Named(_))) {
            prompt.tool_choice = Some(ToolChoice::Auto);
        }
        prompt.reasoning = reasoning;
        prop_assert_eq!(again(&prompt, false), prompt);
    }

    #[test]
    fn whatever_the_prompt_what_is_written_can_be_read(mut prompt in prompt(), order in any::<u64>()) {
        // Turns in any order, results without calls, calls without functions.
        let by = usize::try_from(order).unwrap_or_default() % prompt.messages.len();
        prompt.messages.rotate_left(by);
        prompt.tools.clear();
        let messages = again(&prompt, order % 2 == 0).messages;
        prop_assert_eq!(messages[0].role, Role::User);
        prop_assert!(messages.windows(2).all(|turns| turns[0].role != turns[1].role));
        prop_assert!(messages.iter().all(|turn| !turn.content.is_empty()));
    }
}
