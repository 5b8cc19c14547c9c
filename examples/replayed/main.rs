//! Searches on recorded outputs of real models, with no network.
//!
//!     cargo run --release --example replayed -- DATA --cache reports.jsonl
//!     cargo run --release --example replayed -- DATA --cache reports.jsonl --shuffles 0
//!
//! DATA is a folder with the logs that `docs/recorded.md` describes. First the order of answers alone:
//! every program of a pool is run, and the answer chosen among all is compared with a random draw, with
//! a random one of those that pass the visible tests, and with an oracle. Then searches on one ledger
//! of draws: presets at equal budgets, over many shuffles. With `--value-models` (a folder that
//! `train.py --fold-models` wrote) both are measured with and without a value model, each problem with one
//! that was not trained on it.
//!
//! Searches see the visible tests, which are run in the sandbox; the recorded verdicts score the
//! answers.

mod cache;
mod codet;
mod judges;
mod order;
mod searches;
mod side_by_side;
mod user;

use std::path::PathBuf;
use std::sync::Arc;

use clap::Parser;
use cogitree::problem::Dataset;
use cogitree::{Problem, Sandbox};
use cogitree_policies::logs::{Labels, Log, LogReader};

use cache::Cached;
use codet::Generated;
use judges::Folds;
use side_by_side::side_by_side;
use user::User;

/// Search in recorded outputs of real models.
#[derive(Parser)]
struct Args {
    /// The folder of the logs
    data: PathBuf,
    /// Keep reports of programs in this file, for the next run
    #[arg(long)]
    cache: Option<PathBuf>,
    /// Orders of the draws for the searches; 0 measures the order of answers only
    #[arg(long, default_value_t = 20)]
    shuffles: u64,
    /// Calls that a search may make
    #[arg(long, num_args = 1.., default_values_t = [2, 4, 8, 16])]
    calls: Vec<u64>,
    /// Tokens that a search may use
    #[arg(long, num_args = 1.., default_values_t = [1000, 2000, 4000])]
    tokens: Vec<u64>,
    /// Presets
    #[arg(long, num_args = 1.., default_values = ["resample", "best-of-n", "reflexion", "codetree", "rethink", "cogitree"])]
    presets: Vec<String>,
    /// Seeds of the generated inputs, and orders of the draws, over which the order of answers is averaged
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// A folder with the value models of all folds
    #[arg(long)]
    value_models: Option<PathBuf>,
    /// How strongly values count in the order of answers
    #[arg(long, num_args = 1.., default_values_t = [0.25, 0.5, 1.0])]
    trust: Vec<f64>,
    /// How many questions a user answers, who knows the canonical solution
    #[arg(long, num_args = 1.., default_values_t = [1, 2, 3, 5])]
    questions: Vec<usize>,
    /// Tell of each problem on which the order of answers loses
    #[arg(long)]
    list: bool,
    /// Leave the order of answers out
    #[arg(long)]
    searches_only: bool,
}

/// A pool of recorded answers, and what scores them.
struct Pool {
    name: &'static str,
    log: Arc<Log>,
    labels: Labels,
}

type Executor = Arc<Cached<Sandbox>>;

/// Who else has a say, where they are there.
struct Others {
    folds: Option<Arc<Folds>>,
    user: Arc<User>,
    generated: Option<Generated>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Args::parse();
    let file = |name: &str| args.data.join(name);
    let problems: Vec<Problem> = Dataset::open(&file("he_problems.jsonl.gz"))?
        .map(|loaded| loaded.map(|l| l.problem))
        .collect::<Result<_, _>>()?;
    let sandbox = Sandbox::open(|step| eprintln!("{step}"))?;
    let executor = Arc::new(Cached::open(sandbox, args.cache.as_deref())?);
    let mut others = Others {
        folds: args.value_models.as_deref().map(Folds::read).transpose()?,
        user: Arc::new(User::read(&file("he_problems.jsonl.gz"), executor.clone())?),
        generated: None,
    };
    let pool = |name, reader: LogReader| {
        let (log, labels) = reader.finish();
        Pool {
            name,
            log: Arc::new(log),
            labels,
        }
    };
    let reader = LogReader::new;
    if !args.searches_only {
        let codegen = reader().completions(&file("he_codegen16b_n100.jsonl.gz"))?;
        let chat = reader().chat(&file("he_chat_init.jsonl.gz"), |_| true)?;
        let generated =
            file("HumanEval_codegen16B_temp0.8_topp0.95_num100_max300_test_case.jsonl.gz");
        others.generated = Some(Generated::read(&generated, &problems)?);
        order::pool(
            &pool("CodeGen", codegen),
            &problems,
            &executor,
            &args,
            &others,
        )?;
        // These tests are CodeGen's, and not what a chat model would have generated.
        others.generated = None;
        order::pool(&pool("chat", chat), &problems, &executor, &args, &others)?;
        let chains = reader().reflexion(&file("he_reflexion.jsonl.gz"))?;
        order::chains(&pool("Reflexion", chains), &problems, &executor, &args)?;
    }
    if args.shuffles > 0 {
        // `simple` is the only strategy whose answers are unbiased first draws.
        let drawn = reader()
            .chat(&file("he_chat_init.jsonl.gz"), |o| o.strategy == "simple")?
            .debugging(&file("he_ldb_debug.jsonl.gz"))?;
        let drawn = pool("chat, simple", drawn);
        searches::table(&args, &drawn, &problems, &executor, &others)?;
    }
    Ok(())
}
