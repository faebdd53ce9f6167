//! What is done to prompts before they leave, and to answers before they arrive.
