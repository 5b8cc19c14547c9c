//! Runs a WebAssembly module with WASI preview 1 on the text of standard input, and prints what came
//! of it.
//!
//! ```text
//! cargo run --release -p cogitree-executors --example wasm -- MODULE.wasm < INPUT
//! ```

use cogitree_engine::{Checker, Limits, Test};
use cogitree_executors::WasmSandbox;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args()
        .nth(1)
        .ok_or("name a module: MODULE.wasm")?;
    let module = std::fs::read(path)?;
    let input = std::io::read_to_string(std::io::stdin())?;
    let probe = Test::Stdio {
        input,
        expected: None,
    };
    let sandbox = WasmSandbox::open()?;
    let report = sandbox.run_module(&module, &[probe], &Checker::Exact, Limits::default())?;
    for test in report.tests {
        print!("{}", test.stdout);
        eprint!("{}", test.stderr);
        let error = test.error.map_or(String::new(), |e| format!(": {e}"));
        println!(
            "{}{error}, {} fuel, {:.1?}",
            test.verdict, test.fuel, test.time
        );
    }
    Ok(())
}
