//! The AWS Lambda service on one machine: Runtime API, sandboxes, Invoke API and the HTTP gateway. Knows nothing of Octavo's functions.
