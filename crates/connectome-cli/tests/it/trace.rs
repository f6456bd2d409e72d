//! Traces of the model that ships.

use std::process::Command;

use serde_json::Value;

// What circuit-tracer gives on the same files (`goldens/two_hop`).
#[test]
fn the_first_command_gives_the_reference_graph() {
    let output = Command::new(env!("CARGO_BIN_EXE_connectome"))
        .args(["trace", "the capital of the state containing oak port is"])
        .args(["--exhaustive", "--json"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["nodes"]["total"], 589);
    assert_eq!(report["pruned"]["nodes"]["total"], 77);
    assert_eq!(report["pruned"]["edges"], 974);
    let score = |name: &str| report["scores"][name]["value"].as_f64().unwrap();
    assert!((score("replacement") - 0.849_686_5).abs() < 1e-5, "{}", score("replacement"));
    assert!((score("completeness") - 0.955_534_2).abs() < 1e-5, "{}", score("completeness"));
    assert_eq!(report["predictions"][0]["text"], "Alder");
}
