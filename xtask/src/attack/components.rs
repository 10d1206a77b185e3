//! Components of other make, as text of their core modules: they wait, loop, or take memory where a policy would answer. `eval`, `inspect` and `serve`
//! must end with their limits all the same.
//!
//! A module becomes a component of the contract in `wit/`: its world is what it imports and exports. A function that the contract has and the module has
//! not, or has in another form, becomes one that traps, so that modules outlive a change of the contract.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use wasmparser::{CompositeInnerType, ExternalKind, FuncType, Parser, Payload, TypeRef, ValType};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::abi::{AbiVariant, WasmType};
use wit_parser::{Resolve, WorldItem};

use super::flood::{TOPIC, request, serve};
use super::measure::{accompany, measure};
use super::nats::Server;
use super::{Attack, LIMIT, Outcome, excerpt, files, name};
use crate::process::{cargo, output};
use crate::setup::{self, Workspace};

/// The time that a decision is given.
const DEADLINE: &str = "1s";
/// When a program with that deadline must have ended, on a slow machine.
const PATIENCE: Duration = Duration::from_secs(6);
/// The default limit of an instance's memory, and the program itself.
const MEMORY: u64 = (256 + 128) << 20;

/// Runs all of them.
pub fn run(attack: &mut Attack<'_>) -> Result<()> {
    let sources = files(&attack.attacks.join("components"), &[".wat"]);
    if sources.is_empty() {
        return Ok(());
    }
    let folder = attack.folder("components")?;
    let path = setup::nats_server(attack.workspace)?;
    fs::write(folder.join("input.json"), "{}")?;
    for source in sources {
        let file = folder.join(name(&source)).with_extension("wasm");
        let made = component(attack, &source, &file);
        let handles = made
            .as_ref()
            .is_ok_and(|made| made.exports.iter().any(|export| export.contains("/handler@")));
        if handles {
            attack.case(&format!("components/{} serve", name(&source)), |attack| {
                let server = Server::start(&path, &folder.join("server"))?;
                let mut command = serve(attack, &server, &file);
                let (ours, answered) = accompany(&mut command, LIMIT, |_| messages(&server))?;
                let note = format!("{answered} of 3 messages were answered in time");
                Ok(Outcome::of(
                    answered == 3 && ours.succeeded() && ours.memory < 4 * MEMORY,
                    note,
                    &ours,
                ))
            });
        }
        for command in ["eval", "inspect"] {
            let made = &made;
            attack.case(&format!("components/{} {command}", name(&source)), |attack| {
                let made = made.as_ref().map_err(|error| anyhow::anyhow!("{error:#}"))?;
                let mut program = attack.warrego();
                program.arg(command).arg(&file);
                if command == "eval" {
                    program
                        .arg("-i")
                        .arg(folder.join("input.json"))
                        .args(["--timeout", DEADLINE, "--allow-net", "*"]);
                }
                let ours = measure(&mut program, LIMIT)?;
                let held = ours.ended() && ours.time < PATIENCE && ours.memory < MEMORY;
                let note = if ours.succeeded() { "ended".to_owned() } else { excerpt(&ours) };
                let stubs = if made.stubs > 0 {
                    format!(" ({} functions of the contract added)", made.stubs)
                } else {
                    String::new()
                };
                Ok(Outcome::of(held, note + &stubs, &ours))
            });
        }
    }
    Ok(())
}

/// Sends messages whose handling may never end by itself, and counts the answers: the host's denials.
fn messages(server: &Server) -> Result<usize> {
    let mut client = server.connect("_INBOX.host")?;
    let mut answered = 0;
    let begun = Instant::now();
    // Until the service is there nobody answers.
    while answered == 0 && begun.elapsed() < LIMIT {
        let answer = client.request(TOPIC, &request("first", &json!({})), PATIENCE / 2)?;
        answered += usize::from(answer.is_some());
    }
    for _ in 1..3 {
        let answer = client.request(TOPIC, &request("more", &json!({})), PATIENCE / 2)?;
        answered += usize::from(answer.is_some());
    }
    Ok(answered)
}

/// What became of a module.
struct Made {
    /// The interfaces that it exports.
    exports: Vec<String>,
    /// Functions that were added.
    stubs: usize,
}

