//! From names to candidates.

use super::*;
use crate::models::ProviderKind;

fn endpoint(name: &str, kind: ProviderKind, region: Option<&str>) -> Endpoint {
    let base_url = format!("https://{name}.example/v1/").parse().unwrap();
    Endpoint { name: name.to_owned(), kind, base_url, region: region.map(str::to_owned) }
}

fn endpoints() -> Vec<Arc<Endpoint>> {
    vec![
        Arc::new(endpoint("openai", ProviderKind::OpenAi, Some("us"))),
        Arc::new(endpoint("anthropic", ProviderKind::Anthropic, None)),
        Arc::new(endpoint("azure", ProviderKind::Azure { api_version: None }, Some("eu"))),
    ]
}

fn catalogue() -> Catalogue {
    Catalogue::built_in()
        .with_overrides(
            r#"{"models": [{"name": "org/small", "kind": "chat", "families": ["own"], "context_tokens": 8000,
                            "output_tokens_max": 1000, "providers": ["azure"]}],
                "offers": [{"provider": "azure", "model": "gpt-4.1", "upstream_model": "my-gpt", "price_factor": "1.1"},
                           {"provider": "azure", "model": "gpt-6.1-terra", "upstream_model": "terra-eu"}]}"#,
        )
        .unwrap()
}

fn ask(model: &str) -> Ask<'_> {
    Ask {
        model,
        kind: ModelKind::Chat,
        complexity: Complexity { input_tokens: 100, ..Complexity::default() },
        speaks_messages: None,
        max_output: None,
    }
}

fn found(policy: &str, ask: &Ask<'_>) -> Result<Vec<String>, Unroutable> {
    let policy: Policy = serde_json::from_str(policy).unwrap();
    let found = resolve(&catalogue(), &policy, &endpoints(), ask)?;
    let text = |one: Candidate| match one.upstream_model == one.target.model {
        true => one.target.to_string(),
        false => format!("{} as {}", one.target, one.upstream_model),
    };
    Ok(found.into_iter().map(text).collect())
}

fn names(policy: &str, model: &str) -> Vec<String> {
    found(policy, &ask(model)).unwrap()
}

