//! Measures a value model: one call of many rows, and many requests in flight.
//!
//! ```text
//! cargo run --release --example onnx_speed -- MODEL.onnx [--library PATH] [--answers FILE]
//! ```
//!
//! Without `--library` the backend that is built in is measured. `--answers` writes the answers to a
//! fixed set of inputs to FILE, or, where it is there, tells the largest difference from it: run once with
//! each backend to compare them. Times are the median of many; every input is another one, so nothing is
//! answered from what is kept.

use std::error::Error;
use std::hint::black_box;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser;
use cogitree::onnx::encode::{self, Encoding};
use cogitree::onnx::{Backend, ModelFiles, OnnxValue, ValueConfig};
use serde_json::Value as Json;

#[derive(Parser)]
struct Arguments {
    /// The model's graph; its description lies beside it.
    model: PathBuf,
    /// An ONNX Runtime.
    #[arg(long)]
    library: Option<PathBuf>,
    /// Answers to compare with, or to write.
    #[arg(long)]
    answers: Option<PathBuf>,
    /// How long each measurement takes, in seconds.
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let backend = match &arguments.library {
        Some(path) => Backend::Library(path.clone()),
        None => Backend::BuiltIn,
    };
    let bench = Bench {
        files: ModelFiles::read(&arguments.model)?,
        config: ValueConfig {
            backend,
            timeout: Duration::from_secs(60),
            ..ValueConfig::default()
        },
        buckets: buckets(&arguments.model)?,
        time: Duration::from_secs_f64(arguments.seconds),
        drawn: AtomicUsize::new(0),
    };
    let value = bench.load(128)?;
    println!("{}: {}", value.name(), value.runtime());
    if let Some(path) = &arguments.answers {
        compare(&bench, &value, path)?;
    }
    drop(value);
    bench.calls()?;
    bench.flight()?;
    bench.overhead()?;
    bench.padding()
}

fn buckets(model: &std::path::Path) -> Result<i64, Box<dyn Error>> {
    let text = std::fs::read_to_string(model.with_extension("json"))?;
    let description: Json = serde_json::from_str(&text)?;
    description
        .pointer("/encoding/buckets")
        .and_then(Json::as_i64)
        .ok_or_else(|| "only models of the hashed encoding can be measured".into())
}

struct Bench {
    files: ModelFiles,
    config: ValueConfig,
    buckets: i64,
    time: Duration,
    drawn: AtomicUsize,
}

/// A small generator of numbers that look random (splitmix64).
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

impl Bench {
    fn load(&self, rows: usize) -> Result<OnnxValue, Box<dyn Error>> {
        let config = ValueConfig {
            rows,
            ..self.config.clone()
        };
        Ok(OnnxValue::load(&self.files, &config)?)
    }

    /// An input of so many tokens, another one each time.
    fn input(&self, length: usize) -> Encoding {
        let mut draw = Draw(self.drawn.fetch_add(1, Relaxed) as u64);
        let span = self.buckets as u64 - 1;
        Encoding {
            tokens: (0..length)
                .map(|_| 1 + (draw.next() % span) as i64)
                .collect(),
            features: (0..encode::FEATURES.len())
                .map(|_| (draw.next() >> 40) as f32 / (1 << 24) as f32)
                .collect(),
        }
    }

    fn inputs(&self, count: usize, length: usize) -> Vec<Encoding> {
        (0..count).map(|_| self.input(length)).collect()
    }

    /// The median time of a call, in seconds.
    fn median(&self, mut call: impl FnMut() -> Duration) -> f64 {
        let start = Instant::now();
        let mut times = Vec::new();
        while start.elapsed() < self.time || times.len() < 5 {
            times.push(call());
        }
        times.sort();
        times[times.len() / 2].as_secs_f64()
    }

    /// One request of many rows.
    fn calls(&self) -> Result<(), Box<dyn Error>> {
        let value = self.load(128)?;
        for length in [64, 150, 256] {
            println!("\none request of rows of {length} tokens");
            println!(
                "{:>5} {:>10} {:>10} {:>9}",
                "rows", "ms", "µs a row", "rows/s"
            );
            let mut alone = 0.0;
            for rows in [1, 8, 32, 128] {
                let time = self.median(|| {
                    let inputs = self.inputs(rows, length);
                    let start = Instant::now();
                    black_box(value.score(inputs).is_ok());
                    start.elapsed()
                });
                let each = time / rows as f64;
                if rows == 1 {
                    alone = each;
                }
                println!(
                    "{rows:>5} {:>10.3} {:>10.1} {:>9.0}   {:.1}× one by one",
                    time * 1e3,
                    each * 1e6,
                    1.0 / each,
                    alone / each
                );
            }
        }
        sound(&value)
    }

