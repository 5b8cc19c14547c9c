//! What a prompt is written from: a request, as the variables of its template.
//!
//! Every text that is not ours (statement, thought, program, output) becomes a fenced block before a
//! template sees it, so that no template can forget to.

use std::collections::BTreeMap;

use cogitree_engine::{
    Attempt, Chain, Checker, DesignTests, Implement, Problem, Propose, Rethink, Review, Test,
    Thought,
};
use minijinja::Value;

use super::fence::fenced;
use super::room::{Keep, cut, fitting, shares};

/// The longest line of one test, in bytes.
const TEST: usize = 1200;

/// The variables of one prompt, before the texts are fitted to their room.
#[derive(Default)]
pub(crate) struct Scene {
    values: BTreeMap<&'static str, Value>,
    parts: Vec<Part>,
}

struct Part {
    name: &'static str,
    language: &'static str,
    weight: u32,
    body: Body,
}

enum Body {
    Text(String, Keep),
    /// Items, and the order in which they are kept.
    Items(Vec<String>, Vec<usize>),
}

impl Body {
    fn len(&self) -> usize {
        match self {
            Body::Text(text, _) => text.len(),
            Body::Items(items, _) => items.iter().map(|i| i.len() + 1).sum(),
        }
    }

    fn fitted(&self, room: usize) -> String {
        match self {
            Body::Text(text, keep) => cut(text, room, *keep),
            Body::Items(items, order) => fitting(items, order.iter().copied(), room),
        }
    }
}

/// The names under which an attempt stands in a template.
struct Names {
    program: &'static str,
    verdict: &'static str,
    feedback: &'static str,
}

const ATTEMPT: Names = Names {
    program: "program",
    verdict: "verdict",
    feedback: "feedback",
};

impl Scene {
    pub(crate) fn propose(ask: &Propose<'_>) -> Scene {
        let mut scene = Scene::of_chain(&ask.chain, ask.outcome);
        scene.attempt(&ATTEMPT, ask.outcome);
        scene.thoughts("siblings", ask.siblings);
        scene.value("width", ask.width);
        scene
    }

    pub(crate) fn rehearse(chain: &Chain<'_>) -> Scene {
        let mut scene = Scene::of_chain(chain, None);
        // The smallest input is the one that can be walked through by hand.
        let tests = &chain.problem.tests;
        let smallest = (0..tests.len()).min_by_key(|&i| tests[i].weight());
        match smallest {
            Some(i) => scene.text("example", "text", 1, shown(chain.problem, i), Keep::Ends),
            None => scene.absent("example"),
        }
        scene
    }

    pub(crate) fn implement(ask: &Implement<'_>) -> Scene {
        let mut scene = Scene::of_chain(&ask.chain, ask.failed.or(ask.chain.above));
        // A rethought step has its own failure; the one above was what the first version answered.
        let above = ask.chain.above.filter(|_| ask.failed.is_none());
        scene.attempt(
            &Names {
                program: "above_program",
                verdict: "above_verdict",
                feedback: "above_feedback",
            },
            above,
        );
        scene.attempt(
            &Names {
                program: "failed_program",
                verdict: "failed_verdict",
                feedback: "failed_feedback",
            },
            ask.failed,
        );
        let mut tried = Vec::new();
        for (i, program) in ask.tried.iter().enumerate() {
            tried.push(format!("# {}\n{}\n", i + 1, program.source.trim_end()));
        }
        scene.items("tried", "python", 2, tried);
        scene
    }

    pub(crate) fn rethink(ask: &Rethink<'_>) -> Scene {
        let mut scene = Scene::of_chain(&ask.chain, Some(ask.outcome));
        scene.attempt(&ATTEMPT, Some(ask.outcome));
        scene.thoughts("tried", ask.tried);
        scene
    }

