//! Each benchmark, for one round: it measures what it says, in the shape that readers rely on.

use std::process::Command;

fn report(bench: &str) -> serde_json::Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_yishi"));
    let output = command.args(["bench", bench, "--json", "--seconds", "0"]).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn check(bench: &str, results: &[&str], ratios: &[&str]) {
    let report = report(bench);
    assert_eq!(report["bench"], bench);
    let names = |of: &str| -> Vec<String> {
        let all = report[of].as_array().expect("a list");
        all.iter().map(|it| it["name"].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!(names("results"), results);
    assert_eq!(names("ratios"), ratios);
    for result in report["results"].as_array().expect("a list") {
        assert!(result["n"] == 1 && result["median"].as_f64().is_some_and(|it| it > 0.0), "{result}");
    }
}

#[test]
fn onboarding_is_measured_against_a_copy() {
    check("onboard", &["apply_ms", "copy_ms"], &["apply_over_copy"]);
}

#[test]
fn a_start_is_measured_on_a_new_folder_and_on_the_same() {
    check(
        "startup",
        &["serve_fresh_ms", "serve_again_ms", "serve_rss_mb"],
        &["serve_fresh_over_goal", "serve_again_over_goal", "rss_over_goal"],
    );
}

#[test]
fn votes_are_measured_against_one_row_a_transaction() {
    check(
        "votes",
        &[
            "floor_1_per_s",
            "http_1_per_s",
            "http_p99_1_ms",
            "floor_8_per_s",
            "http_8_per_s",
            "http_p99_8_ms",
            "floor_64_per_s",
            "http_64_per_s",
            "http_p99_64_ms",
            "floor_256_per_s",
            "http_256_per_s",
            "http_p99_256_ms",
            "keyed_64_per_s",
            "keyed_p99_64_ms",
            "spread_64_per_s",
            "spread_p99_64_ms",
            "spread_256_per_s",
            "spread_p99_256_ms",
        ],
        &[
            "http_over_floor_1",
            "http_over_floor_8",
            "http_over_floor_64",
            "http_over_floor_256",
            "keyed_over_floor_64",
            "spread_over_floor_64",
            "spread_over_floor_256",
        ],
    );
}
