//! Access keys: what the stock clients of AWS sign requests with. `POST` and `GET /v1/access-keys`,
//! `DELETE /v1/access-keys/{id}`.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod list;
mod secret;
mod view;
