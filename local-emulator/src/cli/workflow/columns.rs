//! Rows in columns.

/// The widest column, in characters: what is longer is cut.
const WIDTH_MAX: usize = 72;

/// The rows below their heads, each column as wide as its widest cell. The last one is not cut.
pub(super) fn columns(heads: &[&str], rows: &[Vec<String>]) -> String {
    let head = heads.iter().map(|head| (*head).to_owned()).collect();
    let lines: Vec<Vec<String>> = std::iter::once(head).chain(rows.iter().cloned()).map(one_line).collect();
    let last = heads.len().saturating_sub(1);
    let widths: Vec<usize> = (0..heads.len())
        .map(|at| lines.iter().filter_map(|line| line.get(at)).map(|cell| cell.chars().count()).max().unwrap_or(0))
        .collect();
    let mut text = String::new();
    for line in lines {
        let cells = line.iter().zip(&widths).enumerate().map(|(at, (cell, width))| match at == last {
            true => cell.clone(),
            false => {
                let width = (*width).min(WIDTH_MAX);
                format!("{:<width$}", cut(cell, width))
            }
        });
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// A text of at most so many characters.
pub(super) fn cut(text: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    let kept: String = text.chars().take(chars_max.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// Nothing in a cell may move the cursor.
fn one_line(row: Vec<String>) -> Vec<String> {
    row.into_iter().map(|cell| cell.replace(|c: char| c.is_control(), " ")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_and_a_cell_is_one_line() {
        let rows =
            vec![vec!["1".to_owned(), "Größe\nx".to_owned(), "z".repeat(80)], vec!["22".to_owned(), String::new()]];
        let expected = format!("id  name     rest\n1   Größe x  {}\n22\n", "z".repeat(80));
        assert_eq!(columns(&["id", "name", "rest"], &rows), expected);
    }

    #[test]
    fn a_wide_cell_is_cut() {
        assert_eq!(cut("abcdef", 4), "abc…");
        let text = columns(&["a", "b"], &[vec!["x".repeat(100), "y".to_owned()]]);
        assert!(text.lines().nth(1).is_some_and(|line| line.chars().count() == WIDTH_MAX + 3), "{text}");
    }
}
