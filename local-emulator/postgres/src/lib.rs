//! The real PostgreSQL as a supervised child: found or fetched, never as root, never left behind.
