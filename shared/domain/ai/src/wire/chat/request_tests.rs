//! Requests in and out.

use super::{decode_request, encode_request};
use crate::wire::Decoded;
use crate::{Effort, File, Image, Message, Part, Prompt, Reasoning, ResponseFormat, Role, Tool, ToolChoice};
use proptest::prelude::*;
use serde_json::{Value, json};

fn decode(body: &Value) -> Result<Decoded, Vec<String>> {
    decode_request(body.as_object().unwrap())
        .map_err(|faults| faults.into_iter().map(|fault| format!("{}: {}", fault.field, fault.message)).collect())
}

/// The places that are wrong in a request that is right but for `members`.
fn places(members: &Value) -> Vec<String> {
    let mut body = json!({"model": "m", "messages": [{"role": "user", "content": "hi"}]});
    for (name, value) in members.as_object().unwrap() {
        body[name] = value.clone();
    }
    match decode(&body) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.iter().map(|fault| fault.split(':').next().unwrap().to_owned()).collect(),
    }
}

fn native(members: &Value) -> Vec<String> {
    let mut body = json!({"model": "m", "messages": [{"role": "user", "content": "hi"}]});
    for (name, value) in members.as_object().unwrap() {
        body[name] = value.clone();
    }
    decode(&body).unwrap().native_only
}

