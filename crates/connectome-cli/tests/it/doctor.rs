//! `doctor`, on a machine without CUDA and on one that pretends to have it.

#[cfg(target_os = "linux")]
use crate::emulation::{emulation, fake_cuda};
use crate::support::{PROMPT, Place, finish};

#[test]
fn the_shipped_model_is_checked_and_what_is_missing_is_named() {
    let place = Place::new();
    let report = place.json(&["doctor"]);
    assert_eq!(report["shipped"]["predicts"], "Alder");
    assert_eq!(report["shipped"]["prompt"], PROMPT);
    assert_eq!(report["shipped"]["rows"], 539);
    assert!(report["shipped"]["residual"]["max_abs"].as_f64().unwrap() < 1e-4);
    assert_eq!(report["hub"]["offline"], true);
    assert_eq!(report["checked"].as_array().unwrap().len(), 0);
    let cuda = &report["cuda"];
    let (found, missing) = (cuda["gpus"].as_array().unwrap(), cuda["missing"].as_array().unwrap());
    assert!(!found.is_empty() || missing[0].as_str().unwrap().contains("CUDA"), "{cuda}");
    let page = place.ok(&["doctor"]).stdout;
    assert!(page.contains("max |pre-activation − (row sum + constants)| = "), "{page}");
}

#[test]
fn a_gpu_that_is_not_there_is_told() {
    let place = Place::new();
    let ran = place.run(&["doctor", "--gpu"]);
    if ran.code != Some(0) {
        ran.refused("CUDA", "without one");
        assert_eq!(ran.stdout, "");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn every_operation_of_a_gpu_is_told_beside_the_cpu() {
    let place = Place::new();
    place.pretend_cuda();
    let ran = finish(place.with_cuda().args(["doctor", "--gpu", "--json"]));
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["cuda"]["driver"], "13.0");
    assert_eq!(report["cuda"]["gpus"][0], "Fake GPU");
    assert_eq!(report["cuda"]["missing"].as_array().unwrap().len(), 0);
    let kernels = report["cuda"]["kernels"].as_array().unwrap().iter();
    let kernels: Vec<&str> = kernels.map(|one| one["architecture"].as_str().unwrap()).collect();
    assert_eq!(kernels, ["sm_80", "sm_90", "sm_100"]);
    let gpu = &report["checked"][0];
    assert_eq!(gpu["name"], "cuda:0 (Fake GPU, sm_90)");
    assert_eq!(gpu["rows"]["rows"], 539);
    let operations = gpu["operations"].as_array().unwrap();
    assert!(operations.len() >= 20, "{}", operations.len());
    for one in operations.iter().chain([&gpu["rows"]]) {
        assert_eq!(one["right"], true, "{one}");
        assert!(one["worst_share_of_largest"].as_f64().unwrap() < 1e-5, "{one}");
    }
    crate::shapes::check(&report, include_str!("shapes/doctor.txt"), "doctor");
    let page = finish(place.with_cuda().args(["doctor", "--gpu"])).stdout;
    assert!(page.contains("softmax, capped, in a window"), "{page}");
    assert!(page.contains("539 rows"), "{page}");
}

// Kernels that compute something else are found before they draw a graph.
#[cfg(target_os = "linux")]
#[test]
fn a_gpu_that_computes_something_else_is_found() {
    let place = Place::new();
    let right = emulation();
    let wrong = right.replace("into[i] += x[i];", "into[i] += x[i] * 1.01f;");
    assert_ne!(right, wrong);
    fake_cuda(&place.path("."), &wrong);
    let ran = finish(place.with_cuda().args(["doctor", "--gpu"]));
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stdout.contains("WRONG"), "{}", ran.stdout);
    assert!(ran.stderr.contains("error: `add` is off by"), "{}", ran.stderr);
    let args = ["trace", PROMPT, "--device", "cuda"];
    finish(place.with_cuda().args(args)).refused("`add` is off by", "do not use this GPU");
}