/// Makes a component of a module's text, and writes it.
fn component(attack: &Attack<'_>, source: &Path, file: &PathBuf) -> Result<Made> {
    let mut resolve = Resolve::default();
    resolve.push_dir(attack.workspace.root.join("wit")).context("reading wit/")?;
    // The repository's own description of WASI has only what policies use.
    resolve.push_dir(wasi(attack.workspace)?).context("reading WASI's interfaces")?;
    let mut text = fs::read_to_string(source)?;
    answer_without_end(&text);
    text = current_versions(&text, &resolve)?;
    let (imports, exports) = interfaces(&wat::parse_str(&text)?)?;
    let mut world = "package attacks:module;\nworld module {\n".to_owned();
    for name in &imports {
        world += &format!("import {name};\n");
    }
    let mut names: Vec<String> = exports.keys().filter_map(|name| Some(name.split_once('#')?.0.to_owned())).collect();
    names.dedup();
    for name in &names {
        world += &format!("export {name};\n");
    }
    let package = resolve.push_str("module.wit", &(world + "}\n"))?;
    let world = resolve.select_world(&[package], Some("module"))?;
    let mut stubs = 0;
    for (key, item) in resolve.worlds[world].exports.clone() {
        let WorldItem::Interface { id, .. } = item else { continue };
        let interface = resolve.name_world_key(&key);
        for (name, function) in &resolve.interfaces[id].functions {
            let signature = resolve.wasm_signature(AbiVariant::GuestExport, function);
            let wanted = FuncType::new(signature.params.iter().map(core), signature.results.iter().map(core));
            let export = format!("{interface}#{name}");
            if exports.get(&export) == Some(&wanted) {
                continue;
            }
            stubs += 1;
            text = text.replace(&format!("(export \"{export}\")"), "");
            let end = text.rfind(')').context("a module ends with a parenthesis")?;
            let types = |word: &str, types: &[ValType]| match types {
                [] => String::new(),
                types => format!(" ({word} {})", types.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")),
            };
            let stub = format!(
                "\n(func (export \"{export}\"){}{} unreachable)",
                types("param", wanted.params()),
                types("result", wanted.results())
            );
            text.insert_str(end, &stub);
        }
    }
    let mut module = wat::parse_str(&text)?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)?;
    let bytes = ComponentEncoder::default().module(&module)?.validate(true).encode()?;
    fs::write(file, bytes)?;
    Ok(Made { exports: names, stubs })
}

/// Listens where a module connects to, and begins responses that never end. Where somebody else listens already, the module gets theirs.
fn answer_without_end(text: &str) {
    let Some((_, rest)) = text.split_once("\"127.0.0.1:") else { return };
    let port = rest.split('"').next().and_then(|port| port.parse::<u16>().ok());
    let Some(Ok(listener)) = port.map(|port| TcpListener::bind(("127.0.0.1", port))) else {
        return;
    };
    thread::spawn(move || {
        let mut open = Vec::new();
        for connection in listener.incoming().flatten() {
            let mut connection = connection;
            let mut request = [0; 1024];
            let _ = connection.read(&mut request);
            let _ = connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\nx");
            open.push(connection);
        }
    });
}

/// The folder of WASI's interfaces that comes with the host's crate for HTTP.
fn wasi(workspace: &Workspace) -> Result<PathBuf> {
    let text = output(cargo(workspace).args(["metadata", "--locked", "--format-version", "1"]))?;
    let metadata: Value = serde_json::from_str(&text)?;
    let packages = metadata["packages"].as_array().context("no packages")?;
    let package = packages.iter().find(|package| package["name"] == "wasmtime-wasi-http");
    let manifest = package.and_then(|package| package["manifest_path"].as_str());
    let manifest = Path::new(manifest.context("wasmtime-wasi-http is not a dependency")?);
    Ok(manifest.parent().context("a manifest lies in a folder")?.join("wit"))
}

/// A module's text for the newest versions of the packages that are known.
fn current_versions(text: &str, resolve: &Resolve) -> Result<String> {
    let mut text = text.to_owned();
    for namespace in ["warrego", "wasi"] {
        let start = format!("\"{namespace}:");
        let mut parts = text.split(&start);
        let mut all = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = part.split_once('@').context("an interface has a version")?;
            let end = rest.find(['#', '"']).context("a name ends")?;
            let package = name.split('/').next().unwrap_or_default();
            let versions = resolve.packages.iter().map(|(_, package)| &package.name);
            let version = versions
                .filter(|known| known.namespace == namespace && known.name == package)
                .filter_map(|known| known.version.clone())
                .max()
                .with_context(|| format!("{namespace}:{package} is not known"))?;
            all += &format!("{start}{name}@{version}{}", &rest[end..]);
        }
        text = all;
    }
    Ok(text)
}

/// The interfaces that a module imports, and the functions of interfaces that it exports, with their types.
fn interfaces(module: &[u8]) -> Result<(Vec<String>, BTreeMap<String, FuncType>)> {
    let (mut types, mut functions) = (Vec::new(), Vec::new());
    let (mut imports, mut exports) = (Vec::new(), BTreeMap::new());
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::TypeSection(section) => {
                for group in section {
                    types.extend(group?.into_types().map(|ty| ty.composite_type.inner));
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    imports.push(import.module.to_owned());
                    if let TypeRef::Func(index) = import.ty {
                        functions.push(index);
                    }
                }
            }
            Payload::FunctionSection(section) => {
                for index in section {
                    functions.push(index?);
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    if export.kind == ExternalKind::Func && export.name.contains('#') {
                        let ty = functions.get(export.index as usize).and_then(|index| types.get(*index as usize));
                        if let Some(CompositeInnerType::Func(ty)) = ty {
                            exports.insert(export.name.to_owned(), ty.clone());
                        }
                    }
                }
            }
            _ => {}
        }
    }
    imports.sort();
    imports.dedup();
    ensure!(!exports.is_empty(), "the module exports no function of an interface");
    Ok((imports, exports))
}

fn core(ty: &WasmType) -> ValType {
    match ty {
        WasmType::I64 | WasmType::PointerOrI64 => ValType::I64,
        WasmType::F32 => ValType::F32,
        WasmType::F64 => ValType::F64,
        WasmType::I32 | WasmType::Pointer | WasmType::Length => ValType::I32,
    }
}
