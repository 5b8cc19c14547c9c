//! The JSON schema of a configuration.

use serde_json::Value;

use super::SearchConfig;
use crate::Rule;

impl SearchConfig {
    /// The JSON schema (2020-12) of what [`overlaid`](Self::overlaid) takes, every field with its
    /// description and default.
    ///
    /// ```
    /// let schema = cogitree_engine::SearchConfig::json_schema();
    /// assert_eq!(schema["properties"]["depth"]["default"], 6);
    /// ```
    pub fn json_schema() -> Value {
        let mut schema = schemars::schema_for!(SearchConfig).to_value();
        // A rule's name alone stands for its defaults.
        let names: Vec<&str> = Rule::all().iter().map(Rule::name).collect();
        let forms = schema.pointer_mut("/$defs/Rule/oneOf");
        if let Some(forms) = forms.and_then(Value::as_array_mut) {
            forms.push(serde_json::json!({"type": "string", "enum": names}));
        }
        without_links(&mut schema);
        schema
    }
}

/// Takes the targets of links out of descriptions, which are those of the Rust documentation.
fn without_links(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if name == "description" => *text = without_targets(text),
                    value => without_links(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(without_links),
        _ => {}
    }
}

/// `[words](target)` becomes `words`.
fn without_targets(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("](") {
        let Some((_, end)) = after.split_once(')') else {
            break;
        };
        let (start, words) = before.rsplit_once('[').unwrap_or(("", before));
        plain.push_str(start);
        plain.push_str(words);
        rest = end;
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every field of the configuration is in the schema, described, and the schema has no others.
    #[test]
    fn the_schema_is_that_of_the_configuration() {
        let schema = SearchConfig::json_schema();
        let defs = &schema["$defs"];
        let rules = defs["Rule"]["oneOf"].as_array().unwrap();
        assert_eq!(rules.len(), Rule::all().len() + 1);
        assert!(rules.iter().any(|form| form["enum"][2] == "p_ucb"));
        let keys = |value: &Value| -> Vec<String> {
            let mut keys: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
            keys.sort();
            keys
        };
        let config = serde_json::to_value(SearchConfig::default()).unwrap();
        for (properties, fields) in [
            (&schema["properties"], &config),
            (&defs["Budget"]["properties"], &config["budget"]),
            (&defs["Backup"]["properties"], &config["backup"]),
            (&defs["PUcb"]["properties"], &config["rule"]["p_ucb"]),
        ] {
            assert_eq!(keys(properties), keys(fields));
            for (name, field) in properties.as_object().unwrap() {
                let described = field["description"].as_str();
                assert!(
                    described.is_some_and(|d| !d.contains("](")),
                    "{name}: {field}"
                );
            }
        }
        assert_eq!(schema["additionalProperties"], false);
    }
}
