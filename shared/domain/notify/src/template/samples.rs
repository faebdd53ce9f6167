//! What previews say.

use serde_json::{Map, Value, json};

/// Data as an event of this template would have it; of the template `generic` for one that is not the platform's.
pub fn sample(template: &str) -> Map<String, Value> {
    let mut data = json!({});
    let approval = json!({
        "approval": "01934d2e-7b1c-7def-8a2b-3c4d5e6f7081", "title": "Supply contract 2027",
        "description": "The prices were agreed on 12 November; the term is new.",
        "document": {"id": "01934d2e-7b1c-7def-8a2b-3c4d5e6f7082", "title": "supply-contract-2027.docx", "version": 3},
        "requester": "grace", "requester_name": "Grace Hopper", "stage": "Legal", "due_at": "2026-12-04T16:00:00Z",
        "decide_url": "https://octavo.example/v1/approval-links/sample",
    });
    match template {
        "approval.requested" | "approval.reminder" | "approval.escalated" => data = approval,
        "approval.delegated" => {
            data = approval;
            data["by"] = json!("Alan Turing");
            data["comment"] = json!("I am away until Monday.");
        }
        "approval.ended" => {
            data = approval;
            data["outcome"] = json!("APPROVED");
            data["by"] = json!("Ada Lovelace");
            data["comment"] = json!("Fine with the new term.");
        }
        "approval.commented" => {
            data = approval;
            data["by"] = json!("Ada Lovelace");
            data["comment"] = json!("Who agreed to clause 7?");
        }
        "comment.added" => {
            data["by"] = json!("Ada Lovelace");
            data["comment"] = json!("Is this figure up to date?");
            data["document"] = approval["document"].clone();
        }
        "document.shared" => {
            data["by"] = json!("Ada Lovelace");
            data["role"] = json!("editor");
            data["document"] = approval["document"].clone();
        }
        "generation.finished" => {
            data["title"] = json!("Minutes of 26 November");
            data["outcome"] = json!("SUCCEEDED");
            data["document"] = approval["document"].clone();
        }
        "search.found" => {
            let document = |number: u32, title: &str| json!({"id": format!("01934d2e-7b1c-7def-8a2b-3c4d5e6f708{number}"), "title": title});
            data["name"] = json!("New leases");
            data["count"] = json!(12);
            data["more"] = json!(10);
            data["documents"] = json!([document(2, "lease-vienna-2027.docx"), document(3, "Lease of the warehouse")]);
        }
        "workflow.failed" => {
            data["workflow"] = json!("release-document");
            data["execution"] = json!("2026-11-27-contract");
            data["error"] = json!("States.Timeout");
            data["cause"] = json!("Nobody decided within 30 days.");
        }
        "digest" => {
            let item = |title: &str, at: &str| json!({"title": title, "text": "", "link": "https://octavo.example/approvals", "at": at});
            data["items"] = json!([
                item("Approval wanted: Supply contract 2027", "2026-11-27T07:10:00Z"),
                item("Ada Lovelace commented on supply-contract-2027.docx", "2026-11-27T08:30:00Z"),
            ]);
            data["count"] = json!(3);
            data["more"] = json!(1);
        }
        "test" => {}
        _ => {
            data["title"] = json!("Something happened");
            data["text"] = json!("This is what an event of your own looks like.");
        }
    }
    data.as_object().cloned().unwrap_or_default()
}
