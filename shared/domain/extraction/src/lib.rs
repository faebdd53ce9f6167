//! Text, title and outline from Markdown, HTML, plain text, PDF and DOCX bytes. Pure: bytes in, text out.
