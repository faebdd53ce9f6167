//! Lists of approvals and how many wait.

use crate::approvals_fixture::{
    all_of, approval, change, commit, create, decided, ending, event, id, listed, readers, to_decide, user,
};
use crate::fixture::everywhere;
use crate::workflow_fixture::acme;
use octavo_adapters_postgres::Postgres;
use octavo_domain_approvals::{
    Approval, ApprovalStore, Counts, Decision, EventKind, ListQuery, ListSort, Mailbox, Outcome, Seat, Verdict,
};
use octavo_domain_kernel::DocumentId;
use sqlx::{Executor, Row};
use uuid::Uuid;

async fn counts(store: &Postgres, me: &str, as_whom: &[&str]) -> (u32, u32, u32) {
    let Counts { mine, groups, requested } =
        store.approval_counts(&acme(), &user(me), &readers(as_whom)).await.unwrap();
    (mine, groups, requested)
}

fn claim(approval: &mut Approval, by: Option<&str>) {
    approval.stages[0].seats[0].claimed_by = by.map(user);
}

fn decide(approval: &mut Approval, seat: usize, by: &str) {
    approval.stages[0].seats[seat].decision = Some(Decision {
        verdict: Verdict::Approve,
        by: user(by),
        on_behalf_of: None,
        at: approval.created_at,
        comment: None,
        answers: serde_json::Map::new(),
        document_version: None,
        place: crate::approvals_fixture::place(),
        key: None,
    });
}

#[tokio::test]
async fn an_inbox_holds_what_one_may_decide_and_nobody_else_has_claimed() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let mine = create(store, approval(1, "Mine", &["user:bob"])).await;
        let legal = create(store, approval(2, "Legal's", &["group:legal", "user:bob"])).await;
        create(store, approval(3, "Finance's", &["group:finance"])).await;
        // Whoever asked is in the group, and may not decide.
        create(store, approval(4, "Ada's", &["group:legal", "user:ada"])).await;
        let bob = || all_of(to_decide("bob", &["user:bob", "group:legal"]));
        assert_eq!(listed(store, &bob()).await, [4, 2, 1]);
        assert_eq!(counts(store, "bob", &["user:bob", "group:legal"]).await, (2, 2, 0));
        assert_eq!(listed(store, &all_of(to_decide("ada", &["user:ada", "group:legal"]))).await, [0; 0]);
        assert_eq!(counts(store, "ada", &["user:ada", "group:legal"]).await, (0, 0, 4));
        assert_eq!(counts(store, "grace", &["user:grace", "group:legal"]).await, (0, 0, 4), "asked for her");
        assert_eq!(listed(store, &all_of(to_decide("eve", &["user:eve"]))).await, [0; 0]);
        assert_eq!(counts(store, "eve", &[]).await, (0, 0, 0));

        // Claimed by eve, it is hers, and of whoever substitutes her, as long as she may.
        let claimed = commit(store, &change(&legal, Vec::new(), |approval| claim(approval, Some("eve")))).await;
        assert_eq!(listed(store, &bob()).await, [4, 1]);
        assert_eq!(listed(store, &all_of(to_decide("eve", &["user:eve", "group:legal"]))).await, [4, 2]);
        assert_eq!(counts(store, "eve", &["user:eve", "group:legal"]).await, (1, 1, 0));
        assert_eq!(listed(store, &all_of(to_decide("eve", &["user:eve"]))).await, [0; 0]);
        let substitute = ["user:sam", "user:eve", "group:legal"];
        assert_eq!(listed(store, &all_of(to_decide("sam", &substitute))).await, [4, 2]);
        assert_eq!(counts(store, "sam", &substitute).await, (0, 2, 0));
        assert_eq!(listed(store, &all_of(to_decide("sam", &["user:sam", "user:eve"]))).await, [2]);
        assert_eq!(counts(store, "sam", &["user:sam", "user:eve"]).await, (0, 1, 0));
        // Nobody decides for whoever asked.
        assert_eq!(listed(store, &all_of(to_decide("sam", &["user:sam", "user:ada"]))).await, [0; 0]);
        assert_eq!(counts(store, "sam", &["user:sam", "user:ada"]).await, (0, 0, 0));
        // Released, it is anyone's again.
        let released = commit(store, &change(&claimed, Vec::new(), |approval| claim(approval, None))).await;
        assert_eq!(listed(store, &bob()).await, [4, 2, 1]);
        // What ended is nobody's.
        commit(store, &ending(&mine, "bob")).await;
        commit(store, &ending(&released, "eve")).await;
        assert_eq!(listed(store, &bob()).await, [4]);
        assert_eq!(counts(store, "bob", &["user:bob", "group:legal"]).await, (0, 1, 0));
        assert_eq!(counts(store, "ada", &[]).await, (0, 0, 2));
        fixture
    })
    .await;
}

