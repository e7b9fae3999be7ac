//! The templates, built into the program.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;

use crate::error::{Error, Result};

macro_rules! templates {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../templates/", $name)))),*]
    };
}

const TEMPLATES: [(&str, &str); 12] = templates![
    "rust_core/mod.rs.jinja",
    "rust_core/operations.rs.jinja",
    "rust_core/rules.rs.jinja",
    "rust_core/callbacks.rs.jinja",
    "rust_client/mod.rs.jinja",
    "rust_client/models.rs.jinja",
    "rust_client/models_mod.rs.jinja",
    "rust_client/object.jinja",
    "rust_client/choice.jinja",
    "rust_client/resource.rs.jinja",
    "rust_client/resources_mod.rs.jinja",
    "rust_client/events.rs.jinja",
];

/// Fills the template of this name. Every template also gets the `header` of its language.
pub(super) fn render(name: &str, header: &str, context: serde_json::Value) -> Result<String> {
    #[derive(Serialize)]
    struct Context<'a> {
        header: &'a str,
        #[serde(flatten)]
        context: serde_json::Value,
    }

    let failed = |error: minijinja::Error| Error::new(name, format_args!("{error:#}"));
    let syntax =
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build();
    let mut environment = Environment::new();
    environment.set_syntax(syntax.map_err(failed)?);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    for (name, source) in TEMPLATES {
        environment.add_template(name, source).map_err(failed)?;
    }
    environment.get_template(name).map_err(failed)?.render(Serde(Context { header, context })).map_err(failed)
}
