//! Where HTTP meets operations: requests, routes, validation, and faults as RFC 9457 problem documents. No sockets.
