//! Behaviour of wired components.