#[test]
fn a_conversation_is_read() {
    let call = |id: &str| json!({"id": id, "type": "function", "function": {"name": "f", "arguments": "{}"}});
    let decoded = decode(&json!({
        "model": "standard",
        "messages": [
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "name": "ann", "content": [
                {"type": "text", "text": "What is it?"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo=", "detail": "low"}},
                {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERg=="}}]},
            {"role": "assistant", "content": "", "tool_calls": [call("a"), call("b")]},
            {"role": "tool", "tool_call_id": "a", "content": "1"},
            {"role": "tool", "tool_call_id": "b", "content": [{"type": "text", "text": "2"}]},
            {"role": "system", "content": [{"type": "text", "text": "And polite."}]},
            {"role": "assistant", "content": null, "refusal": "No."}],
        "max_tokens": 7, "stop": "END", "reasoning_effort": "xhigh", "user": "u-1", "unknown": {"x": 1},
        "stream": true, "stream_options": {"include_usage": true}
    }))
    .unwrap();
    insta::assert_debug_snapshot!(decoded);
}

#[test]
fn what_is_wrong_is_named_by_its_place() {
    let faults = decode(&json!({
        "messages": [
            {"role": "robot", "content": "x"},
            {"role": "user", "content": []},
            {"role": "user", "content": [
                {"type": "image_url", "image_url": {"url": "data:image/tiff;base64,AAAA"}}, {"type": "video"}, 7]},
            {"role": "system", "content": [{"type": "image_url", "image_url": {"url": "https://x/y"}}]},
            {"role": "assistant", "content": null},
            {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f"}}]},
            {"role": "tool", "content": "x"},
            {"content": "x"}],
        "temperature": 2.5, "top_p": -1, "max_tokens": 0, "stop": ["1", "2", "3", "4", "5"], "stream": "yes",
        "tools": [{"type": "function", "function": {"name": "not allowed"}}], "tool_choice": "sometimes"
    }))
    .unwrap_err();
    insta::assert_snapshot!(faults.join("\n"));
}

#[test]
fn members_are_checked() {
    let nothing: [&str; 0] = [];
    assert_eq!(places(&json!({})), nothing);
    assert_eq!(places(&json!({"messages": []})), ["messages"]);
    assert_eq!(places(&json!({"messages": null})), ["messages"]);
    assert_eq!(places(&json!({"messages": "hi"})), ["messages"]);
    assert_eq!(places(&json!({"model": ""})), ["model"]);
    assert_eq!(places(&json!({"model": 4})), ["model"]);
    assert_eq!(places(&json!({"max_tokens": 1, "max_completion_tokens": 1})), ["max_tokens"]);
    assert_eq!(places(&json!({"stream_options": {"include_usage": true}})), ["stream_options"]);
    assert_eq!(places(&json!({"response_format": {"type": "xml"}})), ["response_format.type"]);
    let nameless = json!({"response_format": {"type": "json_schema", "json_schema": {"schema": {}}}});
    assert_eq!(places(&nameless), ["response_format.json_schema.name"]);
    assert_eq!(places(&json!({"reasoning_effort": "extreme"})), ["reasoning_effort"]);
    assert_eq!(places(&json!({"n": 0})), ["n"]);
    assert_eq!(places(&json!({"presence_penalty": 3})), ["presence_penalty"]);
    assert_eq!(places(&json!({"tool_choice": {"type": "function"}})), ["tool_choice.function"]);
    assert_eq!(places(&json!({"temperature": null, "stop": null, "tools": null, "stream": null})), nothing);
}

#[test]
fn only_what_another_form_cannot_honour_is_native() {
    let harmless = json!({"user": "u", "metadata": {"a": "b"}, "seed": 4, "safety_identifier": "s", "verbosity": "low",
        "prompt_cache_key": "k", "presence_penalty": 0, "frequency_penalty": 0.0, "n": 1, "store": false,
        "service_tier": "auto", "logprobs": false, "logit_bias": {}, "modalities": ["text"], "x_unknown": 1});
    assert_eq!(native(&harmless), Vec::<String>::new());
    for (members, expected) in [
        (json!({"n": 2}), "n"),
        (json!({"logprobs": true}), "logprobs"),
        (json!({"store": true}), "store"),
        (json!({"presence_penalty": 0.5}), "presence_penalty"),
        (json!({"logit_bias": {"1": 5}}), "logit_bias"),
        (json!({"modalities": ["text", "audio"]}), "modalities"),
        (json!({"audio": {"voice": "alloy"}}), "audio"),
        (json!({"prediction": {"type": "content", "content": "x"}}), "prediction"),
        (json!({"web_search_options": {}}), "web_search_options"),
        (json!({"functions": [{"name": "f"}]}), "functions"),
        (json!({"function_call": "auto"}), "function_call"),
        (json!({"service_tier": "flex"}), "service_tier"),
        (json!({"tools": [{"type": "custom", "custom": {"name": "x"}}]}), "tools.custom"),
        (json!({"tool_choice": {"type": "allowed_tools"}}), "tool_choice.allowed_tools"),
    ] {
        assert_eq!(native(&members), [expected]);
    }
    let content = json!([{"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}, {"type": "file", "file": {"file_id": "file-1"}}]);
    assert_eq!(native(&json!({"messages": [{"role": "user", "content": content}]})), ["input_audio", "file_id"]);
}

#[test]
fn a_prompt_of_another_form_is_sent() {
    let text = |text: &str| Part::text(text);
    let call = |id: &str| Part::ToolCall { id: id.to_owned(), name: "f".to_owned(), arguments: "{}".to_owned() };
    let picture = || Part::Image(Image::Url { url: "https://example.org/a.png".to_owned(), detail: None });
    let result = |id: &str, content, is_error| Part::ToolResult { call_id: id.to_owned(), content, is_error };
    let user = |content| Message { role: Role::User, content };
    let assistant = |content| Message { role: Role::Assistant, content };
    let prompt = Prompt {
        system: vec![text("One."), Part::Text { text: "Two.".to_owned(), cache: true }],
        messages: vec![
            user(vec![text("Hello"), picture()]),
            assistant(vec![
                Part::Reasoning { text: "hm".to_owned(), signature: Some("s".to_owned()) },
                text("Let me see."),
                call("a"),
                call("b"),
            ]),
            user(vec![result("a", vec![picture()], false), result("b", Vec::new(), true), text("Go on.")]),
            assistant(vec![Part::RedactedReasoning { data: "x".to_owned() }]),
        ],
        tools: vec![Tool {
            name: "f".to_owned(),
            description: None,
            parameters: json!({"type": "object"}),
            strict: Some(true),
        }],
        tool_choice: Some(ToolChoice::Named("f".to_owned())),
        max_tokens: Some(1_000),
        temperature: Some(0.5),
        top_k: Some(40),
        reasoning: Some(Reasoning { effort: None, budget_tokens: Some(10_000), visible: true }),
        format: ResponseFormat::JsonObject,
        stream: true,
        ..Prompt::default()
    };
    insta::assert_json_snapshot!(encode_request(&prompt, "gpt-4.1", true));
    assert!(!encode_request(&prompt, "o4-mini", false).contains_key("temperature"));
}

fn words() -> impl Strategy<Value = String> {
    "[a-zA-Zäß\u{1F389}\"\\\\\n ]{1,12}"
}

fn texts(most: usize) -> impl Strategy<Value = Vec<Part>> {
    prop::collection::vec(words().prop_map(Part::text), 1..=most)
}

fn detail() -> impl Strategy<Value = Option<String>> {
    prop::option::of(prop::sample::select(vec!["low".to_owned(), "high".to_owned()]))
}

fn media() -> impl Strategy<Value = Part> {
    let bytes = || prop::sample::select(vec!["AAAA", "iVBORw0KGgo=", "aGk="]).prop_map(str::to_owned);
    prop_oneof![
        words().prop_map(Part::text),
        detail().prop_map(|detail| Part::Image(Image::Url { url: "https://example.org/a".to_owned(), detail })),
        (bytes(), detail()).prop_map(|(base64, detail)| {
            Part::Image(Image::Data { media_type: "image/webp".to_owned(), base64, detail })
        }),
        (bytes(), words()).prop_map(|(base64, name)| {
            Part::File(File { name: Some(name), media_type: "application/pdf".to_owned(), base64 })
        }),
    ]
}

/// One round: the person asks, the model answers or calls, and its calls are answered. So a turn of results never follows
/// another, which this form could not tell apart from one.
fn round() -> impl Strategy<Value = Vec<Message>> {
    let calls = prop::collection::vec(("[a-z]{1,8}", words(), texts(2)), 0..3);
    (prop::collection::vec(media(), 1..4), texts(2), prop::option::of(words()), calls).prop_map(
        |(asked, said, refused, calls)| {
            let mut answer = said;
            answer.extend(refused.map(|text| Part::Refusal { text }));
            let mut results = Vec::new();
            for (id, arguments, content) in calls {
                answer.push(Part::ToolCall { id: id.clone(), name: "f".to_owned(), arguments });
                results.push(Part::ToolResult { call_id: id, content, is_error: false });
            }
            let mut turns =
                vec![Message { role: Role::User, content: asked }, Message { role: Role::Assistant, content: answer }];
            if !results.is_empty() {
                turns.push(Message { role: Role::User, content: results });
            }
            turns
        },
    )
}

fn tools() -> impl Strategy<Value = (Vec<Tool>, Option<ToolChoice>, Option<bool>)> {
    let choice = prop::sample::select(vec![
        None,
        Some(ToolChoice::Auto),
        Some(ToolChoice::None),
        Some(ToolChoice::Required),
        Some(ToolChoice::Named("f_1-A".to_owned())),
    ]);
    let tool = (prop::option::of(words()), any::<Option<bool>>()).prop_map(|(description, strict)| Tool {
        name: "f_1-A".to_owned(),
        description,
        parameters: json!({"type": "object", "properties": {"a": {"type": ["string", "null"]}}}),
        strict,
    });
    prop_oneof![Just((Vec::new(), None, None)), (prop::collection::vec(tool, 1..3), choice, any::<Option<bool>>()),]
}

fn options() -> impl Strategy<Value = Prompt> {
    let format = prop_oneof![
        Just(ResponseFormat::Text),
        Just(ResponseFormat::JsonObject),
        any::<Option<bool>>().prop_map(|strict| ResponseFormat::JsonSchema {
            name: "n".to_owned(),
            schema: json!({"type": "object"}),
            strict
        }),
    ];
    let efforts = [Effort::None, Effort::Minimal, Effort::Low, Effort::Medium, Effort::High, Effort::Maximal];
    let reasoning = prop::option::of(prop::sample::select(efforts.to_vec()).prop_map(|effort| Reasoning {
        effort: Some(effort),
        budget_tokens: None,
        visible: false,
    }));
    let numbers = (
        prop::option::of(1..u64::MAX),
        prop::option::of((0..=200_u8).prop_map(|hundredths| f64::from(hundredths) / 100.0)),
        prop::option::of((0..=100_u8).prop_map(|hundredths| f64::from(hundredths) / 100.0)),
        any::<Option<i64>>(),
    );
    let stop = prop::collection::vec(words(), 0..=4);
    (numbers, stop, format, reasoning, prop::option::of(words()), any::<bool>()).prop_map(
        |((max_tokens, temperature, top_p, seed), stop, format, reasoning, end_user, stream)| Prompt {
            max_tokens,
            temperature,
            top_p,
            seed,
            stop,
            format,
            reasoning,
            end_user,
            stream,
            stream_usage: stream,
            ..Prompt::default()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_this_form_can_say_comes_back_as_it_was(
        rounds in prop::collection::vec(round(), 1..4),
        system in prop_oneof![Just(Vec::new()), texts(3)],
        (tools, tool_choice, parallel_tool_calls) in tools(),
        options in options(),
    ) {
        let messages = rounds.into_iter().flatten().collect();
        let prompt = Prompt { system, messages, tools, tool_choice, parallel_tool_calls, ..options };
        let body = encode_request(&prompt, "m", true);
        // Through text, as it goes over the wire.
        let body = serde_json::from_str::<Value>(&Value::Object(body).to_string()).unwrap();
        let decoded = decode(&body).unwrap();
        prop_assert_eq!(decoded, Decoded { model: "m".to_owned(), prompt, native_only: Vec::new() });
    }
}
