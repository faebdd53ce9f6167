//! Event sources: the queue poller, the outbox relay and the scheduler, over ports. The emulator and the realtime node run the same code.
