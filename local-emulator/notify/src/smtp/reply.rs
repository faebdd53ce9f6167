//! Replies.

/// A reply: its code, its extended status (RFC 3463) and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) code: u16,
    pub(crate) lines: Vec<String>,
}

impl Reply {
    pub(crate) fn new(code: u16, says: impl Into<String>) -> Self {
        Self { code, lines: vec![says.into()] }
    }

    pub(crate) fn lines(code: u16, lines: Vec<String>) -> Self {
        Self { code, lines }
    }

    /// What a fault says with a code.
    pub(crate) fn induced(code: u16, status: Option<&str>, says: Option<&str>, to: &str) -> Self {
        let (usual, words) = match code {
            421 => ("4.3.2", "Service not available, closing transmission channel".to_owned()),
            450 => ("4.2.1", format!("<{to}>: Recipient address rejected: mailbox temporarily unavailable")),
            451 => ("4.7.1", "Too many messages, try again later".to_owned()),
            452 => ("4.2.2", format!("<{to}>: mailbox full")),
            535 => ("5.7.8", "Error: authentication failed".to_owned()),
            550 => ("5.1.1", format!("<{to}>: Recipient address rejected: User unknown")),
            552 => ("5.3.4", "Message size exceeds fixed limit".to_owned()),
            554 => ("5.7.1", "Message rejected as spam".to_owned()),
            400..500 => ("4.0.0", "Temporary failure".to_owned()),
            _ => ("5.0.0", "Refused".to_owned()),
        };
        Self::new(code, format!("{} {}", status.unwrap_or(usual), says.unwrap_or(&words)))
    }

    /// As it is sent.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (at, line) in self.lines.iter().enumerate() {
            let mark = if at + 1 < self.lines.len() { '-' } else { ' ' };
            // What a fault says may hold what ends a line.
            let line: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            bytes.extend(format!("{}{mark}{line}\r\n", self.code).bytes());
        }
        bytes
    }
}
