//! An analysed policy becomes a plan.
