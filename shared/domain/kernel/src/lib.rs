//! What every feature shares: identifiers, principals, faults, and the ports for time, chance, queues, blobs and caches. No I/O.
