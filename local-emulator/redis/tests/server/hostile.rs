//! Bytes that no client would send: the server answers or hangs up, and goes on serving everybody else.
//!
//! Good pipelines are changed at random: bytes turned, cut out, put in, doubled, numbers exchanged for extreme ones. How many is
//! said by `OCTAVO_TEST_HOSTILE`, which ones by `OCTAVO_TEST_SEED`, which is printed.

use local_emulator_redis::{Options, Server};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Inputs, where nobody asks for more.
const INPUTS: u32 = 1_500;
/// Changes of one input.
const CHANGES_MAX: usize = 6;
/// How long an answer may take.
const WITHIN: Duration = Duration::from_secs(60);

const GOOD: [&[u8]; 9] = [
    b"*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n",
    b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nvalue\r\n*2\r\n$4\r\nINCR\r\n$1\r\nk\r\n",
    b"PING\r\nSET k \"a b\\x00\"\r\nGET 'k'\r\n",
    b"*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n*2\r\n$7\r\nHGETALL\r\n$1\r\nh\r\n",
    b"*1\r\n$5\r\nMULTI\r\n*3\r\n$4\r\nLPUSH\r\n$1\r\nl\r\n$1\r\n1\r\n*1\r\n$4\r\nEXEC\r\n",
    b"*5\r\n$4\r\nXADD\r\n$1\r\nx\r\n$3\r\n1-*\r\n$1\r\nf\r\n$1\r\nv\r\n*4\r\n$6\r\nXRANGE\r\n$1\r\nx\r\n$1\r\n-\r\n$1\r\n+\r\n",
    b"*4\r\n$4\r\nEVAL\r\n$29\r\nreturn redis.call('GET', 'k') \r\n$1\r\n0\r\n$1\r\na\r\n",
    b"*2\r\n$9\r\nSUBSCRIBE\r\n$2\r\nch\r\n*3\r\n$7\r\nPUBLISH\r\n$2\r\nch\r\n$1\r\nm\r\n",
    b"*6\r\n$4\r\nZADD\r\n$1\r\nz\r\n$4\r\n-inf\r\n$1\r\na\r\n$3\r\n1e5\r\n$1\r\nb\r\n*4\r\n$6\r\nZRANGE\r\n$1\r\nz\r\n$1\r\n0\r\n$2\r\n-1\r\n",
];

/// What is put in the place of numbers.
const EXTREMES: [&[u8]; 10] = [
    b"-1",
    b"0",
    b"-9223372036854775808",
    b"9223372036854775807",
    b"18446744073709551615",
    b"1048577",
    b"536870913",
    b"00000001",
    b"1e9",
    b"",
];

fn hostile(random: &mut StdRng) -> Vec<u8> {
    let mut bytes = GOOD.choose(random).map_or(Vec::new(), |good| good.to_vec());
    for _ in 0..random.random_range(1..=CHANGES_MAX) {
        if bytes.is_empty() {
            break;
        }
        let at = random.random_range(0..bytes.len());
        let end = random.random_range(at..bytes.len().min(at + 16));
        match random.random_range(0..6) {
            0 => bytes[at] = random.random(),
            1 => drop(bytes.drain(at..=end)),
            2 => bytes.insert(at, *b"\r\n*$:0\0\xff\"'".choose(random).expect("there are some")),
            3 => {
                let piece = bytes[at..=end].to_vec();
                bytes.splice(at..at, piece);
            }
            4 => bytes.truncate(at),
            _ => {
                let digits = bytes[at..].iter().position(u8::is_ascii_digit).map(|found| at + found);
                if let (Some(from), Some(extreme)) = (digits, EXTREMES.choose(random)) {
                    let to = bytes[from..].iter().position(|byte| !byte.is_ascii_digit());
                    bytes.splice(from..to.map_or(bytes.len(), |to| from + to), extreme.iter().copied());
                }
            }
        }
    }
    bytes
}

#[expect(clippy::disallowed_methods, reason = "tests have no settings")]
fn number(variable: &str) -> Option<u32> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{variable} is to be a number")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_bytes_come_the_server_goes_on() {
    let seed = number("OCTAVO_TEST_SEED").unwrap_or_else(rand::random);
    let inputs = number("OCTAVO_TEST_HOSTILE").unwrap_or(INPUTS);
    println!("OCTAVO_TEST_SEED={seed}: {inputs} inputs");
    // Small limits, so that what is promised and not sent is refused instead of waited for.
    let options = Options { bulk_bytes_max: 1 << 20, query_buffer_bytes_max: 4 << 20, ..Options::default() };
    let server = Server::start(options).await.unwrap();
    let mut random = StdRng::seed_from_u64(seed.into());
    let mut neighbour = TcpStream::connect(server.addr()).await.unwrap();
    for input in 0..inputs {
        let bytes = hostile(&mut random);
        let mut client = TcpStream::connect(server.addr()).await.unwrap();
        // It may have hung up already.
        let _ = client.write_all(&bytes).await;
        let _ = client.shutdown().await;
        // The end of what it was sent ends what it says.
        let mut said = Vec::new();
        let ended = timeout(WITHIN, client.read_to_end(&mut said)).await;
        assert!(ended.is_ok(), "input {input} of seed {seed} is not answered: {:?}", String::from_utf8_lossy(&bytes));
        neighbour.write_all(b"*1\r\n$4\r\nPING\r\n").await.unwrap();
        let mut pong = [0; 7];
        let answered = timeout(WITHIN, neighbour.read_exact(&mut pong)).await;
        assert!(
            matches!(answered, Ok(Ok(_))) && &pong == b"+PONG\r\n",
            "after input {input} of seed {seed} nobody is served: {:?}",
            String::from_utf8_lossy(&bytes)
        );
    }
    server.shutdown().await;
}
