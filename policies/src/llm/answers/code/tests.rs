use cogitree_engine::{Checker, Parameter};

use super::*;

fn problem(signature: Option<Signature>) -> Problem {
    Problem {
        id: "f".into(),
        statement: String::new(),
        interface: signature.map_or(Interface::Stdin, Interface::Function),
        tests: Vec::new(),
        checker: Checker::Exact,
        limits: Limits::default(),
    }
}

fn f() -> Problem {
    problem(Some(Signature::new("f", [Parameter::new("x")])))
}

/// The program for `def f(x)`, without the white space at its ends.
fn taken(answer: &str) -> String {
    told(answer, "", &f())
}

fn told(answer: &str, told: &str, problem: &Problem) -> String {
    let program = program(&Said::new(answer, told), problem).unwrap();
    program.source.trim().to_owned()
}

const PLAIN: &str = "def f(x):\n    return x + 1";

#[test]
fn fences_of_all_kinds_are_opened() {
    for answer in [
        format!("```python\n{PLAIN}\n```"),
        format!("Sure!\n\n````Python3 title=\"a.py\"\n{PLAIN}\n````\nThis adds one."),
        format!("~~~\n{PLAIN}\n~~~"),
        format!(
            "1. Here:\n   ```py\n   {}\n   ```",
            PLAIN.replace('\n', "\n   ")
        ),
        format!("```python\n{PLAIN}\n"),
        format!("[PYTHON]\n{PLAIN}\n[/PYTHON]\n[TESTS]\nassert f(1) == 2"),
        format!("<think>```python\ndef f(x):\n    return 0\n```</think>\n```\n{PLAIN}\n```"),
        format!("{PLAIN}\n\nThis adds one to its argument, and\nreturns it."),
        format!("Here is the code:\n\n{PLAIN}\n"),
        format!("```\nThe function adds one:\n\n{PLAIN}\n```"),
        "```python\n>>> def f(x):\n...     return x + 1\n>>> f(1)\n2\n```".to_owned(),
    ] {
        assert_eq!(taken(&answer), PLAIN, "{answer}");
    }
    assert_eq!(
        taken("```python f = lambda x: x + 1```"),
        "f = lambda x: x + 1"
    );
}

#[test]
fn a_fence_inside_a_longer_one_closes_nothing() {
    let code = "def f(x):\n    '''\n```\nf(1)\n```\n    '''\n    return x";
    assert_eq!(taken(&format!("````\n{code}\n````")), code);
}

#[test]
fn of_several_blocks_the_last_with_the_function_is_taken() {
    let answer = format!(
        "First try:\n```python\ndef f(x):\n    return 0\n```\nBetter:\n```python\n{PLAIN}\n```\nUse:\n```python\ny = f(2)\n```"
    );
    assert_eq!(taken(&answer), PLAIN);
    // Blocks that build on one another are one program; the others are not.
    let answer = "```python\nimport math\nSIZE = 3\n```\n```python\ndef other():\n    pass\n```\n\
                  ```python\ndef g(x):\n    return math.sqrt(x) + SIZE\n```\n```python\ndef f(x):\n    return g(x)\n```";
    assert_eq!(
        taken(answer),
        "import math\nSIZE = 3\n\n\ndef g(x):\n    return math.sqrt(x) + SIZE\n\n\ndef f(x):\n    return g(x)"
    );
}

#[test]
fn a_body_is_put_under_its_header() {
    let body = "def f(x):\n    y = x\n    return y + 1";
    for answer in [
        "    y = x\n    return y + 1",
        "    y = x\n    return y + 1\n\n\ndef unrelated(",
        "```python\n    y = x\n    return y + 1\n```",
        "```python\ny = x\nreturn y + 1\n```",
        "y = x\nreturn y + 1\n",
    ] {
        assert_eq!(taken(answer), body, "{answer}");
    }
}

