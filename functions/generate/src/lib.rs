//! The generate function: long documents, section by section. Knows nothing of queues, SQL or providers.
#![warn(missing_docs)]
