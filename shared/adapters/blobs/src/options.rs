//! Where the objects are, and as whom.

use std::fmt;
use std::time::Duration;
use url::Url;

/// Where the objects are, and as whom.
#[derive(Clone)]
pub struct Options {
    /// The service, if it is not Amazon's own: `https://fra1.digitaloceanspaces.com`. `http` is for the loopback
    /// interface and private networks.
    pub endpoint: Option<Url>,
    /// The region, also where the service has none: it is part of the signature.
    pub region: String,
    /// The bucket. It must exist.
    pub bucket: String,
    /// Access key and secret; none: what AWS gives the process.
    pub credentials: Option<(String, String)>,
    /// Whether the bucket stands in the path (`https://host/bucket/key`) and not in the host name.
    pub path_style: bool,
    /// For a connection to be made. Default 3 s.
    pub connect_timeout: Duration,
    /// For one whole request, the body included. Default 30 s.
    pub request_timeout: Duration,
    /// For all attempts of one call together. Default 10 s: after this no other attempt begins.
    pub retry_timeout: Duration,
    /// Attempts after the first. Default 2.
    pub retries: usize,
}

impl Options {
    /// `bucket` at `endpoint` (none: Amazon's), with the default timeouts; path style where an endpoint is given.
    pub fn new(endpoint: Option<Url>, region: impl Into<String>, bucket: impl Into<String>) -> Self {
        Self {
            path_style: endpoint.is_some(),
            endpoint,
            region: region.into(),
            bucket: bucket.into(),
            credentials: None,
            connect_timeout: Duration::from_secs(3),
            request_timeout: Duration::from_secs(30),
            retry_timeout: Duration::from_secs(10),
            retries: 2,
        }
    }

    /// No call takes longer than `limit`, its retries included: half of it is for one request, and in the other half none
    /// begins any more.
    #[must_use]
    pub fn within(self, limit: Duration) -> Self {
        let half = limit / 2;
        let connect_timeout = self.connect_timeout.min(half);
        Self { connect_timeout, request_timeout: half, retry_timeout: half, ..self }
    }

    /// As this access key.
    #[must_use]
    pub fn with_credentials(mut self, access_key: impl Into<String>, secret_key: impl Into<String>) -> Self {
        self.credentials = Some((access_key.into(), secret_key.into()));
        self
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the credentials: options end up in logs.
        f.debug_struct("Options")
            .field("endpoint", &self.endpoint.as_ref().map(Url::as_str))
            .field("region", &self.region)
            .field("bucket", &self.bucket)
            .finish_non_exhaustive()
    }
}
