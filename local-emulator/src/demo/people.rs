//! How people are reached, when the office is open, and who decides for whom.

use super::client::{Platform, list};
use super::company::{HOST, PEOPLE};
use chrono::{DateTime, Datelike, TimeDelta, Utc};
use serde_json::{Value, json};

const ZONE: &str = "Europe/Vienna";

/// Who is away, from which day on, for how many days, who decides meanwhile, and about what (everything, if nothing is named).
const AWAY: [(&str, i64, i64, &str, &[&str]); 2] =
    [("felix", 3, 9, "nadja", &["contract", "purchase"]), ("greta", 0, 4, HOST, &["document"])];

/// Sets what nobody has set; answers how many people were new. Without `telephones` nobody has a number: a real provider would
/// ring whoever has it.
pub(super) async fn fill(platform: &Platform, now: DateTime<Utc>, telephones: bool) -> anyhow::Result<usize> {
    let admin = platform.person(HOST)?;
    let mut made = 0;
    for colleague in &PEOPLE {
        let path = format!("/v1/people/{}", colleague.user);
        let present = admin.get(&path).await?.found()?;
        if present.is_some_and(|present| present["updated_at"].is_string()) {
            continue;
        }
        let person = json!({
            "name": colleague.name, "email": format!("{}@moosgrund.example", colleague.user), "phone": colleague.phone.filter(|_| telephones),
            "language": colleague.language, "zone": ZONE, "groups": colleague.groups,
        });
        admin.put(&path, &person).await?.good()?;
        made += 1;
    }
    let settings = admin.get("/v1/notification-settings").await?;
    let etag = settings.etag.clone().unwrap_or_default();
    settings.good()?;
    if etag == "\"r0\"" {
        let settings = json!({
            "language": "en", "zone": ZONE,
            "branding": {
                "product": "Moosgrund Papers", "colour": "#3f6b3a",
                "footer": "Moosgrund Instruments GmbH, Mühlgang 12, 8020 Graz",
            },
        });
        admin.put_over("/v1/notification-settings", &etag, &settings).await?.good()?;
    }
    if admin.get("/v1/calendars/default").await?.good()?["updated_at"].is_null() {
        admin.put("/v1/calendars/default", &calendar(now)).await?.good()?;
    }
    let present = admin.get("/v1/substitutions?user=*").await?.good()?;
    for (user, begins, days, substitute, categories) in AWAY {
        if list(&present, "substitutions").any(|one| one["user"] == user && one["substitute"] == substitute) {
            continue;
        }
        let day = |days: i64| (now + TimeDelta::days(days)).date_naive();
        let substitution = json!({
            "user": user, "substitute": substitute, "from": day(begins), "to": day(begins + days - 1), "zone": ZONE,
            "categories": categories,
        });
        admin.post("/v1/substitutions", &substitution).await?.good()?;
    }
    Ok(made)
}

/// The office's hours, with the holidays of this year and the next.
fn calendar(now: DateTime<Utc>) -> Value {
    let (long, short) =
        (json!([{ "from": "08:00:00", "to": "17:00:00" }]), json!([{ "from": "08:00:00", "to": "14:00:00" }]));
    let fixed = [
        ("01-01", "Neujahr"),
        ("01-06", "Heilige Drei Könige"),
        ("05-01", "Staatsfeiertag"),
        ("08-15", "Mariä Himmelfahrt"),
        ("10-26", "Nationalfeiertag"),
        ("11-01", "Allerheiligen"),
        ("12-08", "Mariä Empfängnis"),
        ("12-24", "a gift"),
        ("12-25", "Christtag"),
        ("12-26", "Stefanitag"),
        ("12-31", "a gift"),
    ];
    let holidays: serde_json::Map<String, Value> = [now.year(), now.year() + 1]
        .iter()
        .flat_map(|year| fixed.iter().map(move |(day, name)| (format!("{year}-{day}"), json!(name))))
        .collect();
    json!({
        "zone": ZONE,
        "hours": { "monday": long, "tuesday": long, "wednesday": long, "thursday": long, "friday": short },
        "holidays": holidays,
    })
}