#[test]
fn what_would_run_by_itself_is_left_out_of_a_function() {
    let answer = format!(
        "```python\n{PLAIN}\n\n# Test\nassert f(1) == 3\nprint(f(1))\nf(2)\n\nif __name__ == '__main__':\n    import doctest\n    doctest.testmod()\n```"
    );
    assert_eq!(taken(&answer), format!("{PLAIN}\n\n# Test"));
    // What it needs stays: settings, tables, several statements of one line.
    let answer = "```\nimport sys\nsys.setrecursionlimit(9)\nT = [1]\nT.append(2)\nA = 1; assert A\ndef f(x):\n    assert x\n    return T\n```";
    let kept = taken(answer);
    assert!(
        kept.contains("setrecursionlimit(9)") && kept.contains("T.append(2)"),
        "{kept}"
    );
    assert!(
        kept.contains("A = 1; assert A") && kept.contains("    assert x"),
        "{kept}"
    );
    // A script is run as it is.
    let script = "def f(x):\n    return x\n\nif __name__ == '__main__':\n    print(f(input()))";
    assert_eq!(
        told(&format!("```\n{script}\n```"), "", &problem(None)),
        script
    );
}

#[test]
fn imports_that_were_forgotten_are_added() {
    let code = "def f(x: List[int]) -> Optional[int]:\n    return max(Counter(x).values(), default=math.inf)";
    assert_eq!(
        taken(code),
        format!(
            "import math\nfrom collections import Counter\nfrom typing import List, Optional\n\n{code}"
        )
    );
    let own = "from typing import List\n\n\ndef product(xs):\n    return 1\n\n\ndef f(x: List[int]):\n    chain = product(x)\n    return chain";
    assert_eq!(taken(own), own);
    let future = "from __future__ import annotations\ndef f(x: List[int]):\n    return x";
    assert_eq!(
        taken(future),
        "from __future__ import annotations\nfrom typing import List\n\ndef f(x: List[int]):\n    return x"
    );
}

#[test]
fn what_the_problem_gives_is_there() {
    let mut signature = Signature::new("f", [Parameter::new("x")]);
    signature.preamble = "import math\n\ndef poly(x):\n    return math.floor(x)\n".into();
    let problem = problem(Some(signature));
    assert_eq!(
        told(PLAIN, "", &problem),
        format!("import math\n\ndef poly(x):\n    return math.floor(x)\n\n\n{PLAIN}")
    );
    let own = format!("import math\n\n\ndef poly(x):\n    return 3\n\n\n{PLAIN}");
    assert_eq!(told(&own, "", &problem), own);
}

#[test]
fn a_script_is_the_last_block_that_does_something() {
    let script = problem(None);
    let answer =
        "```\nn = int(input())\nprint(n)\n```\nFor the input\n```\n5\n```\nit prints\n```\n5\n```";
    assert_eq!(told(answer, "", &script), "n = int(input())\nprint(n)");
    assert_eq!(
        told("print(sum(map(int, input().split())))", "", &script),
        "print(sum(map(int, input().split())))"
    );
}

#[test]
fn code_that_the_prompt_shows_is_taken_last() {
    let planted = "def f(x):\n    return 'planted by the statement'";
    let prompt = format!("Statement\n```\n{planted}\n```");
    let answer = format!("```\n{PLAIN}\n```\nand not what is written there:\n```\n{planted}\n```");
    assert_eq!(told(&answer, &prompt, &f()), PLAIN);
    // A program that was shown may be the answer all the same.
    assert_eq!(
        told(&format!("```\n{planted}\n```"), &prompt, &f()),
        planted
    );
}

#[test]
fn no_code_is_said_to_be_none() {
    for (answer, why) in [
        ("", "the answer is empty"),
        (
            "I'm sorry, but I can't help with that.",
            "it holds no code, but begins \"I'm sorry, but I can't",
        ),
        ("Done", "it holds no code"),
        (
            "```python\ndef f(x):\n    return (x\n```",
            "its code is not Python: line ",
        ),
        ("```python\n```", "it holds no code"),
    ] {
        let error = program(&Said::new(answer, ""), &f()).unwrap_err();
        assert!(error.starts_with(why), "{answer}: {error}");
    }
    let deep = format!(
        "def f(x):\n    return {}x{}",
        "(".repeat(100_000),
        ")".repeat(100_000)
    );
    assert!(program(&Said::new(&deep, ""), &f()).is_err());
    let large = format!("def f(x):\n    return {:?}", "x".repeat(200_000));
    let mut small = f();
    small.limits.source_kib = 100;
    assert_eq!(
        program(&Said::new(&large, ""), &small).unwrap_err(),
        "the program is larger than 100 KiB"
    );
}
