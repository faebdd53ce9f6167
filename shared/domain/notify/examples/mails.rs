//! How many mails a second one core puts into words: `cargo run --release -p octavo-domain-notify --example mails`.

use octavo_domain_calendar::Zone;
use octavo_domain_notify::{Branding, Channel, Render, Rendered, TemplateError, Templates, languages, sample};
use std::time::{Duration, Instant};

const TEMPLATES: [&str; 3] = ["approval.requested", "digest", "generic"];
const MAILS: u32 = 5_000;

fn main() -> Result<(), TemplateError> {
    for template in TEMPLATES {
        let (first, each) = measure(template)?;
        let rate = 1.0 / each.as_secs_f64();
        println!("{template}: the first {first:?}, each further {each:?}: {rate:.0} a second on one core");
    }
    Ok(())
}

fn measure(template: &str) -> Result<(Duration, Duration), TemplateError> {
    let (templates, zone, branding) = (Templates::new(), Zone::utc(), Branding::default());
    let (data, languages) = (sample(template), languages(Some("de-AT"), None));
    let render = Render {
        template,
        channel: Channel::Email,
        languages: &languages,
        overrides: &[],
        branding: &branding,
        public_url: "https://octavo.example",
        zone: &zone,
        name: Some("Ada Lovelace"),
        category: template,
        data: &data,
        link: Some("/approvals/7"),
        unsubscribe_url: Some("https://octavo.example/v1/unsubscribe/token"),
        at: chrono::DateTime::UNIX_EPOCH,
    };
    let one = || -> Result<Rendered, TemplateError> { templates.render(&render) };
    let begun = Instant::now();
    one()?;
    let first = begun.elapsed();
    let begun = Instant::now();
    for _ in 0..MAILS {
        one()?;
    }
    Ok((first, begun.elapsed() / MAILS))
}
