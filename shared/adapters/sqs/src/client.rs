//! The client: made when it is first used, once.

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::Credentials;
use octavo_domain_kernel::QueueName;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;
use url::Url;

/// For a connection, for one attempt, and for all attempts of a call together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
const CALL_TIMEOUT: Duration = Duration::from_secs(15);

/// Where the queues are, and as whom.
#[derive(Clone)]
pub struct Options {
    /// A queue's URL without its name, such as `https://sqs.eu-central-1.amazonaws.com/123456789012/octavo-`. The region
    /// is read from an Amazon host; with any other host that host is talked to.
    pub url_prefix: Url,
    /// The region; none: from the prefix, or what AWS gives the process.
    pub region: Option<String>,
    /// Access key and secret; none: what AWS gives the process.
    pub credentials: Option<(String, String)>,
}

impl Options {
    /// Queues under `url_prefix`, everything else as AWS gives it.
    pub fn new(url_prefix: Url) -> Self {
        Self { url_prefix, region: None, credentials: None }
    }

    /// The region of an Amazon host, `sqs.REGION.amazonaws.com`.
    fn host_region(&self) -> Option<String> {
        let (region, domain) = self.url_prefix.host_str()?.strip_prefix("sqs.")?.split_once('.')?;
        domain.starts_with("amazonaws.com").then(|| region.to_owned())
    }

    /// The endpoint, where it is not Amazon's.
    fn endpoint(&self) -> Option<String> {
        let amazon = self.url_prefix.host_str().is_some_and(|host| host.contains(".amazonaws.com"));
        (!amazon).then(|| self.url_prefix.origin().ascii_serialization())
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the credentials: options end up in logs.
        f.debug_struct("Options").field("url_prefix", &self.url_prefix.as_str()).finish_non_exhaustive()
    }
}

/// Queues in Amazon SQS. Cheap to clone. Nothing is loaded or connected before the first use.
#[derive(Debug, Clone)]
pub struct SqsQueues(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    options: Options,
    client: OnceCell<Client>,
}

impl SqsQueues {
    /// The queues that `options` name.
    pub fn new(options: Options) -> Self {
        Self(Arc::new(Inner { options, client: OnceCell::new() }))
    }

    pub(crate) async fn client(&self) -> &Client {
        self.0.client.get_or_init(|| load(&self.0.options)).await
    }

    pub(crate) fn queue_url(&self, queue: &QueueName) -> String {
        format!("{}{queue}", self.0.options.url_prefix)
    }

    pub(crate) fn dead_url(&self, queue: &QueueName) -> String {
        format!("{}{queue}-dead", self.0.options.url_prefix)
    }
}

async fn load(options: &Options) -> Client {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(CALL_TIMEOUT)
        .build();
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).timeout_config(timeouts);
    if let Some(region) = options.region.clone().or_else(|| options.host_region()) {
        loader = loader.region(Region::new(region));
    }
    if let Some((key, secret)) = &options.credentials {
        loader = loader.credentials_provider(Credentials::new(key, secret, None, None, "octavo"));
    }
    if let Some(endpoint) = options.endpoint() {
        loader = loader.endpoint_url(endpoint);
    }
    Client::new(&loader.load().await)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amazon_is_known_by_its_host() {
        let options = |url: &str| Options::new(url.parse().unwrap());
        let amazon = options("https://sqs.eu-central-1.amazonaws.com/123456789012/octavo-");
        assert_eq!((amazon.host_region().as_deref(), amazon.endpoint()), (Some("eu-central-1"), None));
        let china = options("https://sqs.cn-north-1.amazonaws.com.cn/1/o-");
        assert_eq!((china.host_region().as_deref(), china.endpoint()), (Some("cn-north-1"), None));
        let other = options("http://127.0.0.1:9324/000000000000/octavo-");
        assert_eq!((other.host_region(), other.endpoint().as_deref()), (None, Some("http://127.0.0.1:9324")));
        let queues = SqsQueues::new(other);
        assert_eq!(queues.queue_url(&"index".parse().unwrap()), "http://127.0.0.1:9324/000000000000/octavo-index");
    }
}
