//! `cogitree doctor`: what is there, what is missing, how to get it.

use std::io::Write;

use clap::Args as ClapArgs;
use serde_json::json;

use cogitree::{Need, NeedState, doctor};

use super::output::{heading, paragraph};
use super::sandbox::SandboxOptions;
use super::{Ended, style};

/// Show what is there, what is missing and how to get it.
#[derive(Debug, ClapArgs)]
pub(crate) struct Args {
    /// Build what is still to do, now
    #[arg(long)]
    build: bool,

    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Ended {
    if args.build {
        SandboxOptions::default().open(0, false)?;
    }
    let needs = doctor();
    let missing = needs.iter().any(|n| n.state == NeedState::Missing);
    let mut out = std::io::stdout().lock();
    if args.json {
        let needs: Vec<_> = needs
            .iter()
            .map(|n| json!({ "name": n.name, "state": word(n), "detail": n.detail }))
            .collect();
        writeln!(out, "{}", json!({ "ready": !missing, "needs": needs }))?;
        out.flush()?;
        return Ok(!missing);
    }
    writeln!(
        out,
        "{} {} on {} ({} cores)",
        style::bold("cogitree"),
        env!("CARGO_PKG_VERSION"),
        std::env::consts::ARCH,
        std::thread::available_parallelism().map_or(1, usize::from),
    )?;
    heading(&mut out, "Sandbox")?;
    for need in &needs {
        let mark = match need.state {
            NeedState::Present => style::good("✓"),
            NeedState::Pending => style::changed("…"),
            NeedState::Missing => style::bad("✗"),
        };
        let first = format!("  {mark} {:16}", need.name);
        paragraph(&mut out, &first, &" ".repeat(20), &need.detail)?;
    }
    heading(&mut out, "Policies")?;
    writeln!(
        out,
        "  {} sketcher        embedded, works offline",
        style::good("✓")
    )?;
    heading(&mut out, "Value models")?;
    writeln!(
        out,
        "  {} closeness       of results to the expected ones",
        style::good("✓")
    )?;
    value_model(&mut out)?;
    writeln!(out)?;
    let pending = needs.iter().any(|n| n.state == NeedState::Pending);
    let summary = if missing {
        "Something is missing: see ✗ above for how to get it."
    } else if pending {
        "Ready. What is marked … is made on first use (or now, with `cogitree doctor --build`)."
    } else {
        "Ready."
    };
    writeln!(out, "{summary}")?;
    out.flush()?;
    Ok(!missing)
}

/// The default value model, and what it would run in.
#[cfg(feature = "onnx")]
fn value_model(out: &mut dyn Write) -> std::io::Result<()> {
    use cogitree::onnx::{ModelFiles, OnnxValue, ValueConfig};

    let rest = " ".repeat(20);
    let loaded = OnnxValue::load(&ModelFiles::embedded(), &ValueConfig::default());
    let (mark, text) = match &loaded {
        Ok(model) => (
            style::good("✓"),
            format!("{} (`solve --value-model default`)", model.name()),
        ),
        Err(e) => (style::bad("✗"), e.to_string()),
    };
    paragraph(out, &format!("  {mark} default         "), &rest, &text)?;
    if let Ok(model) = &loaded {
        let text = format!("runs in {}", model.runtime());
        paragraph(out, &rest, &rest, &text)?;
    }
    Ok(())
}

#[cfg(not(feature = "onnx"))]
fn value_model(out: &mut dyn Write) -> std::io::Result<()> {
    let text = "was left out of this build (feature `onnx`)";
    paragraph(
        out,
        &format!("  {} default         ", style::changed("…")),
        "",
        text,
    )
}

fn word(need: &Need) -> &'static str {
    match need.state {
        NeedState::Present => "present",
        NeedState::Pending => "pending",
        NeedState::Missing => "missing",
    }
}
