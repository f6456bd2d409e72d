//! A trained dictionary as text.

use serde_json::Value;

use super::text::{count, percent, plain};
use super::{Page, Screen};

/// Width of the names before what is said.
const NAMES: usize = 12;

/// A finished run, from its card.
pub(crate) fn page(
    card: &Value,
    (secs, tokens_per_sec): (f64, f64),
    out: &str,
    screen: Screen,
) -> String {
    let mut page = Page::new(screen);
    let quality = |of: &str, key: &str| card[of]["quality"][key].clone();
    page.heading("Trained", "in brackets: a random dictionary with as many features firing");
    let both = |key: &str, show: &dyn Fn(&Value) -> String| {
        let (own, random) = (quality("measured", key), quality("random_dictionary", key));
        format!("{} ({})", show(&own).trim(), show(&random).trim())
    };
    let share = |value: &Value| percent(value.as_f64().unwrap_or(f64::NAN));
    let nmse = both("nmse", &|value| percent(mean(value)));
    page.entry("NMSE", NAMES, &format!("{nmse}, mean over layers"));
    page.entry("EV", NAMES, &both("ev", &|value| percent(mean(value))));
    let l0 = both("l0", &|value| format!("{:.1}", numbers(value).iter().sum::<f64>()));
    page.entry("L0", NAMES, &format!("{l0}, summed over layers"));
    page.entry("same top", NAMES, &both("replacement_top1", &share));
    let kl = |value: &Value| format!("{:.3}", value.as_f64().unwrap_or(f64::NAN));
    page.entry("KL", NAMES, &both("replacement_kl", &|value| format!("{} nats", kl(value))));
    page.entry("dead", NAMES, percent(mean(&card["dead_share"])).trim());
    if card["measured"]["graphs"]["prompts"].as_u64().unwrap_or(0) > 0 {
        let graphs = |key: &str| {
            let of = |of: &str| share(&card[of]["graphs"][key]);
            format!("{} ({})", of("measured").trim(), of("random_dictionary").trim())
        };
        page.entry("replacement", NAMES, &graphs("replacement"));
        page.entry("completeness", NAMES, &graphs("completeness"));
    }
    let speed = format!("{secs:.1} s, {} tokens/s", count(tokens_per_sec as usize));
    page.entry("time", NAMES, &speed);
    let shape = &card["shape"];
    let size = |key: &str| count(shape[key].as_u64().unwrap_or(0) as usize);
    let (layers, features) = (size("layers"), size("features"));
    page.entry("dictionary", NAMES, &format!("{layers} × {features} features in {}", plain(out)));
    page.finish()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
}

fn mean(value: &Value) -> f64 {
    let numbers = numbers(value);
    numbers.iter().sum::<f64>() / numbers.len().max(1) as f64
}
