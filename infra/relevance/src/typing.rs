//! Typing errors as people make them, the same on every run.

/// Letters of a word that an error is made in: in shorter ones an error makes another word.
const LETTERS_MIN: usize = 5;

/// `text` with one error in its longest word: a letter left out, doubled, replaced or swapped with its neighbour, by
/// `number`. None if no word is long enough.
pub(crate) fn mistyped(text: &str, number: usize) -> Option<String> {
    let words: Vec<&str> = text.split(' ').collect();
    let plain = |word: &str| word.chars().all(|letter| letter.is_ascii_lowercase());
    let longest = words.iter().filter(|word| plain(word)).max_by_key(|word| word.len()).copied()?;
    if longest.len() < LETTERS_MIN {
        return None;
    }
    let mut letters: Vec<char> = longest.chars().collect();
    // Neither the first letter nor the last: there people make fewest.
    let at = 1 + number % (letters.len() - 3);
    match number % 4 {
        0 => letters.swap(at, at + 1),
        1 => drop(letters.remove(at)),
        2 => letters.insert(at, letters[at]),
        _ => letters[at] = if letters[at] == 'e' { 'r' } else { 'e' },
    }
    let wrong: String = letters.into_iter().collect();
    if wrong == longest {
        return None;
    }
    let position = words.iter().position(|word| *word == longest)?;
    let mut words: Vec<String> = words.into_iter().map(str::to_owned).collect();
    words[position] = wrong;
    Some(words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::mistyped;

    #[test]
    fn every_kind_of_error_is_made() {
        let wrong = |number| mistyped("list directory contents", number).unwrap();
        let expected = [
            "list driectory contents",
            "list diectory contents",
            "list direectory contents",
            "list direetory contents",
        ];
        assert_eq!([wrong(0), wrong(1), wrong(2), wrong(3)], expected);
        assert_eq!(mistyped("a B cde", 0), None);
    }
}
