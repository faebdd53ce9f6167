//! `/_faults`, `/_requests` and `/_stats`.
//!
//! | method | path | does |
//! |---|---|---|
//! | GET | `/_faults` | lists faults with their state |
//! | POST | `/_faults` | adds a fault, 201 with its state |
//! | DELETE | `/_faults` | removes all, 204 |
//! | DELETE | `/_faults/{id}` | removes one, 204 or 404 |
//! | GET, DELETE | `/_requests` | the last 200 requests; forgets them |
//! | GET, DELETE | `/_stats` | counts by provider; sets them to nothing |

use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::app::App;
use crate::faults::{Fault, InvalidFault};
use crate::played::Played;
use crate::record::Log;
use crate::reply::json_bytes;

pub(crate) fn serve(app: &App, method: &Method, path: &str, body: &[u8]) -> Response<Played> {
    let id = path.strip_prefix("/_faults/").map(str::parse::<u64>);
    match (method.as_str(), path, id) {
        ("GET", "/_faults", _) => json_response(200, &json!({"faults": app.faults.list()})),
        ("POST", "/_faults", _) => match add(app, body) {
            Ok(id) => {
                let added = app.faults.list().into_iter().find(|state| state.id == id);
                json_response(201, &json!(added))
            }
            Err(InvalidFault::TooMany) => refused(409, &InvalidFault::TooMany.to_string()),
            Err(invalid) => refused(400, &invalid.to_string()),
        },
        ("DELETE", "/_faults", _) => {
            app.faults.clear();
            gone()
        }
        ("DELETE", _, Some(Ok(id))) if app.faults.remove(id) => gone(),
        ("GET", "/_requests", _) => {
            json_response(200, &json!({"requests": app.log.as_ref().map(Log::read).unwrap_or_default()}))
        }
        ("DELETE", "/_requests", _) => {
            if let Some(log) = &app.log {
                log.clear();
            }
            gone()
        }
        ("GET", "/_stats", _) => json_response(200, &json!(app.counters.read())),
        ("DELETE", "/_stats", _) => {
            app.counters.reset();
            gone()
        }
        _ => refused(404, &format!("There is nothing at {method} {path}.")),
    }
}

fn add(app: &App, body: &[u8]) -> Result<u64, InvalidFault> {
    let json: Value = serde_json::from_slice(body).map_err(|error| InvalidFault::Shape(error.to_string()))?;
    app.faults.add(Fault::from_json(&json)?)
}

fn refused(status: u16, message: &str) -> Response<Played> {
    json_response(status, &json!({"error": {"message": message}}))
}

fn gone() -> Response<Played> {
    let mut response = Response::new(Played::plain(Bytes::new()));
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

fn json_response(status: u16, body: &Value) -> Response<Played> {
    let mut response = Response::new(Played::plain(json_bytes(body)));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