#[test]
fn a_model_has_many_names() {
    let standard = ["openai/gpt-6.1-terra", "azure/gpt-6.1-terra as terra-eu", "anthropic/claude-sonnet-5-5"];
    for name in ["standard", "octavo/standard", "auto", "octavo/auto"] {
        assert_eq!(names("{}", name), standard, "{name}");
    }
    assert_eq!(names(r#"{"default_tier": "fast"}"#, "auto"), ["openai/gpt-6-luna", "anthropic/claude-haiku-5-5"]);
    assert_eq!(names("{}", "gpt-4.1"), ["openai/gpt-4.1", "azure/gpt-4.1 as my-gpt"]);
    assert_eq!(names("{}", "azure/gpt-4.1"), ["azure/gpt-4.1 as my-gpt"]);
    assert_eq!(names("{}", "azure/standard"), ["azure/gpt-6.1-terra as terra-eu"]);
    assert_eq!(names("{}", "claude-opus"), ["anthropic/claude-opus-5-5"]);
    assert_eq!(names("{}", "anthropic/claude-haiku").len(), 2);
    // A name with a slash of its own is a name first.
    assert_eq!(names("{}", "org/small"), ["azure/org/small"]);
    assert_eq!(names("{}", "azure/org/small"), ["azure/org/small"]);
    assert_eq!(names(r#"{"aliases": {"gpt-4o": "claude-opus"}}"#, "gpt-4o"), ["anthropic/claude-opus-5-5"]);
}

#[test]
fn a_dated_name_is_asked_for_by_that_name_where_the_provider_knows_it() {
    assert_eq!(names("{}", "gpt-4.1-2025-04-14"), ["openai/gpt-4.1 as gpt-4.1-2025-04-14", "azure/gpt-4.1 as my-gpt"]);
}

/// Fault 8 of the research page: never by prefix.
#[test]
fn fault_8_an_unknown_name_is_unknown_and_told_its_neighbours() {
    let Err(Unroutable::UnknownModel { asked, near }) = found("{}", &ask("claude-sonnet-5-5-20261001")) else {
        panic!("found");
    };
    assert_eq!((asked.as_str(), near[0].as_str()), ("claude-sonnet-5-5-20261001", "claude-sonnet-5-5"));
    for name in ["", "/", "openai/", "nobody/gpt-4.1", "gpt-4.1/openai", "Standard"] {
        assert!(matches!(found("{}", &ask(name)), Err(Unroutable::UnknownModel { .. })), "{name}");
    }
    // An alias is followed once.
    let policy = r#"{"aliases": {"a": "b", "b": "standard"}}"#;
    assert!(matches!(found(policy, &ask("a")), Err(Unroutable::UnknownModel { .. })));
}

#[test]
fn the_policys_lists_are_kept() {
    let by = |policy: &str, model: &str| match found(policy, &ask(model)) {
        Err(Unroutable::NotAllowed { by, .. }) => Some(by),
        _ => None,
    };
    assert_eq!(by(r#"{"models": ["best"]}"#, "gpt-4.1"), Some(AllowList::Models));
    assert_eq!(by(r#"{"models": ["gpt-4"]}"#, "gpt-4.1"), None);
    assert_eq!(by(r#"{"models": ["gpt-4.1"]}"#, "standard"), Some(AllowList::Models));
    assert_eq!(by(r#"{"providers": ["azure"]}"#, "claude"), Some(AllowList::Providers));
    assert_eq!(by(r#"{"regions": ["eu"]}"#, "gpt-6-luna"), Some(AllowList::Regions));
    // A provider that does not say where it is may be anywhere.
    assert_eq!(by(r#"{"regions": ["eu", "us"]}"#, "claude"), Some(AllowList::Regions));
    assert_eq!(names(r#"{"regions": ["eu"]}"#, "standard"), ["azure/gpt-6.1-terra as terra-eu"]);
}

#[test]
fn what_cannot_do_it_is_left_out() {
    let demanding = Complexity { input_tokens: 100, reasoning: true, ..Complexity::default() };
    let no_raise = r#"{"routing": {"raise_tier": false}}"#;
    let thinking = |model| found(no_raise, &Ask { complexity: demanding, ..ask(model) });
    assert_eq!(
        thinking("gpt"),
        found(no_raise, &Ask { complexity: demanding, ..ask("gpt-6") }).map(|mut six| {
            six.extend(["openai/gpt-5.5".to_owned(), "openai/gpt-5.4-mini".to_owned()]);
            six
        })
    );
    assert_eq!(
        thinking("gpt-4.1"),
        Err(Unroutable::Incapable { asked: "gpt-4.1".to_owned(), what: vec!["reasoning"] })
    );
    let embedding = Ask { kind: ModelKind::Embedding, ..ask("text-embedding-3-small") };
    assert_eq!(found("{}", &embedding).unwrap(), ["openai/text-embedding-3-small"]);
    let Err(Unroutable::Incapable { what, .. }) = found("{}", &ask("text-embedding-3-small")) else { panic!("chat") };
    assert_eq!(what, ["chat"]);
    let Err(Unroutable::Incapable { what, .. }) = found("{}", &Ask { speaks_messages: Some(true), ..ask("gpt-4.1") })
    else {
        panic!("native");
    };
    assert_eq!(what, ["native_form"]);
    let native = Ask { speaks_messages: Some(true), ..ask("standard") };
    assert_eq!(found("{}", &native).unwrap(), ["anthropic/claude-sonnet-5-5"]);
}

#[test]
fn a_demanded_call_and_a_long_answer_choose_among_several_and_refuse_nothing() {
    let no_raise = r#"{"routing": {"raise_tier": false}}"#;
    let forced = Complexity { tools: true, forced_tool: true, ..Complexity::default() };
    let demanded = |model| found(no_raise, &Ask { complexity: forced, ..ask(model) }).unwrap();
    assert_eq!(demanded("standard"), ["openai/gpt-6.1-terra", "azure/gpt-6.1-terra as terra-eu"]);
    assert_eq!(demanded("claude-sonnet-5-5"), ["anthropic/claude-sonnet-5-5"]);
    let long = |model| found("{}", &Ask { max_output: Some(100_000), ..ask(model) }).unwrap();
    assert_eq!(long("claude-haiku"), ["anthropic/claude-haiku-5-5"]);
    assert_eq!(long("claude-haiku-4-5"), ["anthropic/claude-haiku-4-5"]);
}

#[test]
fn what_does_not_fit_is_too_long_and_what_barely_may_is_tried() {
    let sized = |model, input_tokens, max_output| {
        let complexity = Complexity { input_tokens, ..Complexity::default() };
        found("{}", &Ask { complexity, max_output, ..ask(model) })
    };
    assert!(sized("gpt-4o", 128_000, None).is_ok());
    // The count is high by up to 35%: 128,000 x 1.35 = 172,800.
    assert!(sized("gpt-4o", 172_000, None).is_ok());
    assert_eq!(
        sized("gpt-4o", 173_000, None),
        Err(Unroutable::TooLong { asked: "gpt-4o".to_owned(), tokens: 173_000, max: 128_000 })
    );
    assert!(matches!(sized("gpt-4o", 172_000, Some(10_000)), Err(Unroutable::TooLong { tokens: 182_000, .. })));
    assert!(matches!(sized("gpt-4o", u64::MAX, Some(u64::MAX)), Err(Unroutable::TooLong { .. })));
    // Where another of the family surely has room, what barely may is left out.
    assert_eq!(sized("gpt-4", 172_000, None).unwrap(), ["openai/gpt-4.1", "azure/gpt-4.1 as my-gpt"]);
}

#[test]
fn a_tier_is_raised_by_what_is_asked_and_comes_back_where_it_must() {
    let heavy = Complexity { input_tokens: 70_000, tools: true, images: true, ..Complexity::default() };
    let asked = |policy: &str, model| found(policy, &Ask { complexity: heavy, ..ask(model) }).unwrap();
    assert_eq!(asked("{}", "fast"), ["openai/gpt-6.1-sol", "anthropic/claude-opus-5-5"]);
    let fast = ["openai/gpt-6-luna", "anthropic/claude-haiku-5-5"];
    assert_eq!(asked(r#"{"routing": {"raise_tier": false}}"#, "fast"), fast);
    // What the policy does not allow is not raised to.
    assert_eq!(asked(r#"{"models": ["fast"]}"#, "fast"), fast);
    assert_eq!(asked(r#"{"models": ["fast", "standard"]}"#, "fast").len(), 3);
    // Never lowered: the best is not there, and the answer says so of what was asked for.
    let refused = found(r#"{"models": ["fast"]}"#, &Ask { complexity: heavy, ..ask("standard") });
    assert_eq!(refused, Err(Unroutable::NotAllowed { asked: "standard".to_owned(), by: AllowList::Models }));
    // A tier that nobody can serve is helped by a better one: only Azure is in the EU, and has no fast model.
    assert_eq!(names(r#"{"regions": ["eu"]}"#, "fast"), ["azure/gpt-6.1-terra as terra-eu"]);
    // Names are never raised.
    assert_eq!(asked("{}", "gpt-6-luna"), ["openai/gpt-6-luna"]);
}

/// Fault 8 of the research page: what has no price is not free.
#[test]
fn fault_8_without_a_price_nothing_is_used_under_a_budget_of_money() {
    let money = r#"{"budgets": [{"period": "day", "dollars": "1"}]}"#;
    assert_eq!(found(money, &ask("own")), Err(Unroutable::Unpriced { asked: "own".to_owned() }));
    assert!(found(r#"{"budgets": [{"period": "day", "tokens": 5}]}"#, &ask("own")).is_ok());
    let allowed = r#"{"budgets": [{"period": "day", "dollars": "1"}], "allow_unpriced": true}"#;
    assert!(found(allowed, &ask("own")).is_ok());
    assert_eq!(names(money, "gpt-4.1").len(), 2);
}

#[test]
fn nobody_configured_is_not_nobody_known() {
    let none: [Endpoint; 0] = [];
    let refused = resolve(&catalogue(), &Policy::default(), &none, &ask("standard"));
    assert_eq!(refused, Err(Unroutable::NoProvider { asked: "standard".to_owned() }));
    let refused = resolve(&catalogue(), &Policy::default(), &none, &ask("azure/gpt-4.1"));
    assert_eq!(refused, Err(Unroutable::NoProvider { asked: "azure/gpt-4.1".to_owned() }));
    assert_eq!(
        Unroutable::UnknownModel { asked: "x".to_owned(), near: vec!["y".to_owned(), "z".to_owned()] }.to_string(),
        "there is no model `x`; is it y or z?"
    );
}
