//! A Redis-compatible server in the process: RESP2 and RESP3, the data types that Octavo uses, Lua scripts.
