//! When to try again: as the server asks, else with growing, jittered delays.

use std::time::{Duration, SystemTime};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use reqwest::header::{HeaderMap, RETRY_AFTER};

/// How often and how long a failed request is tried again. All limits are on what is planned,
/// so they do not depend on how long the attempts take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryPolicy {
    /// Attempts after the first one, at the most. Default 8.
    pub retries: u32,
    /// The same while nobody has ever answered at the address: a wrong address should be told
    /// soon. Default 2.
    pub retries_unproven: u32,
    /// The first delay; each next one is twice as long, and up to as much again is added at
    /// random. Default 0.5 s.
    pub first_delay: Duration,
    /// What the doubling ends at. Default 20 s.
    pub most_delay: Duration,
    /// The most that all delays of one request may add up to, those asked for by the server
    /// included: one that asks for more is not waited for. Default 120 s.
    pub total_delay: Duration,
}

impl Default for RetryPolicy {
    fn default() -> RetryPolicy {
        RetryPolicy {
            retries: 8,
            retries_unproven: 2,
            first_delay: Duration::from_millis(500),
            most_delay: Duration::from_secs(20),
            total_delay: Duration::from_secs(120),
        }
    }
}

impl RetryPolicy {
    /// No second attempt.
    pub fn never() -> RetryPolicy {
        RetryPolicy {
            retries: 0,
            ..RetryPolicy::default()
        }
    }

    pub(super) fn plan(&self, seed: u64) -> Plan {
        let delays = ExponentialBuilder::new()
            .with_min_delay(self.first_delay)
            .with_max_delay(self.most_delay)
            .without_max_times()
            .with_jitter()
            .with_jitter_seed(seed)
            .build();
        Plan {
            delays,
            left: self.total_delay,
        }
    }
}

/// The delays of one request.
#[derive(Debug)]
pub(super) struct Plan {
    delays: ExponentialBackoff,
    left: Duration,
}

impl Plan {
    /// How long to wait before the next attempt, never less than what the server asked for;
    /// `None` when that would be too long in all.
    pub(super) fn next(&mut self, asked: Option<Duration>) -> Option<Duration> {
        let own = self.delays.next()?;
        // A server that asks for no time at all has not thought about it.
        let delay = asked.filter(|asked| !asked.is_zero()).unwrap_or(own);
        self.left = self.left.checked_sub(delay)?;
        Some(delay)
    }
}

/// How long a server asks to wait: `retry-after-ms`, or `Retry-After` in seconds or as a date.
pub(super) fn asked(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let number = |text: &str| text.trim().parse::<f64>().ok();
    let header = |value: Option<&reqwest::header::HeaderValue>| {
        value
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
    };
    let milliseconds = header(headers.get("retry-after-ms"))
        .as_deref()
        .and_then(number);
    if let Some(ms) = milliseconds {
        return Duration::try_from_secs_f64(ms / 1000.0).ok();
    }
    let after = header(headers.get(RETRY_AFTER))?;
    if let Some(seconds) = number(&after) {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = httpdate::parse_http_date(after.trim()).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    fn asks(name: &'static str, value: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_str(value).unwrap());
        let now = httpdate::parse_http_date("Sat, 21 Nov 2026 19:00:00 GMT").unwrap();
        asked(&headers, now)
    }

    #[test]
    fn every_form_of_retry_after_is_read() {
        assert_eq!(
            asks("retry-after-ms", "1500"),
            Some(Duration::from_millis(1500))
        );
        assert_eq!(asks("retry-after", "7"), Some(Duration::from_secs(7)));
        assert_eq!(
            asks("retry-after", "0.25"),
            Some(Duration::from_millis(250))
        );
        let date = "Sat, 21 Nov 2026 19:00:09 GMT";
        assert_eq!(asks("retry-after", date), Some(Duration::from_secs(9)));
        let past = "Sat, 21 Nov 2026 18:00:00 GMT";
        assert_eq!(asks("retry-after", past), Some(Duration::ZERO));
        for nonsense in ["-1", "NaN", "inf", "soon", "1e400", ""] {
            assert_eq!(asks("retry-after", nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn milliseconds_count_before_seconds() {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after-ms", HeaderValue::from_static("200"));
        headers.insert("retry-after", HeaderValue::from_static("1"));
        assert_eq!(
            asked(&headers, SystemTime::now()),
            Some(Duration::from_millis(200))
        );
    }

    #[test]
    fn own_delays_double_with_jitter_up_to_the_cap_and_repeat_with_their_seed() {
        let policy = RetryPolicy {
            total_delay: Duration::from_secs(1000),
            ..Default::default()
        };
        let delays = |seed| {
            let mut plan = policy.plan(seed);
            (0..8)
                .map(|_| plan.next(None).unwrap().as_secs_f64())
                .collect::<Vec<_>>()
        };
        let first = delays(7);
        for (delay, base) in first
            .iter()
            .zip([0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 20.0, 20.0])
        {
            assert!(
                (base..=2.0 * base + 1e-6).contains(delay),
                "{delay} for {base}"
            );
        }
        assert_eq!(first, delays(7));
        assert_ne!(first, delays(8));
    }

    #[test]
    fn the_delays_of_a_request_are_bounded_in_all() {
        let policy = RetryPolicy {
            total_delay: Duration::from_secs(10),
            ..Default::default()
        };
        let mut plan = policy.plan(1);
        assert_eq!(
            plan.next(Some(Duration::from_secs(6))),
            Some(Duration::from_secs(6))
        );
        assert_eq!(plan.next(Some(Duration::from_secs(5))), None);
        assert_eq!(policy.plan(1).next(Some(Duration::MAX)), None);
    }
}
