//! Text that tries to give orders.

use super::blocklist::is_hidden;
use regex::RegexSet;
use std::sync::LazyLock;

/// What is looked for, and its name. Whoever adds one: a sentence in a test that it finds, and one that it must not.
const PATTERNS: [(&str, &str); 8] = [
    (
        "ignore_instructions",
        r"(?i)\b(?:ignore|disregard|forget|override|bypass)\b[^.!?\n]{0,40}\b(?:previous|prior|above|earlier|all|any|your|the|system)\b[^.!?\n]{0,40}\b(?:instructions?|prompts?|rules|guidelines|directions|messages?|context|constraints)\b",
    ),
    (
        "ignore_instructions",
        r"(?i)\bignorier\w*\b[^.!?\n]{0,40}\b(?:anweisung|instruktion|regel|vorgabe)\w*|\bignor(?:e|ez|er)\b[^.!?\n]{0,40}\b(?:consignes|règles)\b|\b(?:ignora|olvida)\b[^.!?\n]{0,40}\b(?:instrucciones|reglas|indicaciones)\b|忽略[^。！？\n]{0,12}(?:指令|指示|说明|提示)",
    ),
    (
        "role_header",
        r"(?im)^[ \t]*(?:#{1,4}[ \t]*)?(?:\*\*)?(?:system|assistant|developer|human)(?:\*\*)?[ \t]*:|<\|(?:im_start|im_end|system|user|assistant|endoftext|start_header_id|eot_id)|\[/?INST\]|<</?SYS>>|</?(?:system|assistant|developer)>",
    ),
    (
        "tool_call",
        r#"(?i)<(?:tool_call|function_calls?|invoke|tool_use)\b|"tool_calls"\s*:|"type"\s*:\s*"(?:tool_use|function_call|tool_result)""#,
    ),
    ("source_marker", r"(?i)<\s*/?\s*source\b"),
    (
        "new_persona",
        r"(?i)\b(?:you are now|from now on,? you(?: are| will|'ll)|pretend (?:to be|you are)|act as (?:if you|an? (?:unrestricted|uncensored|jailbroken)))\b|\b(?:DAN mode|developer mode|jailbreak)\b",
    ),
    (
        "prompt_leak",
        r"(?i)\b(?:reveal|print|repeat|show|output|leak|tell me|write out)\b[^.!?\n]{0,40}\b(?:system prompt|your (?:instructions|prompt|rules)|hidden (?:prompt|instructions)|initial (?:prompt|instructions))\b",
    ),
    (
        "exfiltration",
        r"(?i)!\[[^\]\n]{0,200}\]\(https?://[^)\s]{1,500}[?&][^)\s]{0,200}=|\b(?:send|post|forward|upload|exfiltrate)\b[^.!?\n]{0,60}\b(?:api[ _-]?keys?|passwords?|secrets?|credentials|conversation|chat history)\b[^.!?\n]{0,60}\b(?:to|at)\b",
    ),
];

static SET: LazyLock<RegexSet> =
    LazyLock::new(|| RegexSet::new(PATTERNS.map(|(_, pattern)| pattern)).expect("literals"));

/// Characters without width that no script needs: a few are slips of an editor, so many hide something.
const HIDDEN_MIN: usize = 8;

/// Names of the patterns of injected orders that `text` shows, each once, in a fixed order: `ignore_instructions`,
/// `role_header`, `tool_call`, `source_marker`, `new_persona`, `prompt_leak`, `exfiltration`, `hidden_text`. For marking and
/// the audit trail: an honest text on the subject shows them too, and a clever one shows none, so nothing is refused for it.
pub fn suspicion(text: &str) -> Vec<&'static str> {
    let mut names: Vec<&'static str> = SET.matches(text).iter().map(|place| PATTERNS[place].0).collect();
    names.dedup();
    let smuggled = text.chars().any(|c| matches!(c, '\u{e0020}'..='\u{e007e}' | '\u{202d}' | '\u{202e}'));
    let useless = |c: &char| is_hidden(*c) && !matches!(c, '\u{ad}' | '\u{200c}'..='\u{200f}');
    if smuggled || text.chars().filter(useless).take(HIDDEN_MIN).count() == HIDDEN_MIN {
        names.push("hidden_text");
    }
    names
}
