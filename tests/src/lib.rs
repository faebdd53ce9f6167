//! Whole-system scenarios, conformance with stock clients, faults, and load generators.
