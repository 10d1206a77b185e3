//! The types and functions of `wit/`, generated: the policy's exports as this crate calls them, and the messaging interface as it offers it.
#![allow(missing_docs, clippy::all)]

/// What a policy exports.
pub mod policy {
    wasmtime::component::bindgen!({
        path: "../wit",
        world: "warrego:policy/wasmcloud-policy",
        additional_derives: [PartialEq, Eq],
    });
}

/// Where policies print to.
pub mod logging {
    wasmtime::component::bindgen!({
        path: "../wit/deps/wasi-logging",
        inline: "
            package warrego:host-logging;
            world messages {
                import wasi:logging/logging@0.1.0-draft;
            }
        ",
        world: "warrego:host-logging/messages",
    });
}

/// What a component that handles messages exports, and what it is given.
pub mod messaging {
    wasmtime::component::bindgen!({
        path: "../wit",
        inline: "
            package warrego:host;
            world messaging {
                import wasmcloud:messaging/consumer@0.2.0;
                export wasmcloud:messaging/handler@0.2.0;
            }
        ",
        world: "warrego:host/messaging",
        imports: { default: trappable },
    });
}
