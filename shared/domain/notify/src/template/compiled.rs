//! Parts that were read before.

use super::engine::{Escape, Part};
use super::{TemplateError, mail};
use minijinja::Value;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// How many parts are kept; all are forgotten when there are more. About 50 KiB each.
const PARTS_MAX: usize = 1_000;

/// What a part is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Form {
    /// Filled in as it is.
    Text(Escape),
    /// MJML, compiled with the layout around it.
    Mail,
}

/// Parts by their sources: a template that is changed is another one.
#[derive(Default)]
pub(super) struct Cache(RwLock<HashMap<(Form, String), Arc<Part>>>);

impl Cache {
    pub(super) fn render(
        &self,
        name: &str,
        source: &str,
        form: Form,
        context: &Value,
    ) -> Result<String, TemplateError> {
        self.part(name, source, form)?.render(name, context)
    }

    fn part(&self, name: &str, source: &str, form: Form) -> Result<Arc<Part>, TemplateError> {
        let key = (form, source.to_owned());
        // A thread that died while it held this left a map of whole parts.
        if let Some(part) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(part.clone());
        }
        let part = Arc::new(read(name, source, form)?);
        let mut parts = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if parts.len() >= PARTS_MAX {
            parts.clear();
        }
        parts.insert(key, part.clone());
        Ok(part)
    }
}

/// Reads a part, without keeping it.
pub(super) fn read(name: &str, source: &str, form: Form) -> Result<Part, TemplateError> {
    match form {
        Form::Text(escape) => Part::read(name, source, escape),
        Form::Mail => {
            // By itself first: what is wrong in it is told by its own lines.
            Part::read(name, source, Escape::Html)?;
            Part::read(name, &mail::compile(source)?, Escape::Html)
        }
    }
}
