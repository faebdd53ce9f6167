//! A mail server (RFC 5321) that takes mail to anybody and delivers none.
//!
//! Bytes become lines and messages in `reader`, lines become commands in `command`, commands become replies in `session`;
//! only `serve` knows of sockets, faults and time. EHLO tells: PIPELINING, SIZE, 8BITMIME, SMTPUTF8, ENHANCEDSTATUSCODES, AUTH
//! PLAIN and LOGIN, STARTTLS if it was asked for. Not here: TLS from the first byte, BDAT, delivery reports.

mod command;
mod reader;
mod reply;
mod serve;
mod session;

pub(crate) use serve::serve;
