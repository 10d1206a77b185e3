//! Policies from their sources to decisions, through the library and through the program. What a test needs beside Rust's own is a `nats-server` for
//! [`connection`], [`flood`], [`foreign`] and [`nats`].

mod adapter;
mod bundles;
mod cache;
mod commands;
mod connection;
mod contract;
mod documents;
mod examples;
mod flags;
mod flood;
mod foreign;
mod functions;
mod harness;
mod limits;
mod nats;
mod outside;
mod pushes;
mod refused_pushes;
mod server;
mod support;
mod switch;
mod yaml;
