//! Compiles a Rego file as `warrego eval -d FILE QUERY` does and prints how long each stage takes and how large the process becomes.
//!
//! `cargo run --release -p warrego-compiler --example cost -- FILE [QUERY [OUTPUT]]`

use std::time::{Duration, Instant};
use std::{env, fs, process};

use warrego_compiler::{Input, Options, compile};

fn main() {
    // As the command line does.
    let thread = std::thread::Builder::new().stack_size(1 << 30).spawn(run);
    thread.expect("a thread can be made").join().expect("no panic");
}

fn run() {
    let mut arguments = env::args().skip(1);
    let Some(file) = arguments.next() else {
        eprintln!("usage: cost FILE [QUERY [OUTPUT]]");
        process::exit(2);
    };
    let query = arguments.next().unwrap_or_else(|| "data.p.a".to_owned());
    let text = match fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("cannot read {file}: {error}");
            process::exit(2);
        }
    };
    let input = Input {
        modules: vec![(file.clone(), text)],
        data: serde_json::json!({}),
    };
    let options = Options {
        queries: vec![query],
        ..Options::default()
    };
    let begin = Instant::now();
    let output = compile(&input, &options);
    let all = begin.elapsed();
    println!("{file}: {} {} MB", seconds(all), peak_kilobytes() / 1024);
    match output {
        Ok(output) => {
            println!(
                "  component: {} bytes, data: {} bytes",
                output.component.len(),
                output.report.data_bytes
            );
            if let Err(error) = wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all()).validate_all(&output.component) {
                println!("  INVALID: {error}");
            }
            if let Some(path) = arguments.next() {
                fs::write(path, output.component).expect("the output can be written");
            }
        }
        Err(error) => println!("  {error}"),
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.3} s", time.as_secs_f64())
}

/// The largest resident size that the process has had, in kilobytes, where the system shows it.
fn peak_kilobytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
