//! `cogitree presets`: the published searches that can be run.

use std::io::Write;

use clap::Args as ClapArgs;
use serde_json::json;

use cogitree::{Preset, SearchConfig};

use super::failure::Failure;
use super::output::{heading, paragraph};
use super::{Ended, style};

/// Show the searches that are there by name, each with its source and its hyper-parameters.
#[derive(Debug, ClapArgs)]
pub(crate) struct Args {
    /// One of them: all that there is to say of it, and its configuration, to be changed and given
    /// to `solve --config`
    #[arg(value_name = "NAME")]
    name: Option<String>,

    /// Print JSON instead of text
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Ended {
    let presets: Vec<&Preset> = match &args.name {
        Some(name) => vec![Preset::named(name)?],
        None => Preset::all().iter().collect(),
    };
    let mut out = std::io::stdout().lock();
    if args.json {
        let all: Vec<_> = presets.iter().map(|preset| object(preset)).collect();
        writeln!(out, "{}", json!(all))?;
    } else if args.name.is_some() {
        for preset in presets {
            whole(&mut out, preset)?;
        }
    } else {
        for preset in presets {
            writeln!(out, "{}", style::bold(preset.name))?;
            paragraph(&mut out, "  ", "  ", preset.summary)?;
            paragraph(&mut out, "  ", "  ", &style::dim(preset.source).to_string())?;
        }
        writeln!(
            out,
            "\n`cogitree presets NAME` says more; `cogitree solve --preset NAME` runs one"
        )?;
    }
    out.flush()?;
    Ok(true)
}

fn object(preset: &Preset) -> serde_json::Value {
    json!({
        "name": preset.name,
        "summary": preset.summary,
        "source": preset.source,
        "parameters": preset.parameters,
        "differences": preset.differences,
        "config": preset.config(),
    })
}

fn whole(out: &mut dyn Write, preset: &Preset) -> Result<(), Failure> {
    writeln!(out, "{}", style::bold(preset.name))?;
    paragraph(out, "  ", "  ", preset.summary)?;
    heading(out, "Source")?;
    paragraph(out, "  ", "  ", preset.source)?;
    heading(out, "Hyper-parameters")?;
    paragraph(out, "  ", "  ", preset.parameters)?;
    if !preset.differences.is_empty() {
        heading(out, "Differences from the published code")?;
        for difference in preset.differences {
            paragraph(out, "  - ", "    ", difference)?;
        }
    }
    heading(out, "Configuration")?;
    write!(out, "{}", toml(&preset.config())?)?;
    Ok(())
}

/// A configuration as the file that gives it.
fn toml(config: &SearchConfig) -> Result<String, Failure> {
    toml::to_string(config)
        .map_err(|e| Failure::Message(format!("the configuration cannot be written as TOML: {e}")))
}
