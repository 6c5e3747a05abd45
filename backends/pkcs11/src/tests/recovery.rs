//! Coming back by itself.
