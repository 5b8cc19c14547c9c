//! A configuration with some of its fields replaced.

use serde_json::{Map, Value};
use thiserror::Error;

use super::{ConfigError, SearchConfig};
use crate::{Rule, Widening};

/// A configuration that cannot be laid over another.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OverlayError {
    /// There is no such field.
    #[error("there is no field `{field}`{}", did_you_mean(.nearest.as_deref()))]
    Unknown {
        /// The field, with what it is in: `budget.call`.
        field: String,
        /// The field that it is nearest to by its letters.
        nearest: Option<String>,
    },
    /// A field has a value of a kind that it does not take.
    #[error("`{field}`: {why}")]
    Kind {
        /// The field, with what it is in.
        field: String,
        /// What is wrong with it.
        why: String,
    },
    /// A field is out of its range.
    #[error(transparent)]
    Range(#[from] ConfigError),
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

impl SearchConfig {
    /// The same configuration with the fields of `overlay` in place of its own, as a file has them;
    /// what is not given stays. A selection rule may be given by its name alone, with its defaults;
    /// fields of the rule that is there already may be given one by one.
    ///
    /// # Errors
    /// A field that there is not, with the one that it is nearest to; a value of the wrong kind, or out
    /// of its range.
    ///
    /// ```
    /// use cogitree_engine::SearchConfig;
    /// use serde_json::json;
    /// let config = SearchConfig::default();
    /// let changed = config.overlaid(&json!({"depth": 3, "rule": {"p_ucb": {"c": 2.0}}})).unwrap();
    /// assert_eq!((changed.depth, changed.width), (3, 24));
    /// assert_eq!(serde_json::to_value(changed.rule).unwrap()["p_ucb"]["c_base"], 10.0);
    /// assert_eq!(config.overlaid(&json!({"rule": "uct"})).unwrap().rule.name(), "uct");
    /// let error = config.overlaid(&json!({"budget": {"call": 9}})).unwrap_err();
    /// assert_eq!(error.to_string(), "there is no field `budget.call`; did you mean `budget.calls`?");
    /// ```
    pub fn overlaid(&self, overlay: &Value) -> Result<SearchConfig, OverlayError> {
        let mut merged = written(self);
        merge(&mut merged, overlay, "")?;
        let mut config = self.clone();
        if let Value::Object(fields) = merged {
            // Field by field, so that an error names it.
            for (field, value) in fields {
                let one = Value::Object(Map::from_iter([(field.clone(), value)]));
                config = replace(config, one).map_err(|why| OverlayError::Kind { field, why })?;
            }
        }
        config.validate()?;
        Ok(config)
    }
}

/// A configuration with one field replaced.
fn replace(config: SearchConfig, field: Value) -> Result<SearchConfig, String> {
    let mut whole = written(&config);
    if let (Value::Object(whole), Value::Object(field)) = (&mut whole, field) {
        whole.extend(field);
    }
    serde_json::from_value(whole).map_err(|error| error.to_string())
}

fn written(value: &impl serde::Serialize) -> Value {
    // A configuration has no maps with keys that are not text, which is all that could fail.
    serde_json::to_value(value).unwrap_or_default()
}

/// Lays `over` onto `base`, which is at `path` of the configuration.
fn merge(base: &mut Value, over: &Value, path: &str) -> Result<(), OverlayError> {
    if path == "rule" {
        *base = rule(base, over)?;
        return Ok(());
    }
    if path == "widening" && base.is_null() && over.is_object() {
        *base = written(&Widening::default());
    }
    let (Value::Object(base), Value::Object(over)) = (&mut *base, over) else {
        if base.is_object() && !over.is_null() || path.is_empty() {
            return Err(OverlayError::Kind {
                field: if path.is_empty() {
                    "the configuration"
                } else {
                    path
                }
                .to_owned(),
                why: format!("it has fields of its own, not {over}"),
            });
        }
        *base = over.clone();
        return Ok(());
    };
    for (name, value) in over {
        let field = join(path, name);
        match base.get_mut(name) {
            // Rules say what in-flight simulations count as by a name or a table of one.
            Some(place) if name == "in_flight" && !path.is_empty() => *place = value.clone(),
            Some(place) => merge(place, value, &field)?,
            None => {
                let nearest = nearest(name, base.keys()).map(|name| join(path, &name));
                return Err(OverlayError::Unknown { field, nearest });
            }
        }
    }
    Ok(())
}

/// A rule laid over another: of the same name, field by field; of another, over its defaults.
fn rule(base: &Value, over: &Value) -> Result<Value, OverlayError> {
    let kind = |why: String| OverlayError::Kind {
        field: "rule".to_owned(),
        why,
    };
    let (name, fields) = match over {
        Value::String(name) => (name, None),
        Value::Object(table) if table.len() == 1 => match table.iter().next() {
            Some((name, fields)) => (name, Some(fields)),
            None => return Err(kind("it has no name".to_owned())),
        },
        _ => {
            return Err(kind(
                "give the rule's name, or a table of that name".to_owned(),
            ));
        }
    };
    let default: Rule = name.parse().map_err(|unknown| kind(format!("{unknown}")))?;
    let mut rule = match base.get(name) {
        Some(_) if fields.is_some() => base.clone(),
        _ => written(&default),
    };
    if let (Some(place), Some(fields)) = (rule.get_mut(name), fields) {
        merge(place, fields, &join("rule", name))?;
    }
    Ok(rule)
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

/// The name that takes the fewest changes of a letter, if it is not another word altogether.
fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n String>) -> Option<String> {
    names
        .map(|known| (strsim::damerau_levenshtein(name, known), known))
        .min_by_key(|(changes, _)| *changes)
        .filter(|(changes, known)| *changes <= known.len().max(3) / 2)
        .map(|(_, known)| known.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_field_can_be_changed_and_comes_back() {
        let changed = SearchConfig {
            depth: 2,
            rehearse: true,
            widening: Some(Widening { c: 2.0, alpha: 0.3 }),
            rule: "softmax".parse().unwrap(),
            ..SearchConfig::default()
        };
        let all = written(&changed);
        assert_eq!(SearchConfig::default().overlaid(&all).unwrap(), changed);
        assert_eq!(changed.overlaid(&json!({})).unwrap(), changed);
        let none = changed.overlaid(&json!({"widening": null})).unwrap();
        assert_eq!(none.widening, None);
        let half = SearchConfig::default().overlaid(&json!({"widening": {"alpha": 0.3}}));
        assert_eq!(
            half.unwrap().widening,
            Some(Widening { c: 1.0, alpha: 0.3 })
        );
        let in_flight =
            json!({"rule": {"uct": {"in_flight": {"virtual_loss": {"weight": 2.0, "loss": 0.5}}}}});
        let Rule::Uct(uct) = changed.overlaid(&in_flight).unwrap().rule else {
            panic!("another rule")
        };
        assert_eq!(written(&uct)["in_flight"]["virtual_loss"]["weight"], 2.0);
    }

    #[test]
    fn what_cannot_be_is_named() {
        let refused = |overlay: Value| {
            let error = SearchConfig::default().overlaid(&overlay).unwrap_err();
            error.to_string()
        };
        for (overlay, expected) in [
            (
                json!({"rethink": 1}),
                "there is no field `rethink`; did you mean `rethinks`?",
            ),
            (json!({"zzzzzzzz": 1}), "there is no field `zzzzzzzz`"),
            (
                json!({"rule": {"p_ucb": {"c_bass": 1}}}),
                "there is no field `rule.p_ucb.c_bass`; did you mean `rule.p_ucb.c_base`?",
            ),
            (
                json!({"rule": {"pucb": {}}}),
                "`rule`: there is no selection rule \"pucb\"",
            ),
            (json!({"rule": 3}), "`rule`: give the rule's name"),
            (json!({"depth": "deep"}), "`depth`: invalid type"),
            (json!({"review": "sometimes"}), "`review`: unknown variant"),
            (json!({"budget": 3}), "`budget`: it has fields of its own"),
            (json!([1]), "`the configuration`: it has fields"),
            (json!({"depth": 0}), "depth must be at least 1, not 0"),
            (json!({"compare": 1}), "compare must be 0, or between 2"),
        ] {
            let message = refused(overlay);
            assert!(message.starts_with(expected), "{message}");
        }
    }
}
