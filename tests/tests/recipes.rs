//! Each recipe in `docs/recipes` runs as it stands, and so does the example of the README.

use std::fs;
use wasi_vfs_tests::component;
use wasi_vfs_tests::guest::{self, Form};
use wasi_vfs_tests::recipe::{Recipe, page_text};
use wasi_vfs_tests::workspace::root;

/// Recipes with a test below.
const RECIPES: [&str; 12] = [
    "c",
    "ci",
    "components",
    "go",
    "host",
    "instant",
    "oci",
    "page",
    "python",
    "ruby",
    "rust",
    "server",
];

#[test]
fn every_recipe_has_a_test() {
    let directory = std::fs::read_dir(root().join("docs/recipes")).expect("a directory");
    let mut names: Vec<_> = directory
        .map(|entry| entry.expect("an entry").file_name().display().to_string())
        .collect();
    names.sort();
    assert_eq!(names, RECIPES.map(|name| format!("{name}.md")));
}

#[test]
fn readme() {
    Recipe::of(&root().join("README.md")).python().run();
}

#[test]
fn c() {
    Recipe::read("c").python().wasmtime().run();
}

#[test]
fn ci() {
    Recipe::read("ci").python().run();
}

#[test]
fn components() {
    let recipe = Recipe::read("components");
    recipe.python().componentize_py().wasmtime().run();
}

#[test]
fn guide_on_components() {
    let recipe = Recipe::section(&root().join("docs/GUIDE.md"), "Components").wasmtime();
    let app = component::of(&guest::c("cat", Form::COMMAND));
    fs::copy(app, recipe.work().join("app.component.wasm")).expect("our directory");
    fs::create_dir(recipe.work().join("assets")).expect("our directory");
    fs::write(recipe.work().join("assets/hello.txt"), "hello\n").expect("our directory");
    recipe.run();
}

#[test]
fn go() {
    Recipe::read("go").go().wasmtime().run();
}

#[test]
fn host() {
    Recipe::read("host").python().wasmtime().run();
}

#[test]
fn instant() {
    let recipe = Recipe::read("instant");
    recipe.python().cargo().npm().wasmtime().run();
}

/// It has no command that runs without a registry of images.
#[test]
fn oci() {
    Recipe::read("oci").run();
}

#[test]
fn page() {
    let recipe = Recipe::read("page").npm().python();
    recipe.run();
    let text = page_text(&recipe.work().join("site"), "#output");
    assert_eq!(text, "* Write a recipe.\n* Run it.\n");
}

#[test]
fn python() {
    Recipe::read("python").npm().python().wasmtime().run();
}

#[test]
fn ruby() {
    Recipe::read("ruby").npm().bundler().run();
}

#[test]
fn rust() {
    Recipe::read("rust").cargo().wasmtime().run();
}

#[test]
fn server() {
    Recipe::read("server").python().run();
}
