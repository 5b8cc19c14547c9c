//! The texts of simulated programs.

use cogitree_engine::Program;

use super::world::{Behaviour, Rules};

/// A program of a simulated world: a behaviour, in one of several spellings.
///
/// Its text names both by a sealed number: only who knows the world can tell what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) problem: u32,
    pub(super) behaviour: Behaviour,
    pub(super) spelling: u32,
}

impl Written {
    pub(super) fn program(self, rules: &Rules) -> Program {
        let behaviour = match self.behaviour {
            Behaviour::Right => 0,
            Behaviour::Mistaken(mistake) => mistake + 1,
        };
        let sealed = seal(rules, self.problem, [behaviour, self.spelling]);
        let number = u64::from(sealed[0]) << 32 | u64::from(sealed[1]);
        Program::new(format!(
            "def f(n):\n    return simulated({}, 0x{number:016x}, n)\n",
            self.problem
        ))
    }

    /// What a text says; `None` for a text that is no program of this world.
    pub(super) fn read(rules: &Rules, program: &Program) -> Option<Written> {
        let call = program
            .source
            .strip_prefix("def f(n):\n    return simulated(")?;
        let (problem, rest) = call.strip_suffix(", n)\n")?.split_once(", 0x")?;
        let problem = problem.parse().ok()?;
        let number = u64::from_str_radix(rest, 16).ok()?;
        let [behaviour, spelling] = unseal(rules, problem, [(number >> 32) as u32, number as u32]);
        // Of all numbers only those that were written mean something.
        let odds = &rules.odds;
        if behaviour > odds.mistakes.max(1) || spelling >= odds.spellings.max(1) {
            return None;
        }
        Some(Written {
            problem,
            behaviour: match behaviour {
                0 => Behaviour::Right,
                n => Behaviour::Mistaken(n - 1),
            },
            spelling,
        })
    }
}

/// Four rounds of a Feistel network: a permutation of 64 bits that depends on the world.
fn seal(rules: &Rules, problem: u32, [mut left, mut right]: [u32; 2]) -> [u32; 2] {
    for round in 0..4 {
        (left, right) = (right, left ^ mask(rules, problem, round, right));
    }
    [left, right]
}

fn unseal(rules: &Rules, problem: u32, [mut left, mut right]: [u32; 2]) -> [u32; 2] {
    for round in (0..4).rev() {
        (left, right) = (right ^ mask(rules, problem, round, left), left);
    }
    [left, right]
}

fn mask(rules: &Rules, problem: u32, round: u64, half: u32) -> u32 {
    let draws = rules.draws(problem, "seal").number(round);
    draws.number(half.into()).bits() as u32
}
