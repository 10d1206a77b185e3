//! Inputs that JSON cannot write: a Rego term becomes statements that build it, and a plan runs with it as its `input`.

use anyhow::{Context, Result, bail};
use serde_json::Value as Json;
use warrego_compiler::ir::{INPUT, Local, Location, Op, Operand, Policy, Stmt, StringConst};
use warrego_compiler::syntax::ast::{ExprKind, Term, Value};
use warrego_compiler::syntax::{ParseOptions, parse_query};

/// Makes every entrypoint of a plan run with the term as its input. `plan` is the plan's text, `policy` what was read from it.
pub fn with_input(policy: &mut Policy, plan: &str, term: &str) -> Result<()> {
    let Ok(query) = parse_query(0, term, &ParseOptions::default()) else {
        bail!("the term cannot be read")
    };
    let [expr] = query.as_slice() else { bail!("not one term") };
    let ExprKind::Term(term) = &expr.kind else { bail!("no term") };
    let first = serde_json::from_str(plan).map(|plan| largest_local(&plan))?.max(1) + 1;
    for index in 0..policy.plans.plans.len() {
        let mut builder = Builder {
            strings: &mut policy.statics.strings,
            stmts: Vec::new(),
            next: first,
        };
        let value = builder.build(term).context("the term is not ground")?;
        let building = builder.stmts;
        for block in &mut policy.plans.plans[index].blocks {
            let with = Op::With {
                local: INPUT,
                path: Vec::new(),
                value,
                block: std::mem::take(block),
            };
            block.stmts.clone_from(&building);
            block.stmts.push(stmt(with));
        }
    }
    Ok(())
}

fn stmt(op: Op) -> Stmt {
    Stmt {
        op,
        location: Location::default(),
    }
}

struct Builder<'a> {
    strings: &'a mut Vec<StringConst>,
    stmts: Vec<Stmt>,
    next: Local,
}

impl Builder<'_> {
    fn fresh(&mut self) -> Local {
        self.next += 1;
        self.next - 1
    }

    fn push(&mut self, op: impl FnOnce(Local) -> Op) -> Local {
        let target = self.fresh();
        self.stmts.push(stmt(op(target)));
        target
    }

    fn string(&mut self, text: &str) -> u32 {
        self.strings.push(StringConst { value: text.to_owned() });
        self.strings.len() as u32 - 1
    }

    fn build(&mut self, term: &Term) -> Option<Operand> {
        Some(Operand::Local(match &term.value {
            Value::Null => self.push(|target| Op::MakeNull { target }),
            Value::Bool(value) => return Some(Operand::Bool(*value)),
            Value::String(text) => return Some(Operand::StringIndex(self.string(text))),
            Value::Number(text) => {
                let index = self.string(text);
                self.push(|target| Op::MakeNumberRef { index, target })
            }
            Value::Array(items) => {
                let array = self.push(|target| Op::MakeArray { capacity: 0, target });
                for item in items {
                    let value = self.build(item)?;
                    self.stmts.push(stmt(Op::ArrayAppend { value, array }));
                }
                array
            }
            Value::Set(items) => {
                let set = self.push(|target| Op::MakeSet { target });
                for item in items {
                    let value = self.build(item)?;
                    self.stmts.push(stmt(Op::SetAdd { value, set }));
                }
                set
            }
            Value::Object(members) => {
                let object = self.push(|target| Op::MakeObject { target });
                for (key, value) in members {
                    let (key, value) = (self.build(key)?, self.build(value)?);
                    self.stmts.push(stmt(Op::ObjectInsert { key, value, object }));
                }
                object
            }
            _ => return None,
        }))
    }
}

/// An upper bound of the locals in a plan's JSON.
fn largest_local(plan: &Json) -> Local {
    match plan {
        Json::Array(items) => items.iter().map(largest_local).max().unwrap_or(0),
        Json::Object(members) => {
            let number = |value: &Json| value.as_u64().and_then(|local| Local::try_from(local).ok()).unwrap_or(0);
            let scans = members.contains_key("block");
            let operand = members.get("type").and_then(Json::as_str) == Some("local");
            let of_member = |(name, value): (&String, &Json)| match name.as_str() {
                "key" | "value" if value.is_number() => {
                    if scans || operand {
                        number(value)
                    } else {
                        0
                    }
                }
                "target" | "source" | "result" | "array" | "object" | "set" | "a" | "b" | "local" | "return" if value.is_number() => {
                    number(value)
                }
                "args" | "params" => {
                    let own = value.as_array().into_iter().flatten().map(number).max().unwrap_or(0);
                    own.max(largest_local(value))
                }
                _ => largest_local(value),
            };
            members.iter().map(of_member).max().unwrap_or(0)
        }
        _ => 0,
    }
}
