use crate::house::{House, house};
use octavo_domain_documents::{Access, Document};
use octavo_domain_kernel::{DocumentId, Reader};
use octavo_domain_search::SearchStateStore;
use serde_json::json;

async fn status(house: &House, user: &str, method: &str, path: &str) -> u16 {
    let question = house.ask(user, method, path);
    match method {
        "PATCH" => question.json(&json!({ "tags": [user.split('/').next()] })).await.status,
        "PUT" => question.json(&json!({ "role": "viewer" })).await.status,
        _ => question.send().await.status,
    }
}

#[tokio::test]
async fn a_role_gives_what_it_says() {
    let house = house().await;
    let path = format!("/v1/documents/{}", house.document("x").await);
    for (reader, role) in [("user:ed", "editor"), ("group:legal", "viewer")] {
        let shared = house.ask("ada", "PUT", &format!("{path}/shares/{reader}")).json(&json!({ "role": role })).await;
        assert_eq!(shared.status, 200, "{shared:?}");
    }
    let (shares, someone) = (format!("{path}/shares"), format!("{path}/shares/user:zoe"));
    for (user, read, write, list, grant, delete) in
        [("ed", 200, 200, 200, 403, 403), ("vic/legal", 200, 403, 403, 403, 403), ("nobody", 404, 404, 404, 404, 404)]
    {
        let got = [
            status(&house, user, "GET", &path).await,
            status(&house, user, "PATCH", &path).await,
            status(&house, user, "GET", &shares).await,
            status(&house, user, "PUT", &someone).await,
            status(&house, user, "DELETE", &path).await,
        ];
        assert_eq!(got, [read, write, list, grant, delete], "{user}");
    }
    let listed = house.ask("ada", "GET", &shares).send().await;
    let readers: Vec<_> = listed.json["shares"].as_array().unwrap().iter().map(|share| &share["reader"]).collect();
    assert_eq!(readers, ["user:ed", "group:legal"]);
    for (reader, wrong) in [("user:ada", 422), ("ada", 400), ("group:", 400)] {
        assert_eq!(status(&house, "ada", "PUT", &format!("{path}/shares/{reader}")).await, wrong, "{reader}");
    }
}

#[tokio::test]
async fn what_is_unshared_is_gone_at_once() {
    let house = house().await;
    let id = house.document("x").await;
    let share = format!("/v1/documents/{id}/shares/user:bob");
    assert_eq!(status(&house, "ada", "PUT", &share).await, 200);
    let (tenant, bob) = ("acme".parse().unwrap(), [Reader::User("bob".parse().unwrap())]);
    let before = house.store.search_state(&tenant, &bob).await.unwrap();
    assert_eq!(before.hidden, []);

    assert_eq!(status(&house, "ada", "DELETE", &share).await, 204);
    assert_eq!(status(&house, "bob", "GET", &format!("/v1/documents/{id}")).await, 404);
    let after = house.store.search_state(&tenant, &bob).await.unwrap();
    assert_eq!(after.hidden, [id.parse::<DocumentId>().unwrap()]);
    assert!(after.generation > before.generation);
    // Again: nothing to do, and no new revision.
    let again = house.ask("ada", "DELETE", &share).send().await;
    assert_eq!((again.status, again.header("etag")), (204, "\"r3\""));
}

#[tokio::test]
async fn what_is_deleted_is_its_owners_to_restore() {
    let house = house().await;
    let path = format!("/v1/documents/{}", house.document("x").await);
    assert_eq!(status(&house, "ada", "PUT", &format!("{path}/shares/user:bob")).await, 200);
    let restore = format!("{path}/restore");
    assert_eq!(house.ask("ada", "DELETE", &path).header("if-match", "\"r1\"").send().await.status, 412);
    assert_eq!(status(&house, "ada", "DELETE", &path).await, 204);
    assert_eq!(status(&house, "ada", "DELETE", &path).await, 204);
    for (user, method, target, expected) in [
        ("ada", "GET", &path, 410),
        ("ada", "PATCH", &path, 410),
        ("bob", "GET", &path, 404),
        ("bob", "POST", &restore, 404),
        ("bob", "DELETE", &path, 404),
        ("ada", "POST", &restore, 200),
        ("ada", "POST", &restore, 200),
        ("bob", "GET", &path, 200),
    ] {
        assert_eq!(status(&house, user, method, target).await, expected, "{user} {method} {target}");
    }
    let restored: Document = {
        let id = path.rsplit('/').next().unwrap().parse().unwrap();
        house.deps.store.document_get(&"acme".parse().unwrap(), id).await.unwrap().unwrap()
    };
    assert_eq!((restored.revision, restored.deleted_at), (4, None));
    let ada = octavo_testing::build::principal("acme", "ada");
    assert_eq!(octavo_domain_documents::access(&restored, &ada), Access::Owner);
}
