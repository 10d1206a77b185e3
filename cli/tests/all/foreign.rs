//! Components of other make, which loop, wait or take memory where a policy would answer: each ends with its limits, when it is loaded as well as when it
//! decides. `tests/components` has the text of their core modules.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use wasmparser::{Parser, Payload};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::abi::{AbiVariant, WasmType};
use wit_parser::{InterfaceId, Resolve};

use tokio::runtime::Runtime;
use warrego_host::messaging::{Handler, HandlerError, Service, ServiceOptions};
use warrego_host::{Engine, EngineOptions, Grants, Limits, LoadError, Policy};

use super::server::{Server, ask, options};
use super::support::{component as policy, engine, request};

/// What none of them would end within by itself.
const PATIENCE: Duration = Duration::from_secs(20);

/// The component of a module in `tests/components`, with some words replaced. `EVALUATOR` is the interface of policies, whose other functions trap.
fn component(name: &str, words: &[(&str, &str)]) -> Vec<u8> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut text = fs::read_to_string(root.join("tests/components").join(name).with_extension("wat")).unwrap();
    for (word, replacement) in words {
        text = text.replace(word, replacement);
    }
    let mut resolve = contract(&root.join("../wit"));
    let evaluator = interface(&resolve, "evaluator");
    let id = resolve.id_of(evaluator).unwrap();
    text = text.replace("EVALUATOR", &id);
    if text.contains(&id) {
        let end = text.rfind(')').unwrap();
        text.insert_str(end, &stubs(&resolve, evaluator, &text));
    }
    let mut module = wat::parse_str(&text).unwrap();
    let mut world = "package test:module;\nworld module {\n".to_owned();
    for name in interfaces(&module) {
        world += &format!("{name};\n");
    }
    if text.contains(&id) {
        world += &format!("export {};\n", resolve.id_of(interface(&resolve, "types")).unwrap());
    }
    let package = resolve.push_str("module.wit", &(world + "}\n")).unwrap();
    let world = resolve.select_world(&[package], Some("module")).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default()
        .module(&module)
        .unwrap()
        .validate(true)
        .encode()
        .unwrap()
}

/// The contract, and of `wasi:io` what policies do not import: what waits.
fn contract(folder: &Path) -> Resolve {
    let copy = tempfile::tempdir().unwrap();
    let mut folders = vec![(folder.to_owned(), copy.path().to_owned())];
    while let Some((from, to)) = folders.pop() {
        fs::create_dir_all(&to).unwrap();
        for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
            let to = to.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                folders.push((entry.path(), to));
                continue;
            }
            let text = fs::read_to_string(entry.path()).unwrap();
            let text = text
                .replace("resource pollable {", "resource pollable {\n        block: func();")
                .replace(
                    "resource input-stream {",
                    "resource input-stream {\n        blocking-read: func(len: u64) -> result<list<u8>, stream-error>;",
                );
            fs::write(to, text).unwrap();
        }
    }
    let mut resolve = Resolve::default();
    resolve.push_dir(copy.path()).unwrap();
    resolve
}

/// An interface of the contract for policies.
fn interface(resolve: &Resolve, name: &str) -> InterfaceId {
    let mut all = resolve.interfaces.iter();
    let found = all.find(|(id, interface)| {
        let policy = resolve.id_of(*id).is_some_and(|id| id.starts_with("warrego:policy/"));
        policy && interface.name.as_deref() == Some(name)
    });
    found.unwrap().0
}

/// The functions of an interface that a module leaves out.
fn stubs(resolve: &Resolve, interface: InterfaceId, text: &str) -> String {
    let id = resolve.id_of(interface).unwrap();
    let mut stubs = String::new();
    for (name, function) in &resolve.interfaces[interface].functions {
        let export = format!("(export \"{id}#{name}\")");
        if text.contains(&export) {
            continue;
        }
        let signature = resolve.wasm_signature(AbiVariant::GuestExport, function);
        let types = |word: &str, types: &[WasmType]| {
            let types: Vec<&str> = types.iter().map(core).collect();
            format!(" ({word} {})", types.join(" "))
        };
        let (params, results) = (types("param", &signature.params), types("result", &signature.results));
        stubs += &format!("\n(func {export}{params}{results} unreachable)");
    }
    // What takes strings needs a place to put them.
    if !text.contains("cabi_realloc") {
        stubs += "\n(func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32) unreachable)";
    }
    stubs
}

fn core(of: &WasmType) -> &'static str {
    match of {
        WasmType::I32 | WasmType::Pointer | WasmType::Length => "i32",
        WasmType::I64 | WasmType::PointerOrI64 => "i64",
        WasmType::F32 => "f32",
        WasmType::F64 => "f64",
    }
}

