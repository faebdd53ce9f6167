//! Search analytics: what a tenant's people look for, what they do not find, and which hits they open. No line of it says who.

mod counted;
mod report;
mod search_id;
mod store;

pub use counted::{ANALYTICS_TEXT_CHARS_MAX, Counted, SearchSeen, TOOK_CLASSES, TOOK_MS, analytics_text, counted};
pub use report::{
    ANALYTICS_DAYS_MAX, ANALYTICS_TEXTS_MAX, AnalyticsDay, AnalyticsFound, AnalyticsRange, TextFigures, TookClass,
    Totals, check_range,
};
pub use search_id::{CLICK_POSITION_MAX, Click, InvalidSearchId, SEARCH_ID_CHARS_MAX, SEARCH_ID_HOURS, SearchTicket};
pub use store::{CLICKS_DAY_MAX, CLICKS_SEARCH_MAX, SearchAnalytics, TEXTS_DAY_MAX};
