//! Nobody is reminded of what was settled.

use crate::approvals_fixture::{approval, change, commit, create, decided, ending, event};
use crate::fixture::everywhere;
use crate::notify_fixture::{acme, id, user};
use octavo_adapters_postgres::Postgres;
use octavo_domain_approvals::EventKind;
use octavo_domain_notify::{Matter, NotifyStore};

async fn stands(store: &Postgres, number: u128, seat: Option<u32>, name: Option<&str>) -> bool {
    let matter = Matter::Approval { approval: id(number), seat };
    store.matter_stands(&acme(), &matter, name.map(user).as_ref()).await.unwrap()
}

#[tokio::test]
async fn an_approval_is_told_of_while_it_is_open_and_a_seat_while_it_waits() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let asked = create(store, approval(1, "Approve", &["user:bob", "user:eve"])).await;
        assert!(stands(store, 1, None, Some("bob")).await && stands(store, 1, None, None).await);
        assert!(stands(store, 1, Some(0), Some("bob")).await && stands(store, 1, Some(0), None).await);
        assert!(!stands(store, 1, Some(0), Some("ada")).await, "she asked for it");
        assert!(!stands(store, 1, Some(1), Some("bob")).await, "there is no such seat");
        assert!(!stands(store, 2, None, None).await, "nor such an approval");

        let claimed = event(2, Some("bob"), EventKind::Claimed { seat: 0 });
        let claimed = change(&asked, vec![claimed], |approval| {
            approval.stages[0].seats[0].claimed_by = Some(user("bob"));
        });
        let asked = commit(store, &claimed).await;
        assert!(stands(store, 1, Some(0), Some("bob")).await);
        assert!(!stands(store, 1, Some(0), Some("eve")).await, "it is bob's");
        assert!(stands(store, 1, None, Some("eve")).await, "the whole is open");

        commit(store, &ending(&asked, "bob")).await;
        assert!(!stands(store, 1, Some(0), Some("bob")).await && !stands(store, 1, None, None).await);
        fixture
    })
    .await;
}

#[tokio::test]
async fn a_seat_that_was_decided_waits_no_more_while_others_do() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let mut two = approval(1, "Approve", &["user:bob", "user:eve"]);
        let mut second = two.stages[0].seats[0].clone();
        second.number = 1;
        second.open = false;
        two.stages[0].seats.push(second);
        two.stages[0].needed = 2;
        let asked = create(store, two).await;
        assert!(!stands(store, 1, Some(1), Some("bob")).await, "it is not its turn");
        let first = change(&asked, vec![decided(2, "bob")], |approval| {
            let seats = &mut approval.stages[0].seats;
            seats[0].open = false;
            seats[1].open = true;
        });
        commit(store, &first).await;
        assert!(!stands(store, 1, Some(0), Some("eve")).await);
        assert!(stands(store, 1, Some(1), Some("eve")).await);
        fixture
    })
    .await;
}
