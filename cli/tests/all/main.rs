//! Policies from their sources to decisions, through the library and through the program. What a test needs beside Rust's own is a `nats-server` for
//! [`nats`].

mod adapter;
mod commands;
mod examples;
mod functions;
mod harness;
mod limits;
mod nats;
mod outside;
mod support;
mod switch;
