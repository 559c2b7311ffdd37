//! Headless Chromium, which prints the document of a page after its scripts
//! have run.

use std::path::Path;
use std::process::Command;

/// The document of the page at `path` as text. Its directory is used for the
/// profile.
#[track_caller]
pub fn document(path: &Path) -> String {
    let profile = path.with_extension("profile");
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"])
        .args(["--window-size=1000,900", "--no-first-run"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("file://{}", path.display()))
        .output()
        .expect("chromium runs; tools/install chromium installs it");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The JSON that a page has put into its element `id`, a `pre`.
#[track_caller]
pub fn json(document: &str, id: &str) -> serde_json::Value {
    let start = format!("<pre id=\"{id}\">");
    let (_, rest) = document.split_once(&start).expect("the script ran");
    let (json, _) = rest.split_once("</pre>").expect("an end");
    let json = json.replace("&lt;", "<").replace("&gt;", ">");
    serde_json::from_str(&json.replace("&amp;", "&")).expect("JSON")
}
