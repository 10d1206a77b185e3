//! Base documents pushed at run time.
