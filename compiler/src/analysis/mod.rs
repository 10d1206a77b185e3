//! Names, safety, types, conflicts: a parsed policy becomes one whose references are complete and whose bodies are in an order that can run.