    /// Requests of one row from many threads.
    fn flight(&self) -> Result<(), Box<dyn Error>> {
        println!("\n64 requests in flight, rows of 20 to 200 tokens, one session");
        println!(
            "{:>8} {:>9} {:>11} {:>11}",
            "rows", "delay", "requests/s", "mean batch"
        );
        for (rows, delay) in [
            (1, 0),
            (8, 0),
            (32, 0),
            (128, 0),
            (128, 50),
            (128, 200),
            (128, 1000),
        ] {
            let config = ValueConfig {
                rows,
                delay: Duration::from_micros(delay),
                ..self.config.clone()
            };
            let value = OnnxValue::load(&self.files, &config)?;
            let done = AtomicUsize::new(0);
            let start = Instant::now();
            thread::scope(|scope| {
                for _ in 0..64 {
                    scope.spawn(|| {
                        while start.elapsed() < self.time {
                            let length = 20 + self.drawn.load(Relaxed) % 181;
                            black_box(value.score(vec![self.input(length)]).is_ok());
                            done.fetch_add(1, Relaxed);
                        }
                    });
                }
            });
            let rate = done.load(Relaxed) as f64 / start.elapsed().as_secs_f64();
            let counts = value.counts();
            let mean = counts.answered as f64 / counts.batches.max(1) as f64;
            println!("{rows:>8} {:>6} µs {rate:>11.0} {mean:>11.1}", delay);
            sound(&value)?;
        }
        Ok(())
    }

    /// What a request costs beside the model: an answer that is kept, and a row alone against a row of a
    /// large request.
    fn overhead(&self) -> Result<(), Box<dyn Error>> {
        let value = self.load(128)?;
        let kept = self.input(128);
        value.score(vec![kept.clone()])?;
        let time = self.median(|| {
            let row = vec![kept.clone()];
            let start = Instant::now();
            black_box(value.score(row).is_ok());
            start.elapsed()
        });
        println!("\nan answer that is kept: {:.1} µs", time * 1e6);
        sound(&value)
    }

    /// Mixed lengths in one request: sorted and trimmed, against all as long as the longest.
    fn padding(&self) -> Result<(), Box<dyn Error>> {
        let value = self.load(128)?;
        let lengths = |i: usize| {
            if i.is_multiple_of(16) {
                512
            } else {
                20 + i % 100
            }
        };
        let mixed = self.median(|| {
            let inputs: Vec<_> = (0..128).map(|i| self.input(lengths(i))).collect();
            let start = Instant::now();
            black_box(value.score(inputs).is_ok());
            start.elapsed()
        });
        let padded = self.median(|| {
            let inputs = self.inputs(128, 512);
            let start = Instant::now();
            black_box(value.score(inputs).is_ok());
            start.elapsed()
        });
        println!(
            "128 rows, one in 16 of 512 tokens, the others 20 to 119: {:.2} ms; all of 512: {:.2} ms",
            mixed * 1e3,
            padded * 1e3
        );
        sound(&value)
    }
}

/// A failure would be measured as a quick answer.
fn sound(value: &OnnxValue) -> Result<(), Box<dyn Error>> {
    value
        .warning()
        .map_or(Ok(()), |warning| Err(warning.into()))
}

fn compare(bench: &Bench, value: &OnnxValue, path: &std::path::Path) -> Result<(), Box<dyn Error>> {
    let inputs: Vec<_> = (0..512).map(|i| bench.input(1 + i)).collect();
    let answers = value.score(inputs)?;
    sound(value)?;
    if !path.exists() {
        std::fs::write(path, serde_json::to_string(&answers)?)?;
        println!("512 answers written to {}", path.display());
        return Ok(());
    }
    let before: Vec<f64> = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    if before.len() != answers.len() {
        return Err("the answers to compare with are of another set".into());
    }
    let largest = before
        .iter()
        .zip(&answers)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f64::max);
    println!("largest difference from {}: {largest:.1e}", path.display());
    Ok(())
}
