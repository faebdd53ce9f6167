//! From Lambda events to the edge and to queue handlers, and back.
