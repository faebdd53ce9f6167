//! The long-running process. Today: the queue poller and the scheduler; the hubs move in here.
