use crate::fixture::{Fixture, at, create, document, everywhere, grant, id, tenant};
use octavo_domain_documents::{Document, DocumentStore, ListOrder, ListPosition, ListQuery, MediaType, Role};

fn query(readers: &[&str]) -> ListQuery {
    ListQuery {
        readers: readers.iter().map(|reader| reader.parse().unwrap()).collect(),
        owner: None,
        tags: Vec::new(),
        media_type: None,
        title_prefix: None,
        deleted: false,
        order: ListOrder::UpdatedDescending,
        after: None,
        limit: 100,
    }
}

async fn numbers(fixture: &Fixture, query: &ListQuery) -> Vec<u128> {
    let page = fixture.store.document_list(&tenant("acme"), query).await.unwrap();
    assert!(!page.more);
    page.documents.iter().map(|document| document.id.0.as_u128()).collect()
}

/// Twelve documents: some ada's, some grace's, some shared, one deleted; times and titles with ties.
async fn fill(fixture: &Fixture) -> Vec<Document> {
    let mut documents = Vec::new();
    for number in 1..=12_u128 {
        let titles = ["beta", "Alpha", "älter", "BETA", "Zulu", "alpha beta"];
        let mut made = document("acme", number, titles[number as usize % titles.len()]);
        made.updated_at = at((number as i64 * 7) % 5);
        made.created_at = at((number as i64 * 3) % 4);
        if number % 3 == 0 {
            made.owner = "grace".parse().unwrap();
        }
        if number % 6 == 0 {
            made.grants = vec![grant("group:legal", Role::Viewer), grant("user:alan", Role::Editor)];
        }
        if number == 12 {
            made.tags = vec!["rare".to_owned()];
            made.content.media_type = MediaType::Pdf;
        }
        if number == 11 {
            made.deleted_at = Some(at(9));
        }
        documents.push(create(&fixture.store, made).await);
    }
    documents
}

#[tokio::test]
async fn everybody_sees_what_they_may_read_and_nothing_else() {
    everywhere(|fixture| async move {
        fill(&fixture).await;
        let sorted = |mut numbers: Vec<u128>| {
            numbers.sort_unstable();
            numbers
        };
        assert_eq!(sorted(numbers(&fixture, &query(&["user:ada"])).await), [1, 2, 4, 5, 7, 8, 10]);
        assert_eq!(sorted(numbers(&fixture, &query(&["user:grace"])).await), [3, 6, 9, 12]);
        assert_eq!(sorted(numbers(&fixture, &query(&["user:alan"])).await), [6, 12]);
        // Shared with them twice over, and listed once.
        assert_eq!(sorted(numbers(&fixture, &query(&["user:alan", "group:legal"])).await), [6, 12]);
        let both = query(&["user:ada", "group:legal"]);
        assert_eq!(sorted(numbers(&fixture, &both).await), [1, 2, 4, 5, 6, 7, 8, 10, 12]);
        assert_eq!(numbers(&fixture, &query(&["user:mallory", "group:sales"])).await, []);
        assert_eq!(numbers(&fixture, &query(&[])).await, []);
        fixture
    })
    .await;
}

#[tokio::test]
async fn filters_narrow_what_is_readable() {
    everywhere(|fixture| async move {
        fill(&fixture).await;
        let ada = query(&["user:ada", "group:legal"]);
        let mine = ListQuery { owner: Some("ada".parse().unwrap()), ..ada.clone() };
        assert_eq!(numbers(&fixture, &mine).await.len(), 7);
        let graces = ListQuery { owner: Some("grace".parse().unwrap()), ..ada.clone() };
        assert_eq!(numbers(&fixture, &graces).await, [12, 6]);
        let rare = ListQuery { tags: vec!["rare".to_owned()], ..ada.clone() };
        assert_eq!(numbers(&fixture, &rare).await, [12]);
        let both = ListQuery { tags: vec!["legal".to_owned(), "plan".to_owned()], ..ada.clone() };
        assert_eq!(numbers(&fixture, &both).await.len(), 8);
        let pdf = ListQuery { media_type: Some(MediaType::Pdf), ..ada.clone() };
        assert_eq!(numbers(&fixture, &pdf).await, [12]);
        let prefix =
            ListQuery { title_prefix: Some("ALPHA".to_owned()), order: ListOrder::TitleAscending, ..ada.clone() };
        assert_eq!(numbers(&fixture, &prefix).await, [1, 7, 5]);
        let umlaut = ListQuery { title_prefix: Some("Ä".to_owned()), ..ada.clone() };
        assert_eq!(numbers(&fixture, &umlaut).await.len(), 2);
        let wild = ListQuery { title_prefix: Some("%".to_owned()), ..ada.clone() };
        assert_eq!(numbers(&fixture, &wild).await, []);
        let deleted = ListQuery { deleted: true, ..ada };
        assert_eq!(numbers(&fixture, &deleted).await, [11]);
        assert_eq!(numbers(&fixture, &ListQuery { deleted: true, ..query(&["user:grace"]) }).await, []);
        fixture
    })
    .await;
}

#[tokio::test]
async fn pages_of_every_size_neither_repeat_nor_skip() {
    everywhere(|fixture| async move {
        let documents = fill(&fixture).await;
        let readers = ["user:ada", "user:grace", "group:legal"];
        for order in [ListOrder::UpdatedDescending, ListOrder::CreatedDescending, ListOrder::TitleAscending] {
            let mut expected = documents.iter().filter(|document| document.deleted_at.is_none()).collect::<Vec<_>>();
            expected.sort_by(|a, b| match order {
                ListOrder::UpdatedDescending => (b.updated_at, b.id).cmp(&(a.updated_at, a.id)),
                ListOrder::CreatedDescending => (b.created_at, b.id).cmp(&(a.created_at, a.id)),
                ListOrder::TitleAscending => (a.title.to_lowercase(), a.id).cmp(&(b.title.to_lowercase(), b.id)),
            });
            let expected = expected.iter().map(|document| document.id).collect::<Vec<_>>();
            for limit in [1, 2, 5, 11, 12] {
                let mut query = ListQuery { order, limit, ..query(&readers) };
                let mut seen = Vec::new();
                loop {
                    let page = fixture.store.document_list(&tenant("acme"), &query).await.unwrap();
                    assert!(page.documents.len() <= usize::from(limit));
                    seen.extend(page.documents.iter().map(|document| document.id));
                    let Some(last) = page.documents.last().filter(|_| page.more) else { break };
                    query.after = Some(match order {
                        ListOrder::UpdatedDescending => {
                            ListPosition { at: Some(last.updated_at), title: None, id: last.id }
                        }
                        ListOrder::CreatedDescending => {
                            ListPosition { at: Some(last.created_at), title: None, id: last.id }
                        }
                        ListOrder::TitleAscending => {
                            ListPosition { at: None, title: Some(last.title.to_lowercase()), id: last.id }
                        }
                    });
                }
                assert_eq!(seen, expected, "{order:?} by {limit}");
            }
        }
        fixture
    })
    .await;
}

#[tokio::test]
async fn a_position_of_another_order_is_refused() {
    everywhere(|fixture| async move {
        let after = Some(ListPosition { at: None, title: Some("a".to_owned()), id: id(1) });
        let query = ListQuery { after, ..query(&["user:ada"]) };
        assert!(fixture.store.document_list(&tenant("acme"), &query).await.is_err());
        fixture
    })
    .await;
}
