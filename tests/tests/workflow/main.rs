//! Workflows as stock clients see them (boto3, the AWS CLI, `aws-sdk-sfn`), and while everything around them dies.
//!
//! [`desk`] starts a platform with people, their access keys, and a function that workflows may call. To add a client: its
//! script in `clients/`, its line in `clients.rs`.

mod clients;
mod desk;
mod faults;
mod kinds;
mod load;
mod sdk;
