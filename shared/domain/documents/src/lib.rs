//! Documents: what they are, who may do what with them, and the port that stores them. No I/O.
