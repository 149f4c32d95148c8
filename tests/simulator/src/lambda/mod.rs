//! Lambda, as a function on `provided.al2023` sees it: the Runtime API, and the execution
//! environment that a `bootstrap` is started in.

mod function;
mod runtime_api;

pub use function::{Configuration, Function};
pub use runtime_api::{Invocation, Outcome, Payload, RuntimeApi};
