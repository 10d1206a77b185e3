//! Built-in functions, symbols `b.…`.
