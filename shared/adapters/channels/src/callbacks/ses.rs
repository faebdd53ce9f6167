//! What SES says of mails, by a topic of SNS's.

use super::news::{Said, Why, moment};
use super::sns::{Posted, Sns};
use super::verifier::unproved;
use crate::http::Web;
use crate::{InvalidProvider, SesOptions};
use octavo_domain_kernel::TenantId;
use octavo_domain_notify::{AttemptStatus, Callback, CallbackNews, CallbackRefused, Channel};
use serde_json::Value;
use std::sync::Arc;

/// The topic that is believed.
pub(super) struct Topic {
    arn: String,
    sns: Sns,
}

impl Topic {
    pub(super) fn of(options: &SesOptions, web: &Arc<Web>) -> Result<Option<Self>, InvalidProvider> {
        let Some(arn) = options.callback_topic.clone() else { return Ok(None) };
        let parts: Vec<&str> = arn.split(':').collect();
        let region = match parts.as_slice() {
            ["arn", _, "sns", region, _, _] if !region.is_empty() => (*region).to_owned(),
            _ => return Err(InvalidProvider::new(&options.name, "'callback_topic' is no ARN of a topic")),
        };
        Ok(Some(Self { arn, sns: Sns::new(Arc::clone(web), &region, options.callback_origin.as_ref()) }))
    }

    pub(super) async fn verify(
        &self,
        callback: &Callback<'_>,
    ) -> Result<Vec<(TenantId, CallbackNews)>, CallbackRefused> {
        let posted: Posted = serde_json::from_slice(callback.body)
            .map_err(|_| CallbackRefused::Unreadable("no message of SNS's".to_owned()))?;
        // Before anything is fetched: anybody may have a topic, and a certificate to it.
        if posted.topic_arn != self.arn {
            return Err(unproved("it is of another topic"));
        }
        self.sns.check(&posted, callback.now).await?;
        match posted.kind.as_str() {
            "SubscriptionConfirmation" => {
                self.sns.confirm(&posted).await?;
                tracing::info!(topic = %self.arn, "SNS posts here from now on");
                Ok(Vec::new())
            }
            "Notification" => match serde_json::from_str(&posted.message) {
                Ok(event) => Ok(news(callback, &event)),
                // A test of the topic, a greeting.
                Err(_) => Ok(Vec::new()),
            },
            _ => Ok(Vec::new()),
        }
    }
}

fn news(callback: &Callback<'_>, event: &Value) -> Vec<(TenantId, CallbackNews)> {
    let kind = event["eventType"].as_str().or_else(|| event["notificationType"].as_str()).unwrap_or_default();
    let mail = &event["mail"];
    let tag = |name: &str| mail["tags"][name][0].as_str();
    let said = |status, about: &Value, detail, suppress, recipient: &Value| {
        let said = Said {
            tenant: tag("octavo_tenant"),
            message: tag("octavo_message"),
            provider_id: mail["messageId"].as_str(),
            status,
            code: recipient["status"].as_str(),
            detail,
            suppress,
            address: recipient["emailAddress"].as_str(),
            at: moment(about["timestamp"].as_str(), callback.now),
        };
        said.news(callback.provider, Channel::Email)
    };
    let nobody = &Value::Null;
    let one = match kind {
        "Send" => said(AttemptStatus::Accepted, mail, None, None, nobody),
        "Delivery" => {
            let delivery = &event["delivery"];
            said(AttemptStatus::Delivered, delivery, delivery["smtpResponse"].as_str(), None, nobody)
        }
        "Bounce" => {
            let bounce = &event["bounce"];
            let recipient = &bounce["bouncedRecipients"][0];
            let for_ever = bounce["bounceType"] == "Permanent";
            let detail = recipient["diagnosticCode"].as_str().or_else(|| bounce["bounceSubType"].as_str());
            said(AttemptStatus::Bounced, bounce, detail, for_ever.then_some(Why::Bounce), recipient)
        }
        "Complaint" => {
            let complaint = &event["complaint"];
            let recipient = &complaint["complainedRecipients"][0];
            let detail = complaint["complaintFeedbackType"].as_str();
            said(AttemptStatus::Delivered, complaint, detail, Some(Why::Complaint), recipient)
        }
        "Reject" => said(AttemptStatus::Rejected, mail, event["reject"]["reason"].as_str(), None, nobody),
        "Rendering Failure" => {
            said(AttemptStatus::Rejected, mail, event["failure"]["errorMessage"].as_str(), None, nobody)
        }
        // Delayed: it goes on trying. Opened, clicked: nobody's business.
        _ => None,
    };
    one.into_iter().collect()
}
