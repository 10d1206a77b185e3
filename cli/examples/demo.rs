//! A first decision: compiles the policy of `examples/wasmcloud`, composes it with the adapter for wasmCloud, answers the requests there that hosts
//! have sent, and prints what was decided. With a `nats-server` on the PATH the same is done over it, by its real protocol.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value};
use warrego_compiler::{Failure, Input, Options, compile};
use warrego_host::messaging::{Handler, Service, ServiceOptions};
use warrego_host::{Engine, EngineOptions, Limits, compose, wasmcloud};

const TOPIC: &str = "wasmcloud.policy";

fn main() -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/wasmcloud");
    let requests = requests(&folder.join("inputs"))?;

    let begun = Instant::now();
    let policy = compile_policy(&folder.join("policy/access.rego"))?;
    println!(
        "compiled   examples/wasmcloud/policy in {}: a component of {} bytes",
        time(begun.elapsed()),
        policy.len()
    );
    let begun = Instant::now();
    let composed = compose::wasmcloud(&policy)?;
    println!(
        "composed   with the adapter for wasmCloud in {}: {} bytes",
        time(begun.elapsed()),
        composed.len()
    );
    let begun = Instant::now();
    let engine = Engine::new(EngineOptions::default())?;
    let handler = Handler::load(&engine, &composed, Limits::default())?;
    println!("loaded     in {}\n", time(begun.elapsed()));

    println!("Requests as hosts sent them, each on a fresh instance:\n");
    table(&requests, |request| Ok(handler.answer(TOPIC, request)?.unwrap_or_default()))?;
    match Server::start()? {
        Some(server) => {
            println!("\nThe same over a NATS server at {}:\n", server.url);
            tokio::runtime::Runtime::new()?.block_on(over_nats(&server.url, handler, &requests))
        }
        None => {
            println!("\nThere is no nats-server on the PATH, so that is all.");
            Ok(())
        }
    }
}

fn compile_policy(path: &Path) -> Result<Vec<u8>> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let input = Input {
        modules: vec![("access.rego".to_owned(), text)],
        data: Value::Object(Map::new()),
    };
    let decision = "wasmcloud/access/decision".to_owned();
    let options = Options {
        entrypoints: vec![decision.clone()],
        policy_service: Some(decision),
        ..Options::default()
    };
    match compile(&input, &options) {
        Ok(output) => Ok(output.component),
        Err(Failure::Policy { diagnostics, .. }) => {
            let messages: Vec<&str> = diagnostics.iter().map(|diagnostic| diagnostic.message.as_str()).collect();
            bail!("the example does not compile: {}", messages.join("; "))
        }
        Err(failure) => bail!("{failure}"),
    }
}

/// The recorded requests by name.
fn requests(folder: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut paths: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    paths.sort();
    let name = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    paths.iter().map(|path| Ok((name(path), fs::read(path)?))).collect()
}

/// Has every request answered and prints what came.
fn table(requests: &[(String, Vec<u8>)], mut answer: impl FnMut(&[u8]) -> Result<Vec<u8>>) -> Result<()> {
    println!("{:<30} {:<9} {:>9}  message", "request", "decision", "time");
    for (name, request) in requests {
        let begun = Instant::now();
        let answer = answer(request)?;
        row(name, &answer, begun.elapsed())?;
    }
    Ok(())
}

fn row(name: &str, answer: &[u8], elapsed: Duration) -> Result<()> {
    let answer: Value = serde_json::from_slice(answer)?;
    let decision = if answer["permitted"] == true { "permitted" } else { "denied" };
    println!(
        "{name:<30} {decision:<9} {:>9}  {}",
        time(elapsed),
        answer["message"].as_str().unwrap_or_default()
    );
    Ok(())
}

async fn over_nats(url: &str, handler: Handler, requests: &[(String, Vec<u8>)]) -> Result<()> {
    let options = ServiceOptions {
        url: url.to_owned(),
        subjects: vec![TOPIC.to_owned()],
        queue: Some("policy".to_owned()),
        fallback: Some(wasmcloud::denial),
        ..ServiceOptions::default()
    };
    let service = Service::start(handler, options).await?;
    let client = async_nats::connect(url).await?;
    println!("{:<30} {:<9} {:>9}  message", "request", "decision", "time");
    for (name, request) in requests {
        let begun = Instant::now();
        let answer = client.request(TOPIC, request.clone().into()).await?;
        row(name, &answer.payload, begun.elapsed())?;
    }
    service.drain().await?;
    Ok(())
}

fn time(elapsed: Duration) -> String {
    match elapsed.as_micros() {
        micros if micros < 10_000 => format!("{micros} µs"),
        micros => format!("{} ms", micros / 1000),
    }
}

/// A server of our own, on a port that the system picks; it ends with the demo.
struct Server {
    process: Child,
    folder: PathBuf,
    url: String,
}

impl Server {
    fn start() -> Result<Option<Self>> {
        let folder = std::env::temp_dir().join(format!("warrego-demo-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let process = Command::new("nats-server")
            .args(["--addr", "127.0.0.1", "--port", "-1", "--ports_file_dir"])
            .arg(&folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(process) = process else {
            fs::remove_dir_all(&folder)?;
            return Ok(None);
        };
        let ports = folder.join(format!("nats-server_{}.ports", process.id()));
        let mut server = Self {
            process,
            folder,
            url: String::new(),
        };
        for _ in 0..100 {
            let file = fs::read_to_string(&ports)
                .ok()
                .and_then(|text| serde_json::from_str::<Value>(&text).ok());
            if let Some(url) = file.as_ref().and_then(|file| file["nats"][0].as_str()) {
                server.url = url.to_owned();
                return Ok(Some(server));
            }
            thread::sleep(Duration::from_millis(50));
        }
        bail!("the nats-server did not start within 5 s")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The server may have ended by itself, and the folder is a temporary one.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}
