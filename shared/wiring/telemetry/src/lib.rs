//! Structured logs, and the process-wide setup that must come first.