    pub(crate) fn review(ask: &Review<'_>) -> Scene {
        let mut scene = Scene::of_chain(&ask.chain, Some(ask.outcome));
        scene.attempt(&ATTEMPT, Some(ask.outcome));
        scene
    }

    pub(crate) fn design_tests(ask: &DesignTests<'_>) -> Scene {
        let mut scene = Scene::of_problem(ask.problem, None);
        scene.value("wanted", ask.wanted);
        scene
    }

    /// The two programs as A and B.
    pub(crate) fn compare(problem: &Problem, a: Attempt<'_>, b: Attempt<'_>) -> Scene {
        let mut scene = Scene::of_problem(problem, None);
        scene.attempt(
            &Names {
                program: "first_program",
                verdict: "first_verdict",
                feedback: "first_feedback",
            },
            Some(a),
        );
        scene.attempt(
            &Names {
                program: "second_program",
                verdict: "second_verdict",
                feedback: "second_feedback",
            },
            Some(b),
        );
        scene
    }

    /// Both words are ours.
    pub(crate) fn repair(fault: &str, form: &str) -> Scene {
        let mut scene = Scene::default();
        scene.value("fault", fault);
        scene.value("form", form);
        scene
    }

    fn of_chain(chain: &Chain<'_>, outcome: Option<Attempt<'_>>) -> Scene {
        let mut scene = Scene::of_problem(chain.problem, outcome);
        scene.thoughts("thoughts", chain.thoughts);
        scene
    }

    /// The problem; the tests that the feedback is about come first where not all fit.
    fn of_problem(problem: &Problem, outcome: Option<Attempt<'_>>) -> Scene {
        let mut scene = Scene::default();
        scene.text(
            "statement",
            "text",
            4,
            problem.statement.clone(),
            Keep::Ends,
        );
        match problem.interface.signature() {
            Some(signature) => {
                scene.value("entry_point", identifier(&signature.name));
                let header = format!("{}\n    ...", signature.header());
                let header = match signature.preamble.trim() {
                    "" => header,
                    preamble => format!("{preamble}\n\n\n{header}"),
                };
                scene.text("header", "python", 2, header, Keep::End);
            }
            None => {
                scene.absent("entry_point");
                scene.absent("header");
            }
        }
        scene.value("seconds", problem.limits.seconds);
        scene.value("memory_mib", problem.limits.memory_mib);
        match comparison(&problem.checker) {
            Some(words) => scene.value("comparison", words),
            None => scene.absent("comparison"),
        }
        let tests: Vec<String> = (0..problem.tests.len())
            .map(|i| shown(problem, i))
            .collect();
        let relevant = outcome.and_then(|o| o.feedback.test);
        let rest = (0..tests.len()).filter(|i| Some(*i) != relevant);
        let order: Vec<usize> = relevant.into_iter().chain(rest).collect();
        scene.items_in_order("tests", "text", 2, tests, order);
        scene
    }

    fn attempt(&mut self, names: &Names, attempt: Option<Attempt<'_>>) {
        let Some(attempt) = attempt else {
            for name in [names.program, names.verdict, names.feedback] {
                self.absent(name);
            }
            return;
        };
        let source = attempt.program.source.clone();
        self.text(names.program, "python", 3, source, Keep::Ends);
        let report = attempt.report;
        let verdict = format!(
            "It passes {} of {} visible tests.",
            report.passed(),
            report.tests.len()
        );
        self.value(names.verdict, verdict);
        match attempt.feedback.text.as_str() {
            "" => self.absent(names.feedback),
            text => self.text(names.feedback, "text", 3, text.to_owned(), Keep::End),
        }
    }

    fn thoughts(&mut self, name: &'static str, thoughts: &[Thought]) {
        let numbered = thoughts.iter().enumerate().map(|(i, thought)| {
            let text = thought.text.trim().replace('\n', "\n   ");
            format!("{}. {text}", i + 1)
        });
        self.items(name, "text", 3, numbered.collect());
    }