#[tokio::test]
async fn whoever_decided_is_not_asked_for_another_seat() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let mut two = approval(1, "Two of legal", &["group:legal"]);
        let second = Seat { number: 1, ..two.stages[0].seats[0].clone() };
        two.stages[0].seats.push(second);
        let made = create(store, two).await;
        let decided_once = change(&made, vec![decided(2, "bob")], |approval| decide(approval, 0, "bob"));
        let once = commit(store, &decided_once).await;
        let legal = |me: &str| all_of(to_decide(me, &[&format!("user:{me}"), "group:legal"]));
        assert_eq!(listed(store, &legal("bob")).await, [0; 0]);
        assert_eq!(counts(store, "bob", &["user:bob", "group:legal"]).await, (0, 0, 0));
        assert_eq!(listed(store, &legal("eve")).await, [1]);
        assert_eq!(counts(store, "eve", &["user:eve", "group:legal"]).await, (0, 1, 0));
        // In another stage they may, unless each decision is another person's over all of them.
        let next = |distinct: bool| {
            change(&once, Vec::new(), |approval| {
                approval.request.distinct_across_stages = distinct;
                let mut stage = approval.stages[0].clone();
                stage.seats = vec![Seat { number: 2, decision: None, ..stage.seats[0].clone() }];
                approval.stages[0].status = octavo_domain_approvals::StageStatus::Approved;
                approval.stages[0].seats[1].open = false;
                approval.stages.push(stage);
            })
        };
        let free = commit(store, &next(false)).await;
        assert_eq!(listed(store, &legal("bob")).await, [1]);
        let mut distinct = next(true);
        (distinct.expected_seq, distinct.approval.seq) = (Some(free.seq), free.seq + 1);
        commit(store, &distinct).await;
        assert_eq!(listed(store, &legal("bob")).await, [0; 0]);
        fixture
    })
    .await;
}

#[tokio::test]
async fn lists_go_page_by_page_in_either_direction() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        // Ids say nothing of time; two were asked for at the same moment.
        for (number, id_of) in [(1, 90), (2, 40), (3, 70), (3, 60), (5, 10)] {
            let mut asked = approval(number, "One", &["user:bob", "group:legal", "group:all"]);
            (asked.id, asked.origin.token) = (id(id_of), id_of.to_string());
            let made = create(store, asked).await;
            commit(store, &change(&made, vec![decided(2, "eve"), decided(3, "eve")], |_| ())).await;
        }
        let inbox = to_decide("bob", &["user:bob", "group:all", "group:legal"]);
        for mailbox in [inbox, Mailbox::RequestedBy(user("ada")), Mailbox::TakenPartBy(user("eve")), Mailbox::All] {
            for (sort, expected) in [(ListSort::Newest, [10, 70, 60, 40, 90]), (ListSort::Oldest, [90, 40, 60, 70, 10])]
            {
                let mut query = ListQuery { sort, limit: 2, ..all_of(mailbox.clone()) };
                let mut found = Vec::new();
                loop {
                    let page = listed(store, &query).await;
                    assert!(page.len() <= 2);
                    let Some(last) = page.last() else { break };
                    query.after = Some(id(*last));
                    found.extend(page);
                }
                assert_eq!(found, expected, "{mailbox:?}");
            }
            let beyond = ListQuery { after: Some(id(12345)), ..all_of(mailbox.clone()) };
            assert_eq!(listed(store, &beyond).await, [0; 0]);
        }
        fixture
    })
    .await;
}

