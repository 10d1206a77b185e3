//! The adapter between wasmCloud's policy topic and a policy.
//!
//! A wasmCloud host asks its policy service by a NATS request and waits about a second for the answer; silence, like anything that is
//! no answer, is a denial that the host does not explain to anybody. So this component answers every message that names a `reply-to`,
//! and a denial says why: [`answer`] turns any bytes at all into a response document, and nothing in it traps.
//!
//! The layers: [`wire`] is the JSON that hosts write and tolerates what other senders make of it, [`answer`] joins it with the policy,
//! this file is the glue to the component's imports and exports. Nothing here knows Rego, and nothing is kept between messages: the host may
//! make a fresh instance for each.

pub mod answer;
pub mod bindings;
pub mod wire;

use bindings::exports::wasmcloud::messaging::handler::{BrokerMessage, Guest};
use bindings::warrego::policy::policy_service;
use bindings::wasmcloud::messaging::consumer;

/// The component.
pub struct Adapter;

impl Guest for Adapter {
    /// Without a `reply-to` nobody waits for the decision, so none is made.
    fn handle_message(message: BrokerMessage) -> Result<(), String> {
        let Some(subject) = message.reply_to else { return Ok(()) };
        let body = answer::answer(&message.body, policy_service::decide);
        consumer::publish(&BrokerMessage {
            subject,
            body,
            reply_to: None,
        })
    }
}

// Linkers of other targets refuse the names of these exports.
#[cfg(target_arch = "wasm32")]
bindings::export!(Adapter with_types_in bindings);