/// The interfaces that a module imports and exports, as lines of a world.
fn interfaces(module: &[u8]) -> Vec<String> {
    let mut lines = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload.unwrap() {
            Payload::ImportSection(section) => {
                lines.extend(section.into_imports().map(|import| format!("import {}", import.unwrap().module)));
            }
            Payload::ExportSection(section) => lines.extend(section.into_iter().filter_map(|export| {
                let (interface, _) = export.unwrap().name.split_once('#')?;
                Some(format!("export {interface}"))
            })),
            _ => {}
        }
    }
    lines.sort();
    lines.dedup();
    lines
}

fn limits() -> Limits {
    Limits {
        deadline: Some(Duration::from_millis(300)),
        memory: 16 << 20,
    }
}

/// An engine whose tables and memories are bounded by nothing but an instance's limits.
fn unpooled() -> Engine {
    let options = EngineOptions {
        instances: None,
        ..EngineOptions::default()
    };
    Engine::new(options).unwrap()
}

#[test]
fn loading_ends_with_its_deadline_and_its_memory() {
    let engine = unpooled();
    for (name, cause) in [
        ("start_loops", "cannot start the component: it was not ready within 1000 ms"),
        ("start_waits", "cannot start the component: it was not ready within 1000 ms"),
        ("entrypoints_loop", "cannot start the component: it was not ready within 1000 ms"),
        ("entrypoints_wait", "cannot start the component: it was not ready within 1000 ms"),
        (
            "entrypoints_grow",
            "cannot start the component: it was not ready within 16777216 bytes of memory",
        ),
        (
            "large_table",
            "cannot start the component: it was not ready within 16777216 bytes of memory",
        ),
    ] {
        let begun = Instant::now();
        match Policy::load(&engine, &component(name, &[]), limits()) {
            Err(error @ LoadError::Start(_)) => assert_eq!(error.to_string(), cause, "{name}"),
            Err(error) => panic!("{name}: {error}"),
            Ok(_) => panic!("{name} was loaded"),
        }
        assert!(begun.elapsed() < PATIENCE, "{name}: {:?}", begun.elapsed());
    }
}

#[test]
fn commands_end_with_their_limits() {
    let folder = tempfile::tempdir().unwrap();
    thread::scope(|scope| {
        for name in ["start_waits", "entrypoints_loop", "entrypoints_wait", "entrypoints_grow"] {
            let folder = folder.path();
            scope.spawn(move || {
                let file = folder.join(name).with_extension("wasm");
                fs::write(&file, component(name, &[])).unwrap();
                for arguments in [&["inspect"][..], &["eval", "--timeout", "200ms"]] {
                    let begun = Instant::now();
                    let output = Command::new(env!("CARGO_BIN_EXE_warrego"))
                        .args(arguments)
                        .arg(&file)
                        .output()
                        .unwrap();
                    assert!(begun.elapsed() < PATIENCE, "{arguments:?} {name}: {:?}", begun.elapsed());
                    assert!(matches!(output.status.code(), Some(1 | 2)), "{arguments:?} {name}: {output:?}");
                    let said = [output.stdout, output.stderr].concat();
                    let said = String::from_utf8_lossy(&said).into_owned();
                    assert!(said.contains("it was not ready within"), "{arguments:?} {name}: {said}");
                }
            });
        }
    });
}

/// A server whose response does not end.
fn endless() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let mut open = Vec::new();
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n");
            open.push(stream);
        }
    });
    port
}

#[test]
fn streams_end_with_the_deadline() {
    let port = endless();
    let grants = Grants {
        network: vec!["127.0.0.1".parse().unwrap()],
        ..Grants::default()
    };
    let address = format!("127.0.0.1:{port}");
    let length = address.len().to_string();
    let reads = component("message_reads", &[("ADDRESS", &address), ("LENGTH", &length)]);
    let handler = Handler::load_with(engine(), &reads, limits(), grants).unwrap();
    let begun = Instant::now();
    let error = handler.answer("subject", b"{}").unwrap_err();
    assert!(matches!(error, HandlerError::Deadline(_)), "{error}");
    assert!(begun.elapsed() < PATIENCE, "{:?}", begun.elapsed());
}

