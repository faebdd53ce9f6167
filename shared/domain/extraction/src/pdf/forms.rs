//! Form XObjects (section 8.10): pages within pages, which may draw each other.

use pdf_extract::content::Content;
use pdf_extract::{Dictionary, Document, Object, ObjectId, Stream};

/// Forms within forms. Real pages have two or three.
const DEPTH_MAX: usize = 16;
/// Forms drawn by one page, counted each time: ten that each draw ten others would multiply without end.
const DRAWN_MAX: usize = 2_000;

/// Whether drawing the page ends. Follows the same rules as the reader that will draw it, so that what is found bounded
/// here is bounded there.
pub(super) fn are_bounded(document: &Document, page: ObjectId) -> bool {
    let Some(resources) = inherited_resources(document, page) else { return true };
    if forms(document, resources).is_none() {
        return true;
    }
    let Ok(content) = document.get_page_content(page) else { return false };
    let mut drawn = 0;
    draw(document, &content, resources, 0, &mut drawn)
}

fn draw(document: &Document, content: &[u8], resources: &Dictionary, depth: usize, drawn: &mut usize) -> bool {
    let Some(forms) = forms(document, resources) else { return true };
    let Ok(content) = Content::decode(content) else { return false };
    for operation in content.operations.iter().filter(|operation| operation.operator == "Do") {
        let Some(name) = operation.operands.first().and_then(|operand| operand.as_name().ok()) else { return false };
        let Some(form) = get(document, forms, name).and_then(|object| object.as_stream().ok()) else { continue };
        *drawn += 1;
        if depth >= DEPTH_MAX || *drawn > DRAWN_MAX {
            return false;
        }
        let own = get(document, &form.dict, b"Resources").and_then(|object| object.as_dict().ok());
        if !draw(document, &inflated(form), own.unwrap_or(resources), depth + 1, drawn) {
            return false;
        }
    }
    true
}

fn inflated(form: &Stream) -> Vec<u8> {
    match form.filters() {
        Ok(_) => form.decompressed_content().unwrap_or_else(|_| form.content.clone()),
        Err(_) => form.content.clone(),
    }
}

fn forms<'a>(document: &'a Document, resources: &'a Dictionary) -> Option<&'a Dictionary> {
    get(document, resources, b"XObject")?.as_dict().ok()
}

fn inherited_resources(document: &Document, page: ObjectId) -> Option<&Dictionary> {
    let mut node = document.get_dictionary(page).ok()?;
    loop {
        if let Some(resources) = get(document, node, b"Resources") {
            return resources.as_dict().ok();
        }
        // The chain of parents was found to end before this is called.
        node = document.get_dictionary(node.get(b"Parent").and_then(Object::as_reference).ok()?).ok()?;
    }
}

fn get<'a>(document: &'a Document, dictionary: &'a Dictionary, key: &[u8]) -> Option<&'a Object> {
    document.dereference(dictionary.get(key).ok()?).ok().map(|(_, object)| object)
}
