//! Bars of eighths of a character.

/// A share of `width` characters, from 0 to 1; a share above 0 is seen, however small.
pub(crate) fn bar(share: f64, width: usize) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share.clamp(0.0, 1.0) * (width * PARTS.len()) as f64).round() as usize;
    let eighths = if share > 0.0 { eighths.max(1) } else { eighths };
    let (whole, part) = (eighths / PARTS.len(), eighths % PARTS.len());
    format!("{}{}", "█".repeat(whole), PARTS[part])
}

/// Numbers from `low` to `high` as a line of columns, one a number.
pub(crate) fn spark(numbers: &[f64], low: f64, high: f64) -> String {
    const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let level = |number: &f64| {
        let share = if high > low { (number - low) / (high - low) } else { 0.0 };
        LEVELS[(share.clamp(0.0, 1.0) * 7.0).round() as usize]
    };
    numbers.iter().map(level).collect()
}

#[cfg(test)]
mod tests {
    use super::{bar, spark};

    #[test]
    fn bars_are_as_long_as_their_share() {
        assert_eq!(bar(1.0, 4), "████");
        assert_eq!(bar(0.5, 4), "██");
        assert_eq!(bar(0.53125, 4), "██▏");
        assert_eq!(bar(1e-9, 4), "▏");
        assert_eq!(bar(0.0, 4), "");
        assert_eq!(bar(7.0, 2), "██");
    }

    #[test]
    fn sparks_are_as_high_as_their_numbers() {
        assert_eq!(spark(&[0.0, 0.5, 1.0, 2.0], 0.0, 1.0), "▁▅██");
        assert_eq!(spark(&[3.0, 3.0], 3.0, 3.0), "▁▁");
    }
}
