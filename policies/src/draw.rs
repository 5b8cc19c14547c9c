//! Draws that depend on what they are for, and not on the order in which they are made.

/// A chain of words mixed into 64 bits: SplitMix64's finaliser (Steele, Lea, Flood 2014) over what is
/// said so far. A draw is a function of its chain alone, so it is the same in every run, on any number
/// of threads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draws(u64);

impl Draws {
    pub(crate) fn of(seed: u64) -> Self {
        Draws(mix(seed ^ 0x6a09_e667_f3bc_c908))
    }

    /// The draws for one number of many.
    pub(crate) fn number(self, n: u64) -> Self {
        Draws(mix(self.0.rotate_left(23) ^ mix(n)))
    }

    pub(crate) fn bytes(self, bytes: &[u8]) -> Self {
        let whole = bytes.chunks(8).fold(self, |draws, chunk| {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            draws.number(u64::from_le_bytes(word))
        });
        whole.number(bytes.len() as u64)
    }

    pub(crate) fn text(self, text: &str) -> Self {
        self.bytes(text.as_bytes())
    }

    pub(crate) fn bits(self) -> u64 {
        mix(self.0)
    }

    /// A number in [0, 1).
    pub(crate) fn unit(self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A number of the standard normal distribution (Box, Muller 1958).
    pub(crate) fn normal(self) -> f64 {
        let radius = (-2.0 * (1.0 - self.number(1).unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.number(2).unit()).cos()
    }

    /// True with a probability.
    pub(crate) fn happens(self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// A number in 0..n; n must not be 0. The bias of the remainder, n / 2⁶⁴, is harmless.
    pub(crate) fn below(self, n: u64) -> u64 {
        self.bits() % n
    }

    /// An order of 0..n, each equally likely (Fisher, Yates 1938).
    pub(crate) fn permutation(self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        for i in (1..n).rev() {
            let other = self.number(i as u64).below(i as u64 + 1);
            order.swap(i, other as usize);
        }
        order
    }
}

fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::Draws;

    #[test]
    fn draws_are_uniform_and_differ_by_what_they_are_for() {
        let n = 10_000;
        let mean = (0..n).map(|i| Draws::of(1).number(i).unit()).sum::<f64>() / n as f64;
        // Standard error 0.003.
        assert!((mean - 0.5).abs() < 0.012, "{mean}");
        assert_ne!(
            Draws::of(1).text("ab").bits(),
            Draws::of(1).text("ba").bits()
        );
        assert_ne!(Draws::of(1).text("").bits(), Draws::of(1).bits());
        assert_ne!(
            Draws::of(1).text("a").text("").bits(),
            Draws::of(1).text("a").bits()
        );
    }

    #[test]
    fn a_permutation_has_every_number_once_and_each_place_equally_often() {
        let mut first = [0u32; 5];
        for seed in 0..5000 {
            let order = Draws::of(seed).permutation(5);
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2, 3, 4]);
            first[order[0]] += 1;
        }
        // 1000 expected, standard deviation 28.
        assert!(first.iter().all(|n| (880..1120).contains(n)), "{first:?}");
    }
}
