//! The only reader of the environment: typed settings, with an error that names the variable.
