//! What search is told by people: words that mean the same, searches that tell of what is new, and a morning of searching, so
//! that there is something to learn from.

use super::client::{Platform, list};
use super::company::HOST;
use serde_json::{Value, json};

/// Saved searches: whose, how they are called, what is looked for.
const SAVED: [(&str, &str, &str); 3] =
    [(HOST, "Contracts", "contract"), (HOST, "Frost alarm", "frost alarm"), ("ines", "Peat", "peat drift")];

/// A morning: who looked for what, and which hit they opened, from 1 on; 0 is none.
const MORNING: [(&str, &str, u32); 14] = [
    ("karim", "battery cells winter", 1),
    ("karim", "gateway offline", 1),
    ("karim", "gateway offline", 2),
    ("sofia", "price list", 1),
    ("sofia", "discount portugal", 1),
    ("paul", "solder bridge", 2),
    ("paul", "Kupferlinie", 1),
    ("ines", "clay calibration", 1),
    ("ines", "leaf wetness", 1),
    ("nadja", "Urlaub", 1),
    ("nadja", "sabbatical", 0),
    ("greta", "insurance premium", 1),
    ("tobias", "bootloader encryption standard", 0),
    (HOST, "frost alarm", 3),
];

/// Tells what nobody has told; answers how many were new.
pub(super) async fn fill(platform: &Platform) -> anyhow::Result<usize> {
    let new = synonyms(platform).await?;
    if new > 0 {
        morning(platform).await?;
    }
    Ok(new + saved(platform).await?)
}

async fn synonyms(platform: &Platform) -> anyhow::Result<usize> {
    let admin = platform.person(HOST)?;
    let present = admin.get("/v1/search/synonyms").await?.good()?;
    if present["revision"] != 0 {
        return Ok(0);
    }
    let rules = json!({
        "equivalents": [
            ["holiday", "vacation", "Urlaub"],
            ["contract", "agreement", "Vertrag"],
            ["probe", "sensor", "Sonde"],
            ["invoice", "bill", "Rechnung"],
            ["salt", "conductivity"],
            ["printed circuit board", "PCB", "Leiterplatte"],
        ],
        "one_way": [{ "from": "home office", "to": ["remote work", "Telearbeit"] }, { "from": "GDPR", "to": ["Datenschutz"] }],
    });
    admin.put_over("/v1/search/synonyms", "\"r0\"", &rules).await?.good()?;
    Ok(8)
}

async fn saved(platform: &Platform) -> anyhow::Result<usize> {
    let mut made = 0;
    for (user, name, text) in SAVED {
        let person = platform.person(user)?;
        let present = person.get("/v1/search/saved").await?.good()?;
        if list(&present, "saved").any(|one| one["name"] == name) {
            continue;
        }
        let search = json!({ "name": name, "search": { "text": text }, "notify": "daily" });
        person.post("/v1/search/saved", &search).await?.good()?;
        made += 1;
    }
    Ok(made)
}

async fn morning(platform: &Platform) -> anyhow::Result<()> {
    for (user, text, opened) in MORNING {
        let person = platform.person(user)?;
        let found = person.post("/v1/search", &json!({ "text": text })).await?.good()?;
        let hit = list(&found, "hits").nth(opened.saturating_sub(1) as usize);
        if let (1.., Some(hit), Value::String(search)) = (opened, hit, &found["search_id"]) {
            let click = json!({ "search_id": search, "document": hit["id"], "position": opened });
            person.post("/v1/search/clicks", &click).await?.good()?;
        }
    }
    Ok(())
}