    /// Items of which the newest are kept.
    fn items(
        &mut self,
        name: &'static str,
        language: &'static str,
        weight: u32,
        items: Vec<String>,
    ) {
        let order = (0..items.len()).rev().collect();
        self.items_in_order(name, language, weight, items, order);
    }

    fn items_in_order(
        &mut self,
        name: &'static str,
        language: &'static str,
        weight: u32,
        items: Vec<String>,
        order: Vec<usize>,
    ) {
        if items.is_empty() {
            return self.absent(name);
        }
        self.parts.push(Part {
            name,
            language,
            weight,
            body: Body::Items(items, order),
        });
    }

    fn text(
        &mut self,
        name: &'static str,
        language: &'static str,
        weight: u32,
        text: String,
        keep: Keep,
    ) {
        self.parts.push(Part {
            name,
            language,
            weight,
            body: Body::Text(text, keep),
        });
    }

    fn value(&mut self, name: &'static str, value: impl Into<Value>) {
        self.values.insert(name, value.into());
    }

    /// Present and false, so that a template can ask for it.
    fn absent(&mut self, name: &'static str) {
        self.value(name, ());
    }

    /// The variables, with all texts together in about `room` bytes.
    pub(crate) fn variables(mut self, room: usize) -> BTreeMap<&'static str, Value> {
        let needs: Vec<(usize, u32)> = (self.parts.iter())
            .map(|part| (part.body.len(), part.weight))
            .collect();
        for (part, room) in self.parts.iter().zip(shares(room, &needs)) {
            let text = fenced(part.language, &part.body.fitted(room));
            self.values.insert(part.name, text.into());
        }
        self.values
    }

    /// The names of the variables.
    #[cfg(test)]
    pub(crate) fn names(&self) -> std::collections::BTreeSet<&'static str> {
        let parts = self.parts.iter().map(|p| p.name);
        self.values.keys().copied().chain(parts).collect()
    }
}

/// A test as it is told, with its number.
fn shown(problem: &Problem, i: usize) -> String {
    let n = i + 1;
    let Some(test) = problem.tests.get(i) else {
        return String::new();
    };
    let text = match test {
        Test::Call { args, expected } => {
            let name = problem.interface.signature().map_or("f", |s| &s.name);
            let args: Vec<String> = args.iter().map(ToString::to_string).collect();
            let call = format!("{name}({})", args.join(", "));
            match expected {
                Some(expected) => format!("{call} == {expected}"),
                None => call,
            }
        }
        Test::Stdio { input, expected } => {
            let input = format!("input:\n{}", input.trim_end());
            match expected {
                Some(expected) => format!("{input}\noutput:\n{}", expected.trim_end()),
                None => input,
            }
        }
        Test::Assert { code } => code.trim().to_owned(),
        _ => return String::new(),
    };
    let text = cut(&text, TEST, Keep::Ends);
    match text.contains('\n') {
        true => format!("Test {n}:\n{text}"),
        false => format!("Test {n}: {text}"),
    }
}

/// How answers are compared, where it is not plain equality.
fn comparison(checker: &Checker) -> Option<String> {
    Some(match checker {
        Checker::Exact => return None,
        Checker::Tolerance { absolute, relative } => format!(
            "Numbers are right within {absolute} or, relative to what is expected, within {relative}."
        ),
        Checker::Tokens => "White space in the output does not count, but between words.".into(),
        Checker::Lines => "White space at the ends of the output's lines does not count.".into(),
        Checker::Unordered => "The order of the elements of the result does not count.".into(),
        Checker::Program { .. } => {
            "More than one answer may be right; the tests show one of them each.".into()
        }
        _ => return None,
    })
}

/// A name as it may stand outside a fence: nothing but the letters, digits and underscores of it.
fn identifier(name: &str) -> String {
    let part = |c: &char| c.is_alphanumeric() || *c == '_';
    name.chars().filter(part).take(100).collect()
}
