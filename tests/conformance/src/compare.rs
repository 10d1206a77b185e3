//! When two JSON texts stand for the same answer: numbers by value however they are written, results in any order.

use serde_json::Value;

/// Rego's equality on JSON values.
pub fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.to_string(), b.to_string());
            a == b || Decimal::read(&a).is_some_and(|a| Some(a) == Decimal::read(&b))
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, value)| b.get(key).is_some_and(|other| equal(value, other)))
        }
        _ => a == b,
    }
}

/// Whether two lists hold the same values in any order.
pub fn same_members(a: &[Value], b: &[Value]) -> bool {
    let mut left: Vec<&Value> = b.iter().collect();
    let all = a.iter().all(|value| {
        let position = left.iter().position(|other| equal(value, other));
        position.map(|position| left.swap_remove(position)).is_some()
    });
    all && left.is_empty()
}

/// How the results of a query are compared.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rules {
    /// Arrays that are bound stand for sets.
    pub sort_bindings: bool,
    /// Bindings of generated variables do not count.
    pub ignore_generated_vars: bool,
}

/// Whether the results are those wanted.
pub fn same_results(results: &[Value], wanted: &[Value], rules: Rules) -> bool {
    let prepare = |list: &[Value]| -> Vec<Value> { list.iter().map(|bindings| prepare(bindings, rules)).collect() };
    same_members(&prepare(results), &prepare(wanted))
}

fn prepare(bindings: &Value, rules: Rules) -> Value {
    let Value::Object(members) = bindings else {
        return bindings.clone();
    };
    let mut members = members.clone();
    if rules.ignore_generated_vars {
        members.retain(|name, _| !name.starts_with("__") && !name.starts_with('$'));
    }
    if rules.sort_bindings {
        for value in members.values_mut() {
            if let Value::Array(items) = value {
                items.sort_by_cached_key(canonical);
            }
        }
    }
    Value::Object(members)
}

/// A text that is the same for values that are equal.
fn canonical(value: &Value) -> String {
    match value {
        Value::Number(number) => {
            let text = number.to_string();
            match Decimal::read(&text) {
                Some(decimal) => format!("{}{}e{}", if decimal.negative { "-" } else { "" }, decimal.digits, decimal.exponent),
                None => text,
            }
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        Value::Object(members) => {
            let mut parts: Vec<String> = members.iter().map(|(key, value)| format!("{key:?}:{}", canonical(value))).collect();
            parts.sort();
            format!("{{{}}}", parts.join(","))
        }
        _ => value.to_string(),
    }
}

/// A number as digits without zeros around them, times a power of ten.
#[derive(Debug, PartialEq, Eq)]
struct Decimal {
    negative: bool,
    digits: String,
    exponent: i64,
}

impl Decimal {
    fn read(text: &str) -> Option<Self> {
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        let exponent = exponent.parse::<i64>().ok()? - i64::try_from(fraction.len()).ok()?;
        let trimmed = digits.trim_start_matches('0');
        let significant = trimmed.trim_end_matches('0');
        if significant.is_empty() {
            return Some(Self {
                negative: false,
                digits: "0".into(),
                exponent: 0,
            });
        }
        let zeros = i64::try_from(trimmed.len() - significant.len()).ok()?;
        Some(Self {
            negative,
            digits: significant.into(),
            exponent: exponent + zeros,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Rules, equal, same_results};
    use serde_json::{Value, json};

    fn value(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn numbers_by_value() {
        for (a, b) in [("1", "1.0"), ("100", "1e2"), ("0.10", "1E-1"), ("-0", "0"), ("12300e-2", "123")] {
            assert!(equal(&value(a), &value(b)), "{a} {b}");
        }
        assert!(!equal(&value("0.30000000000000000001"), &value("0.3")));
        assert!(!equal(&value("1"), &value("-1")));
    }

    #[test]
    fn results_in_any_order() {
        let rules = Rules {
            sort_bindings: true,
            ignore_generated_vars: true,
        };
        let results = [json!({"x": [2, 1], "__a": 1}), json!({"x": 1})];
        assert!(same_results(&results, &[json!({"x": 1}), json!({"x": [1, 2]})], rules));
        assert!(!same_results(&results, &[json!({"x": 1}), json!({"x": 1})], rules));
    }
}
