//! Components with the policy interface: ours, and the hand-written ones. Both are called in the same way.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use warrego_host::{Instance, Policy};
use wit_component::ComponentEncoder;

use super::{Built, Ready, Setting};
use crate::case::Input;
use crate::engine::{LIMITS, grants};

/// The cases that somebody has written by hand, and the example that holds it.
const HANDWRITTEN: [(&str, &str); 2] = [("wasmcloud-access", "access"), ("documents", "documents")];

/// Compiles the case's policy: the time is that of the library call, the best of a few.
pub fn build_policy(id: &str, setting: &Setting<'_>) -> Result<Built> {
    let case = setting.case;
    let input = warrego_compiler::Input {
        modules: case.modules.clone(),
        data: serde_json::from_str(&case.data_text()?)?,
    };
    let options = warrego_compiler::Options {
        entrypoints: vec![case.entrypoint.clone()],
        ..Default::default()
    };
    let (mut best, mut component) = (Duration::MAX, Vec::new());
    for _ in 0..5 {
        let start = Instant::now();
        component = warrego_compiler::compile(&input, &options).map_err(told)?.component;
        best = best.min(start.elapsed());
        if best > Duration::from_secs(1) {
            break;
        }
    }
    save(setting, id, &component)?;
    Ok(Built {
        time: Some(best),
        size: Some(component.len()),
    })
}

/// The compiler's failure with its first diagnostic.
fn told(failure: warrego_compiler::Failure) -> anyhow::Error {
    match &failure {
        warrego_compiler::Failure::Policy { diagnostics, .. } => match diagnostics.first() {
            Some(first) => anyhow::anyhow!("{}: {}", first.code.as_str(), first.message),
            None => failure.into(),
        },
        _ => failure.into(),
    }
}

/// Builds the hand-written component of the case. Nobody ships names of functions, so they are left out of its size.
pub fn build_handwritten(setting: &Setting<'_>) -> Result<Built> {
    let name = &setting.case.name;
    let known = HANDWRITTEN.iter().find(|(case, _)| case == name);
    let Some((_, example)) = known else {
        bail!("nobody has written it by hand")
    };
    let module = fs::read(setting.tools.handwritten(example)?)?;
    let component = ComponentEncoder::default()
        .validate(true)
        .module(&without_names(&module)?)?
        .encode()?;
    save(setting, "handwritten", &component)?;
    Ok(Built {
        time: None,
        size: Some(component.len()),
    })
}

fn save(setting: &Setting<'_>, id: &str, component: &[u8]) -> Result<()> {
    fs::write(setting.folder.join(format!("{id}.wasm")), component)?;
    fs::write(
        setting.folder.join(format!("{id}.cwasm")),
        Policy::precompile(setting.engine, component)?,
    )?;
    Ok(())
}

/// A core module without its custom sections, but for the one that names its component's world.
fn without_names(module: &[u8]) -> Result<Vec<u8>> {
    let (mut out, mut rest) = module
        .split_at_checked(8)
        .map(|(magic, rest)| (magic.to_vec(), rest))
        .context("no module")?;
    while let [id, tail @ ..] = rest {
        let (length, header) = leb(tail).context("a broken section")?;
        let (body, behind) = tail
            .get(header..)
            .and_then(|body| body.split_at_checked(length))
            .context("a broken section")?;
        let keep = *id != 0 || leb(body).is_some_and(|(_, at)| body.get(at..).is_some_and(|name| name.starts_with(b"component-type")));
        if keep {
            out.push(*id);
            out.extend_from_slice(&tail[..header]);
            out.extend_from_slice(body);
        }
        rest = behind;
    }
    Ok(out)
}

/// An unsigned LEB128 number and its length.
fn leb(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut value = 0;
    for (index, byte) in bytes.iter().take(5).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, index + 1));
        }
    }
    None
}

/// A component with one warm instance.
pub struct Loaded {
    policy: Policy,
    entrypoint: u32,
    warm: Instance,
}

/// Loads what `build` left.
pub fn load(id: &str, setting: &Setting<'_>) -> Result<Loaded> {
    // SAFETY: the file was written by `build` in this run, with the same wasmtime.
    let policy = unsafe { Policy::load_precompiled(setting.engine, &setting.folder.join(format!("{id}.cwasm")), LIMITS, grants()) }?;
    let entrypoint = policy
        .entrypoint(&setting.case.entrypoint)
        .context("the component has no such entrypoint")?;
    let warm = policy.instance()?;
    Ok(Loaded { policy, entrypoint, warm })
}

/// A component that is asked by name and in text.
pub struct ByName(pub Loaded);

impl ByName {
    fn ask(policy: &Policy, entrypoint: u32, instance: &mut Instance, input: &Input) -> Result<String> {
        let name = policy.entrypoints().get(entrypoint as usize).context("no such entrypoint")?;
        instance.decide(name, Some(&input.text))?.context("undefined")
    }
}

impl Ready for ByName {
    fn decide(&mut self, input: &Input) -> Result<Vec<u8>> {
        let Loaded { policy, entrypoint, warm } = &mut self.0;
        Ok(Self::ask(policy, *entrypoint, warm, input)?.into_bytes())
    }

    fn first(&mut self, input: &Input) -> Result<Duration> {
        let start = Instant::now();
        let mut fresh = self.0.policy.instance()?;
        Self::ask(&self.0.policy, self.0.entrypoint, &mut fresh, input)?;
        Ok(start.elapsed())
    }

    fn linear_memory(&self) -> Option<usize> {
        self.0.linear_memory()
    }
}

impl Ready for Loaded {
    fn decide(&mut self, input: &Input) -> Result<Vec<u8>> {
        self.warm.evaluate(self.entrypoint, Some(&input.bytes))?.context("undefined")
    }

    fn first(&mut self, input: &Input) -> Result<Duration> {
        let start = Instant::now();
        let mut fresh = self.policy.instance()?;
        fresh.evaluate(self.entrypoint, Some(&input.bytes))?.context("undefined")?;
        Ok(start.elapsed())
    }

    fn linear_memory(&self) -> Option<usize> {
        Some(self.warm.memory())
    }
}
