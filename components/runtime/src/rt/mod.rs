//! What generated code calls, by topic.