#[tokio::test]
async fn all_conditions_hold_together() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let bob = ["user:bob"];
        create(store, approval(1, "Vertrag 100% ÄRGER_1", &bob)).await;
        let mut other = approval(2, "Budget \\ 1000", &bob);
        other.request.category = None;
        other.document = None;
        other.origin.execution = Uuid::from_u128(6);
        let other = create(store, other).await;
        commit(store, &ending(&other, "bob")).await;
        let mut third = approval(3, "Vertrag 3", &bob);
        third.request.requester = None;
        third.requester = user("hugo");
        let third = create(store, third).await;
        let delegated = EventKind::Delegated { seat: 0, to: user("zoe"), comment: None };
        let seen = EventKind::Claimed { seat: 0 };
        let what = vec![event(2, Some("bob"), delegated), event(3, Some("eve"), seen)];
        commit(store, &change(&third, what, |_| ())).await;

        let all = || all_of(Mailbox::All);
        let document = Some(DocumentId(Uuid::from_u128(77)));
        let title = |text: &str| ListQuery { title: Some(text.to_owned()), ..all() };
        for (query, expected) in [
            (all(), vec![3, 2, 1]),
            (ListQuery { open: Some(true), ..all() }, vec![3, 1]),
            (ListQuery { open: Some(false), ..all() }, vec![2]),
            (ListQuery { outcome: Some(Outcome::Approved), ..all() }, vec![2]),
            (ListQuery { outcome: Some(Outcome::Approved), open: Some(false), ..all() }, vec![2]),
            (ListQuery { outcome: Some(Outcome::Approved), open: Some(true), ..all() }, vec![]),
            (ListQuery { outcome: Some(Outcome::Rejected), ..all() }, vec![]),
            (ListQuery { document, ..all() }, vec![3, 1]),
            (ListQuery { execution: Some(Uuid::from_u128(6)), ..all() }, vec![2]),
            (ListQuery { category: Some("contract".to_owned()), ..all() }, vec![3, 1]),
            (ListQuery { category: Some("contract\0".to_owned()), ..all() }, vec![]),
            (title("VERTRAG"), vec![3, 1]),
            (title("0% ärger"), vec![1]),
            (title("0%_"), vec![]),
            (title("\\ 1"), vec![2]),
            (title("a\0b"), vec![]),
            (ListQuery { category: Some("contract".to_owned()), ..title("3") }, vec![3]),
            (all_of(Mailbox::RequestedBy(user("ada"))), vec![2, 1]),
            (all_of(Mailbox::RequestedBy(user("grace"))), vec![2, 1]),
            (ListQuery { open: Some(true), ..all_of(Mailbox::RequestedBy(user("grace"))) }, vec![1]),
            (all_of(Mailbox::RequestedBy(user("hugo"))), vec![3]),
            (all_of(Mailbox::TakenPartBy(user("bob"))), vec![3, 2]),
            (ListQuery { open: Some(true), ..all_of(Mailbox::TakenPartBy(user("bob"))) }, vec![3]),
            (all_of(Mailbox::TakenPartBy(user("eve"))), vec![]),
            (all_of(to_decide("bob", &bob)), vec![3, 1]),
            (ListQuery { open: Some(true), ..all_of(to_decide("bob", &bob)) }, vec![3, 1]),
            (ListQuery { open: Some(false), ..all_of(to_decide("bob", &bob)) }, vec![]),
            (ListQuery { title: Some("vertrag 3".to_owned()), ..all_of(to_decide("bob", &bob)) }, vec![3]),
            (ListQuery { limit: 0, ..all() }, vec![3]),
        ] {
            assert_eq!(listed(store, &query).await, expected, "{query:?}");
        }
        fixture
    })
    .await;
}

/// In a tenant of many: an inbox and its counts read no more than a page's worth.
#[tokio::test]
async fn a_full_inbox_is_read_from_its_end() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        create(store, approval(1, "One", &["user:bob", "group:legal"])).await;
        let mut admin = fixture.admin().await;
        admin
            .execute(
                "insert into approval (tenant, id, seq, body, requester, execution_id, token_hash, title_key, created_at,
                     awaited)
                 select tenant, ('00000000-0000-0000-0001-' || lpad(n::text, 12, '0'))::uuid, 1, body, requester,
                     execution_id, sha256(n::text::bytea), '', created_at - n * interval '1 s', true
                 from approval, generate_series(1, 5000) n;
                 insert into approval_seat
                 select tenant, id, 'group:legal', '', '{ada}', created_at from approval
                 on conflict do nothing;
                 analyze approval; analyze approval_seat",
            )
            .await
            .unwrap();
        let readers = ["user:bob", "group:legal", "group:finance"];
        assert_eq!(counts(store, "bob", &readers).await, (1, 1000, 0), "no further than that");
        assert_eq!(listed(store, &ListQuery { limit: 3, ..all_of(to_decide("bob", &readers)) }).await[0], 1);
        let plan: String = admin
            .fetch_all(
                "explain (analyze, buffers, costs off, timing off, summary off)
                 select s.created_at, s.approval_id from approval_seat s
                 where s.tenant = 'acme' and s.candidate = 'group:legal' and s.holder = '' and not 'bob' = any (s.barred)
                 order by s.created_at desc, s.approval_id desc limit 50",
            )
            .await
            .unwrap()
            .iter()
            .map(|row| row.get::<String, _>(0) + "\n")
            .collect();
        assert!(plan.contains("approval_seat_by_candidate") && !plan.contains("Sort"), "{plan}");
        fixture
    })
    .await;
}
