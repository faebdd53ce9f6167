//! The stock `y-websocket` client, at two nodes.

use crate::CLIENTS;
use crate::cluster::Cluster;
use octavo_tests::script::{self, judge, node_clients};

#[tokio::test(flavor = "multi_thread")]
async fn stock_yjs_clients_edit_together_at_two_nodes() {
    let Some(place) = node_clients(CLIENTS) else { return };
    let cluster = Cluster::start().await;
    let said = script::run("yjs_editing.mjs", &place, &cluster.settings()).await;
    judge(&[said], || cluster.logs());
}
