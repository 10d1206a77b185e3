//! Works on plans: what a policy reads of `input`, which rules an input can reach.