#[test]
fn messages_go_where_it_is_granted() {
    let sent = |module: &str, subject: &str, grants: &[&str]| {
        let length = subject.len().to_string();
        let text = subject.escape_default().to_string().replace("\\r", "\\0d").replace("\\n", "\\0a");
        let module = component(module, &[("\"SUBJECT\"", &format!("\"{text}\"")), ("LENGTH", &length)]);
        let grants = Grants {
            publish: grants.iter().map(|grant| grant.parse().unwrap()).collect(),
            ..Grants::default()
        };
        let handler = Handler::load_with(engine(), &module, limits(), grants).unwrap();
        handler.answer("subject", b"").map_err(|error| error.to_string())
    };
    let refused = |subject: &str| Err(format!("the component failed: publishing to `{subject}` was not granted"));
    assert_eq!(sent("message_publishes", "orders.new", &[]), refused("orders.new"));
    assert_eq!(
        sent("message_publishes", "orders.new", &["orders", "other.>"]),
        refused("orders.new")
    );
    assert_eq!(sent("message_publishes", "orders.new", &["orders.*"]), Ok(None));
    assert_eq!(
        sent("message_publishes", "_INBOX.warrego", &[]),
        Ok(Some(Vec::new())),
        "the answer needs no grant"
    );
    assert_eq!(sent("message_requests", "orders.new", &[]), refused("orders.new"));
    assert_eq!(sent("message_requests", "_INBOX.warrego", &[]), refused("_INBOX.warrego"));
    assert_eq!(
        sent("message_requests", "orders.new", &["orders.new"]),
        Err("the component failed: no server".to_owned())
    );
    for wrong in ["x\r\nPUB evil 2\r\nhi\r\n", "orders.*", "a b", ".a"] {
        let error = sent("message_publishes", wrong, &[">"]).unwrap_err();
        assert!(error.ends_with("is not a subject to which messages can be sent"), "{error}");
    }
}

#[test]
fn requests_that_nobody_answers_end_with_the_deadline() {
    let server = Server::start();
    Runtime::new().unwrap().block_on(async {
        let asks = component("message_requests", &[("SUBJECT", "silent.one"), ("LENGTH", "10")]);
        let grants = Grants {
            publish: vec!["silent.*".parse().unwrap()],
            ..Grants::default()
        };
        let handler = Handler::load_with(engine(), &asks, limits(), grants).unwrap();
        let options = ServiceOptions {
            concurrency: 1,
            ..options(&server)
        };
        let service = Service::start(handler, options).await.unwrap();
        let client = async_nats::connect(server.url()).await.unwrap();
        let silent = client.subscribe("silent.one").await.unwrap();
        client.flush().await.unwrap();
        for _ in 0..3 {
            let answer = ask(&client, &request("start-component.signed")).await;
            assert_eq!(answer["permitted"], false);
            let message = answer["message"].as_str().unwrap();
            assert!(message.contains("not finished within 300 ms"), "{message}");
        }
        drop(silent);
        service.drain().await.unwrap();
    });
}

/// A component that handles a request without answering it permits nothing, and keeps nobody waiting.
#[test]
fn requests_without_an_answer_are_denied() {
    let server = Server::start();
    Runtime::new().unwrap().block_on(async {
        let elsewhere = component("message_publishes", &[("SUBJECT", "orders.new"), ("LENGTH", "10")]);
        let grants = Grants {
            publish: vec!["orders.*".parse().unwrap()],
            ..Grants::default()
        };
        let handler = Handler::load_with(engine(), &elsewhere, limits(), grants).unwrap();
        let service = Service::start(handler, options(&server)).await.unwrap();
        let client = async_nats::connect(server.url()).await.unwrap();
        let answer = ask(&client, &request("start-component.signed")).await;
        assert_eq!(answer["permitted"], false);
        let message = answer["message"].as_str().unwrap();
        assert!(message.ends_with("the component sent no answer"), "{message}");
        service.drain().await.unwrap();
    });
}

/// What is changed somewhere is inspected all the same, or refused.
#[test]
fn inspecting_has_an_end() {
    let folder = tempfile::tempdir().unwrap();
    let whole = policy("package p\n\nq := regex.match(input.x, \"a+\")\n", &["p/q"], None);
    let mut state = 1_u64;
    let mut random = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    for round in 0..40 {
        let mut bytes = whole.clone();
        for _ in 0..=round % 4 {
            let at = random(bytes.len());
            match random(4) {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, 0xff),
                2 => drop(bytes.remove(at)),
                _ => bytes[at] ^= 1 << random(8),
            }
            if bytes.is_empty() {
                bytes.push(0);
            }
        }
        let file = folder.path().join("mutated.wasm");
        fs::write(&file, &bytes).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_warrego"))
            .arg("inspect")
            .arg(&file)
            .output()
            .unwrap();
        assert!(matches!(output.status.code(), Some(0 | 1)), "round {round}: {output:?}");
    }
}
