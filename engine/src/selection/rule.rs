//! The rules as configuration.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    BestFirst, Bonus, Breadth, Children, Depth, Gumbel, InFlight, PUcb, ParentStats, Puct,
    SelectionRule, Softmax, Thompson, Uct, WuUct,
};

/// The published rules, as configuration.
///
/// ```
/// use cogitree_engine::Rule;
/// let rule: Rule = serde_json::from_str(r#"{"wu_uct": {"c": 0.7}}"#).unwrap();
/// assert_eq!(rule.name(), "wu_uct");
/// assert_eq!("puct".parse::<Rule>().unwrap().name(), "puct");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
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

    /// The first of its numbers that is out of range: field, what is expected, what is given.
    /// A score made of such a number could be NaN, and then no child would ever be chosen.
    pub(crate) fn out_of_range(&self) -> Option<(&'static str, &'static str, f64)> {
        const POSITIVE: &str = "a finite number greater than 0";
        const NOT_NEGATIVE: &str = "a finite number that is not negative";
        let positive =
            |field, x: f64| (!(x > 0.0 && x.is_finite())).then_some((field, POSITIVE, x));
        let not_negative =
            |field, x: f64| (!(x >= 0.0 && x.is_finite())).then_some((field, NOT_NEGATIVE, x));
        let in_flight = |how: InFlight| match how {
            InFlight::VirtualLoss { weight, loss } => positive("rule.in_flight.weight", weight)
                .or_else(|| not_negative("rule.in_flight.loss", loss)),
            InFlight::Ignored | InFlight::Unobserved => None,
        };
        match *self {
            Rule::Uct(r) => not_negative("rule.c", r.c).or_else(|| in_flight(r.in_flight)),
            Rule::WuUct(r) => not_negative("rule.c", r.c),
            Rule::PUcb(r) => not_negative("rule.c", r.c)
                .or_else(|| positive("rule.c_base", r.c_base))
                .or_else(|| not_negative("rule.first_play", r.first_play))
                .or_else(|| in_flight(r.in_flight)),
            Rule::Puct(r) => not_negative("rule.c", r.c)
                .or_else(|| positive("rule.c_base", r.c_base))
                .or_else(|| not_negative("rule.c_factor", r.c_factor))
                .or_else(|| not_negative("rule.first_play_reduction", r.first_play_reduction))
                .or_else(|| in_flight(r.in_flight)),
            Rule::Gumbel(r) => not_negative("rule.c_visit", r.c_visit)
                .or_else(|| not_negative("rule.c_scale", r.c_scale)),
            Rule::Thompson(r) => positive("rule.prior_alpha", r.prior_alpha)
                .or_else(|| positive("rule.prior_beta", r.prior_beta))
                .or_else(|| in_flight(r.in_flight)),
            Rule::Softmax(r) => positive("rule.temperature", r.temperature)
                .or_else(|| not_negative("rule.prior_weight", r.prior_weight))
                .or_else(|| in_flight(r.in_flight)),
            Rule::BestFirst(_) | Rule::Breadth(_) | Rule::Depth(_) => None,
        }
    }

    /// The rule in a search of so many simulations: [`Gumbel`] divides them, unless it was told
    /// what to divide.
    pub(crate) fn for_budget(self, simulations: u64) -> Self {
        match self {
            Rule::Gumbel(rule) => Rule::Gumbel(Gumbel {
                simulations: rule.simulations.or(Some(simulations)),
                ..rule
            }),
            other => other,
        }
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

    fn bonus(&self) -> Option<Bonus> {
        match self {
            Rule::Uct(rule) => rule.bonus(),
            Rule::WuUct(rule) => rule.bonus(),
            Rule::PUcb(rule) => rule.bonus(),
            _ => None,
        }
    }

    fn weight(&self, samples: f64) -> f32 {
        match self {
            Rule::Uct(rule) => rule.weight(samples),
            Rule::WuUct(rule) => rule.weight(samples),
            Rule::PUcb(rule) => rule.weight(samples),
            _ => 0.0,
        }
    }
}
