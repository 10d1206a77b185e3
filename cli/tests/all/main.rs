//! Policies from their sources to decisions, through the library and through the program. What a test needs beside Rust's own is a `nats-server` for
//! [`nats`].

mod adapter;
mod commands;
mod examples;
mod harness;
mod nats;
mod support;
mod switch;
