//! The port over S3.

use crate::error::{is_missing_object, port_error};
use crate::options::Options;
use async_trait::async_trait;
use bytes::Bytes;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{
    Attribute, Attributes, BackoffConfig, ClientOptions, Error, ObjectStore, ObjectStoreExt, PutOptions, PutPayload,
    RetryConfig,
};
use octavo_domain_kernel::{BlobInfo, BlobKey, BlobStore, PortError, PortErrorKind};
use std::ops::Range;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Largest object, in bytes: what is stored and read whole is held in memory. A larger one is refused as `Corrupt`.
pub const OBJECT_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Read by [`BlobStore::ping`]; never there.
const PING: &str = "ping";

/// [`BlobStore`] over a bucket. Cheap to clone. Nothing is connected, and no certificate read, before the first use.
#[derive(Debug, Clone)]
pub struct S3Blobs(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    options: Options,
    client: OnceLock<AmazonS3>,
}

impl S3Blobs {
    /// The bucket that `options` name.
    pub fn new(options: Options) -> Self {
        Self(Arc::new(Inner { options, client: OnceLock::new() }))
    }

    fn client(&self) -> Result<&AmazonS3, PortError> {
        if let Some(client) = self.0.client.get() {
            return Ok(client);
        }
        let client = build(&self.0.options).map_err(port_error)?;
        Ok(self.0.client.get_or_init(|| client))
    }
}

fn build(options: &Options) -> Result<AmazonS3, Error> {
    let builder = match &options.credentials {
        Some((key, secret)) => AmazonS3Builder::new().with_access_key_id(key).with_secret_access_key(secret),
        None => AmazonS3Builder::from_env(),
    };
    let client = ClientOptions::new()
        .with_connect_timeout(options.connect_timeout)
        .with_timeout(options.request_timeout)
        // Whoever configures an http endpoint means it; Amazon's own are https.
        .with_allow_http(options.endpoint.is_some());
    let retry = RetryConfig {
        max_retries: options.retries,
        retry_timeout: options.retry_timeout,
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(50),
            max_backoff: Duration::from_secs(2),
            base: 2.0,
        },
    };
    let mut builder = builder
        .with_bucket_name(&options.bucket)
        .with_region(&options.region)
        .with_virtual_hosted_style_request(!options.path_style)
        .with_client_options(client)
        .with_retry(retry);
    if let Some(endpoint) = &options.endpoint {
        let mut endpoint = endpoint.clone();
        // In this style the builder takes the endpoint as the bucket's own.
        if let Some(host) = endpoint.host_str().filter(|_| !options.path_style) {
            let host = format!("{}.{host}", options.bucket);
            // A host that cannot be set stays: the service then answers that there is no such bucket.
            let _ = endpoint.set_host(Some(&host));
        }
        builder = builder.with_endpoint(endpoint.as_str().trim_end_matches('/'));
    }
    builder.build()
}

fn path(key: &BlobKey) -> Result<Path, PortError> {
    // Checked, not escaped: our keys need none, and two spellings of one key would be two objects.
    Path::parse(key.as_str()).map_err(PortError::corrupt)
}

fn found<T>(result: Result<T, Error>) -> Result<Option<T>, PortError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if is_missing_object(&error) => Ok(None),
        Err(error) => Err(port_error(error)),
    }
}

fn too_large(size: u64) -> PortError {
    PortError::corrupt(format!("an object has at most {OBJECT_BYTES_MAX} bytes, got {size}"))
}

#[async_trait]
impl BlobStore for S3Blobs {
    async fn put(&self, key: &BlobKey, bytes: Bytes, content_type: &str) -> Result<(), PortError> {
        if bytes.len() > OBJECT_BYTES_MAX {
            return Err(too_large(bytes.len() as u64));
        }
        let attributes = Attributes::from_iter([(Attribute::ContentType, content_type.to_owned())]);
        let options = PutOptions { attributes, ..PutOptions::default() };
        self.client()?.put_opts(&path(key)?, PutPayload::from_bytes(bytes), options).await.map_err(port_error)?;
        Ok(())
    }

    async fn get(&self, key: &BlobKey) -> Result<Option<Bytes>, PortError> {
        let Some(object) = found(self.client()?.get(&path(key)?).await)? else { return Ok(None) };
        if object.meta.size > OBJECT_BYTES_MAX as u64 {
            return Err(too_large(object.meta.size));
        }
        Ok(Some(object.bytes().await.map_err(port_error)?))
    }

    async fn get_range(&self, key: &BlobKey, range: Range<u64>) -> Result<Option<Bytes>, PortError> {
        let size = range.end.saturating_sub(range.start);
        let error = if size == 0 {
            None
        } else if size > OBJECT_BYTES_MAX as u64 {
            return Err(too_large(size));
        } else {
            match found(self.client()?.get_range(&path(key)?, range.clone()).await) {
                Ok(bytes) => return Ok(bytes),
                Err(error) => Some(error),
            }
        };
        // Services tell a range outside in different ways; the size tells it surely.
        match (self.head(key).await?, error) {
            (None, _) => Ok(None),
            (Some(info), _) if range.start >= info.size => {
                let text = format!("range: begins at {} of {} bytes", range.start, info.size);
                Err(PortError::new(PortErrorKind::Corrupt, text))
            }
            (Some(_), Some(error)) => Err(error),
            (Some(_), None) => Ok(Some(Bytes::new())),
        }
    }

    async fn head(&self, key: &BlobKey) -> Result<Option<BlobInfo>, PortError> {
        let meta = found(self.client()?.head(&path(key)?).await)?;
        Ok(meta.map(|meta| BlobInfo { size: meta.size }))
    }

    async fn delete(&self, key: &BlobKey) -> Result<(), PortError> {
        found(self.client()?.delete(&path(key)?).await).map(drop)
    }

    async fn ping(&self) -> Result<(), PortError> {
        // A bucket's own existence cannot be asked with object rights alone; what a read of nothing says, can.
        found(self.client()?.get(&Path::from(PING)).await).map(drop)
    }
}
