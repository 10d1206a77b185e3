//! The rules of valid queries, each a method of the walk that reports what breaks it. They are grouped by what they look at.

mod arguments;
mod fields;
mod fragments;
mod operations;
mod overlap;
mod values;
