//! Where what tenants name may be.

use crate::server::{Say, Server};
use crate::{configs, message, surroundings};
use octavo_adapters_channels::providers;
use octavo_domain_notify::{OutgoingContent, SendError};

#[tokio::test]
async fn what_a_tenant_names_does_not_reach_this_network() {
    let server = Server::answering(200, "ok").await;
    let port = server.url.rsplit(':').next().unwrap();
    let all = providers(configs(&server.url), surroundings(&server.url, "*")).unwrap();
    for provider in all.iter().filter(|provider| ["webhook", "slack"].contains(&provider.name())) {
        for url in [
            server.url.clone(),
            format!("https://127.0.0.1:{port}"),
            format!("https://localhost:{port}"),
            format!("https://[::1]:{port}"),
            format!("https://[::ffff:127.0.0.1]:{port}"),
            format!("https://2130706433:{port}"),
            "https://169.254.169.254".to_owned(),
            "https://10.0.0.1".to_owned(),
            "file:///etc/passwd".to_owned(),
            "hunter2".to_owned(),
        ] {
            let refused = provider.send(&message(provider.name(), &url)).await.unwrap_err();
            assert!(
                matches!(&refused, SendError::Recipient { code: Some(code), suppress: false, .. } if code == "address"),
                "{url}: {refused:?}"
            );
        }
    }
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn nobody_is_sent_elsewhere() {
    let inside = Server::answering(200, "ok").await;
    let outside = Server::saying(Say::Answer(307, vec![("location", inside.url.clone())], String::new())).await;
    let all = providers(configs(&outside.url), surroundings(&outside.url, "http://127.0.0.1:*")).unwrap();
    for provider in &all {
        let refused = provider.send(&message(provider.name(), &outside.url)).await.unwrap_err();
        assert!(matches!(refused, SendError::Rejected { .. }), "{}: {refused:?}", provider.name());
    }
    assert_eq!((outside.asked().len(), inside.asked().len()), (7, 0));
}

#[tokio::test]
async fn a_secret_that_is_none_signs_nothing() {
    let server = Server::answering(200, "ok").await;
    let mut message = message("webhook", &server.url);
    if let OutgoingContent::Webhook { secret, .. } = &mut message.content {
        *secret = "hunter2".to_owned();
    }
    let refused = crate::provider("webhook", &server.url).send(&message).await.unwrap_err();
    assert!(
        matches!(refused, SendError::Rejected { .. }) && !format!("{refused:?}").contains("hunter2"),
        "{refused:?}"
    );
    assert!(server.asked().is_empty());
}

#[test]
fn two_of_one_name_are_refused() {
    let mut twice = configs("http://127.0.0.1:1");
    twice.extend(configs("http://127.0.0.1:1"));
    let error = providers(twice, surroundings("http://127.0.0.1:1", "*")).err().unwrap();
    assert_eq!(error.to_string(), "the provider 'sendgrid': the name is another's");
}
