//! Asks a language model a question, four times over, and tells what it took.
//!
//! ```sh
//! COGITREE_LLM_URL=http://127.0.0.1:8000/v1 COGITREE_MODEL=tiny \
//!     cargo run -p cogitree-policies --example chat -- "Say hello."
//! ```

use cogitree_policies::llm::{Chat, ChatRequest, Endpoint, Message, OpenAiClient, PriceTable};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let endpoint = Endpoint::from_env(None, None, |name| std::env::var(name).ok())?;
    let client = OpenAiClient::builder(endpoint)
        .on_event(|event| eprintln!("{event:?}"))
        .build()?;
    let request = ChatRequest {
        samples: 4,
        max_tokens: 200,
        ..ChatRequest::new(vec![Message::user(words.join(" "))])
    };
    let reply = client.chat(&request)?;
    for choice in &reply.choices {
        println!("- {} ({:?})", choice.text, choice.finish);
    }
    let price = PriceTable::built_in().price(&client.id().model);
    println!(
        "{:?}, {:?} picodollars",
        reply.usage,
        price.map(|price| price.of(&reply.usage))
    );
    Ok(())
}
