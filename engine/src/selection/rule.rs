//! The rules as configuration.

use serde::{Deserialize, Serialize};

use super::{
    BestFirst, Breadth, Children, Depth, Gumbel, PUcb, ParentStats, Puct, SelectionRule, Softmax,
    Thompson, Uct, WuUct,
};

/// The published rules, as configuration.
///
/// ```
/// use cogitree_engine::Rule;
/// let rule: Rule = serde_json::from_str(r#"{"wu_uct": {"c": 0.7}}"#).unwrap();
/// assert_eq!(rule.name(), "wu_uct");
/// assert_eq!("puct".parse::<Rule>().unwrap().name(), "puct");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Rule {
    /// See [`Uct`].
    Uct(Uct),
    /// See [`WuUct`].
    WuUct(WuUct),
    /// See [`PUcb`].
    PUcb(PUcb),
    /// See [`Puct`].
    Puct(Puct),
    /// See [`Gumbel`].
    Gumbel(Gumbel),
    /// See [`Thompson`].
    Thompson(Thompson),
    /// See [`BestFirst`].
    BestFirst(BestFirst),
    /// See [`Breadth`].
    Breadth(Breadth),
    /// See [`Depth`].
    Depth(Depth),
    /// See [`Softmax`].
    Softmax(Softmax),
}

impl Default for Rule {
    fn default() -> Self {
        Rule::PUcb(PUcb::default())
    }
}

impl Rule {
    /// Every rule with its defaults.
    pub fn all() -> [Rule; 10] {
        [
            Rule::Uct(Uct::default()),
            Rule::WuUct(WuUct::default()),
            Rule::PUcb(PUcb::default()),
            Rule::Puct(Puct::default()),
            Rule::Gumbel(Gumbel::default()),
            Rule::Thompson(Thompson::default()),
            Rule::BestFirst(BestFirst::default()),
            Rule::Breadth(Breadth::default()),
            Rule::Depth(Depth::default()),
            Rule::Softmax(Softmax::default()),
        ]
    }

    /// The rule's name in configuration files.
    pub fn name(&self) -> &'static str {
        match self {
            Rule::Uct(_) => "uct",
            Rule::WuUct(_) => "wu_uct",
            Rule::PUcb(_) => "p_ucb",
            Rule::Puct(_) => "puct",
            Rule::Gumbel(_) => "gumbel",
            Rule::Thompson(_) => "thompson",
            Rule::BestFirst(_) => "best_first",
            Rule::Breadth(_) => "breadth",
            Rule::Depth(_) => "depth",
            Rule::Softmax(_) => "softmax",
        }
    }
}

/// The rule's name.
impl std::fmt::Display for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// A rule with its defaults, by its name.
impl std::str::FromStr for Rule {
    type Err = UnknownRule;

    fn from_str(name: &str) -> Result<Self, UnknownRule> {
        let found = Rule::all().into_iter().find(|rule| rule.name() == name);
        found.ok_or_else(|| UnknownRule {
            name: name.to_owned(),
        })
    }
}

/// A name that no rule has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no selection rule {name:?}; the rules are {}", Rule::all().map(|r| r.name()).join(", "))]
pub struct UnknownRule {
    /// The name.
    pub name: String,
}

impl SelectionRule for Rule {
    fn choose(&self, parent: &ParentStats, children: Children<'_>) -> Option<u32> {
        match self {
            Rule::Uct(rule) => rule.choose(parent, children),
            Rule::WuUct(rule) => rule.choose(parent, children),
            Rule::PUcb(rule) => rule.choose(parent, children),
            Rule::Puct(rule) => rule.choose(parent, children),
            Rule::Gumbel(rule) => rule.choose(parent, children),
            Rule::Thompson(rule) => rule.choose(parent, children),
            Rule::BestFirst(rule) => rule.choose(parent, children),
            Rule::Breadth(rule) => rule.choose(parent, children),
            Rule::Depth(rule) => rule.choose(parent, children),
            Rule::Softmax(rule) => rule.choose(parent, children),
        }
    }
}
