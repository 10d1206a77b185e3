//! Floods of `serve`: more requests than it can answer, under one reply subject or under ever new ones. Somebody who asks little is answered by a decision
//! within a second, and the memory stays within the bound that the README states. Ever new reply subjects cannot be told from many askers: there the
//! answers count from when the flood is over.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::measure::{accompany, measure};
use super::nats::{Client, Server};
use super::{Attack, LIMIT, Outcome};
use crate::setup;

/// The subject that is served.
pub const TOPIC: &str = "attack.policy";
/// How long wasmCloud's hosts wait.
const PATIENCE: Duration = Duration::from_secs(1);
/// What the README states: the process itself, the queue, and for each of four slots the memory of a decision and two requests.
const MEMORY: u64 = (100 + 64 + 4 * (256 + 2)) << 20;

/// A flood.
struct Flood {
    name: &'static str,
    requests: usize,
    /// Bytes of padding in each.
    padding: usize,
    /// Publishing is spread over this time.
    time: Duration,
    /// How many annotations a request has: the policy takes time that grows with them.
    annotations: usize,
    /// Whether each request has a reply subject of its own, unlike those of clients.
    scattered: bool,
}

const FLOODS: [Flood; 3] = [
    Flood {
        name: "30000 small requests",
        requests: 30_000,
        padding: 0,
        time: Duration::from_millis(200),
        annotations: 0,
        scattered: false,
    },
    Flood {
        name: "30000 small requests under new inboxes",
        requests: 30_000,
        padding: 0,
        time: Duration::from_millis(200),
        annotations: 0,
        scattered: true,
    },
    Flood {
        name: "2500 large and slow requests",
        requests: 2_500,
        padding: 950_000,
        time: Duration::from_secs(5),
        annotations: 1,
        scattered: false,
    },
];

/// A request with a cost takes the time of adding up to ten million numbers.
const POLICY: &str = r#"package flood

default allow := true

allow := false if {
	input.request.annotations.cost != ""
	count(input.request.annotations.cost) > 0
	sum([x | some x in numbers.range(1, 300000); x % 3 != 1]) < 0
}
"#;

/// Runs all of them.
pub fn run(attack: &mut Attack<'_>) -> Result<()> {
    let path = setup::nats_server(attack.workspace)?;
    let folder = attack.folder("flood")?;
    let component = build(attack, &folder, "flood", POLICY)?;
    for flood in &FLOODS {
        attack.case(&format!("flood/{}", flood.name), |attack| {
            let server = Server::start(&path, &folder.join("server"))?;
            let mut serve = serve(attack, &server, &component);
            serve.args(["--concurrency", "4"]);
            let (ours, asked) = accompany(&mut serve, LIMIT, |_| attend(&server, flood))?;
            let counted = || asked.iter().filter(|asked| asked.after || !flood.scattered);
            let worst = counted().map(|asked| asked.time).max().unwrap_or_default();
            let late = counted().filter(|asked| !asked.permitted || asked.time > PATIENCE).count();
            let held = late == 0 && ours.memory <= MEMORY && ours.succeeded();
            let note = format!(
                "{} asked in between, {late} not permitted within a second, slowest {:.3} s",
                counted().count(),
                worst.as_secs_f64()
            );
            Ok(Outcome::of(held, note, &ours))
        });
    }
    Ok(())
}

/// Compiles a policy that answers wasmCloud's requests by `allow`.
pub fn build(attack: &Attack<'_>, folder: &Path, name: &str, policy: &str) -> Result<PathBuf> {
    let (source, component) = (folder.join(format!("{name}.rego")), folder.join(format!("{name}.wasm")));
    fs::write(&source, policy)?;
    let entrypoint = format!("{name}/allow");
    let built = measure(
        attack
            .warrego()
            .arg("build")
            .arg(&source)
            .args(["-e", &entrypoint, "--policy-service", &entrypoint, "-o"])
            .arg(&component),
        LIMIT,
    )?;
    ensure!(built.succeeded(), "build: {}", built.text());
    Ok(component)
}

/// The command that serves a component.
pub fn serve(attack: &Attack<'_>, server: &Server, component: &Path) -> Command {
    let mut command = attack.warrego();
    command
        .arg("serve")
        .arg(component)
        .args(["--nats", &server.url(), "--subject", TOPIC, "--queue", "attack"]);
    command
}

/// A request of a host.
pub fn request(id: &str, annotations: &Value) -> Vec<u8> {
    let document = json!({
        "requestId": id,
        "kind": "startComponent",
        "version": "v1",
        "request": {"componentId": "c", "imageRef": "i", "maxInstances": 1, "annotations": annotations, "claims": null},
        "host": {"publicKey": "N", "lattice": "default", "labels": {}},
    });
    document.to_string().into_bytes()
}

/// Asks until the service is there, and gives whether it permits.
pub fn first_answer(client: &mut Client) -> Result<bool> {
    let begun = Instant::now();
    while begun.elapsed() < LIMIT {
        if let Some(answer) = client.request(TOPIC, &request("first", &json!({})), PATIENCE / 4)? {
            return permits(&answer);
        }
    }
    anyhow::bail!("the service does not answer")
}

fn permits(answer: &[u8]) -> Result<bool> {
    let answer: Value = serde_json::from_slice(answer).context("an answer that is not JSON")?;
    Ok(answer["permitted"] == true)
}

/// How somebody who asked little was answered.
struct Asked {
    time: Duration,
    permitted: bool,
    /// Whether the flood was over for the time that requests may wait.
    after: bool,
}

/// Floods the service, and asks beside that.
fn attend(server: &Server, flood: &Flood) -> Result<Vec<Asked>> {
    let mut client = server.connect("_INBOX.host")?;
    ensure!(first_answer(&mut client)?, "the policy denies");
    let mut attacker = server.connect("_INBOX.attacker")?;
    thread::scope(|scope| {
        let flooding = scope.spawn(move || {
            let mut annotations = json!({});
            if flood.annotations > 0 {
                annotations = json!({"cost": "high", "padding": "x".repeat(flood.padding)});
            }
            let begun = Instant::now();
            for number in 0..flood.requests {
                let body = request(&number.to_string(), &annotations);
                let reply = if flood.scattered {
                    format!("scattered{number}.{number}")
                } else {
                    format!("_INBOX.attacker.{number}")
                };
                attacker.publish(TOPIC, &reply, &body)?;
                // Not faster than said.
                let due = flood.time * u32::try_from(number)? / u32::try_from(flood.requests)?;
                if let Some(wait) = due.checked_sub(begun.elapsed()).filter(|wait| *wait > Duration::from_millis(2)) {
                    thread::sleep(wait);
                }
            }
            Ok::<_, anyhow::Error>(())
        });
        let mut asked = Vec::new();
        let mut ended = None;
        // Through the flood, and three seconds after it.
        while ended.is_none_or(|ended: Instant| ended.elapsed() < PATIENCE * 3) {
            if ended.is_none() && flooding.is_finished() {
                ended = Some(Instant::now());
            }
            let begun = Instant::now();
            let answer = client.request(TOPIC, &request("asked", &json!({})), PATIENCE * 5)?;
            asked.push(Asked {
                time: begun.elapsed(),
                permitted: answer.is_some_and(|answer| permits(&answer).unwrap_or(false)),
                after: ended.is_some_and(|ended| begun > ended + PATIENCE),
            });
            thread::sleep(Duration::from_millis(20));
        }
        flooding.join().map_err(|_| anyhow::anyhow!("the flood panicked"))??;
        Ok(asked)
    })
}
