use crate::house::house;
use serde_json::json;

/// Walks the OpenAPI document, so that a new operation is in this test from its first day.
#[tokio::test]
async fn another_tenant_and_a_stranger_reach_nothing() {
    let house = house().await;
    let id = house.document("secret words").await;
    let before = house.ask("ada", "GET", &format!("/v1/documents/{id}")).send().await;
    let description = serde_json::to_value(octavo_documents::openapi()).unwrap();
    let mut walked = 0;
    for (template, item) in description["paths"].as_object().unwrap() {
        let path = template.replace("{id}", &id).replace("{number}", "1").replace("{reader}", "user:eve");
        for method in item.as_object().unwrap().keys().map(|method| method.to_uppercase()) {
            let body = match (template.ends_with("{reader}"), method.as_str()) {
                (true, _) => json!({ "role": "editor" }),
                (false, "PATCH") => json!({ "title": "Mine" }),
                _ => json!({ "content": "mine" }),
            };
            for user in ["umbrella:ada", "umbrella:eve", "eve"] {
                let question = house.ask(user, &method, &path).header("if-match", "*");
                let answer = if method == "GET" { question.send().await } else { question.json(&body).await };
                let told = String::from_utf8_lossy(&answer.bytes);
                assert!(!told.contains("secret"), "{user} {method} {path}: {told}");
                if template.contains("{id}") {
                    assert_eq!(answer.status, 404, "{user} {method} {path}: {told}");
                    assert_eq!(answer.json["code"], "DOCUMENTS_0001", "{user} {method} {path}: {told}");
                }
            }
            let question = house.ask("ada", &method, &path).header("authorization", "Bearer x");
            assert_eq!(question.send().await.status, 401, "{method} {path}");
            walked += 1;
        }
    }
    assert_eq!(walked, 15);
    let after = house.ask("ada", "GET", &format!("/v1/documents/{id}")).send().await;
    assert_eq!(after.json, before.json);
}
