//! Amazon SQS behind the queue port.
