//! The chart: loads, lints, renders in each of its shapes, and every manifest is valid for Kubernetes.

use std::path::Path;

use anyhow::Result;

use crate::{
    processes::{command, run},
    stamps,
    steps::Done,
    tools,
};

const CHART: &str = "helm/yishi";
const PACKAGES: &[&str] = &["helm-python-sdk==0.2.2", "kubernetes-validate==1.37.0"];

/// Checks the chart.
pub fn check(root: &Path) -> Result<Done> {
    const SCRIPT: &str = include_str!("charts.py");
    stamps::unless_unchanged(root, "chart", &[CHART], &[&[SCRIPT], PACKAGES].concat(), || {
        let bin = match tools::python(root, "chart", PACKAGES)? {
            Ok(bin) => bin,
            Err(reason) => return Ok(Done::Skipped(reason)),
        };
        run(command(root, bin.join("python")).args(["-c", SCRIPT, CHART]))?;
        Ok(Done::Ran)
    })
}
