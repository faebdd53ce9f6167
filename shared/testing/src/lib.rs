//! Contract suites (one a port), builders and fault injection for tests. Never a dependency of the product.
