//! The emulator: every function, engine and outside service of Octavo on one machine, as a command and as a library.
