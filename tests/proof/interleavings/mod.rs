//! Several invocations at the same time, in every order of their calls.

mod cases;
mod explore;
mod schedule;
