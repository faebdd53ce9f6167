//! Object storage (S3, Spaces, the emulator) behind kernel::blobs::BlobStore.
