//! What channels and their keys are called. The only place where the backplane makes a name.

use octavo_domain_realtime::Channel;

/// Into how many parts the channels are divided. All nodes count alike: changing it needs all of them to stop.
pub(super) const PARTITIONS: u64 = 128;

/// The names of one database.
#[derive(Debug, Clone)]
pub(super) struct Names {
    /// Redis' pub/sub knows no databases: without it two environments on one server would hear each other.
    database: i64,
}

impl Names {
    pub(super) fn new(database: i64) -> Self {
        Self { database }
    }

    /// The channel's name in Redis.
    pub(super) fn channel(&self, channel: &Channel) -> String {
        format!("octavo:live:{}:{}:{channel}", self.database, tag(partition(channel)))
    }

    /// The channel of a name that [`Self::channel`] made; none for anybody else's.
    pub(super) fn channel_of(&self, name: &[u8]) -> Option<Channel> {
        let name = std::str::from_utf8(name).ok()?;
        let rest = name.strip_prefix("octavo:live:")?.strip_prefix(&self.database.to_string())?;
        let (_, channel) = rest.strip_prefix(":{p")?.split_once("}:")?;
        Some(Channel::of_wire(channel))
    }

    /// The key of the channel's history, a stream.
    pub(super) fn history(&self, channel: &Channel) -> String {
        format!("octavo:history:{}:{channel}", tag(partition(channel)))
    }

    /// The key of the epoch that was promised to whoever asked before anything was published.
    pub(super) fn promise(&self, channel: &Channel) -> String {
        format!("octavo:epoch:{}:{channel}", tag(partition(channel)))
    }
}

/// Hash tag: everything of a partition lies on one slot of a cluster.
fn tag(partition: u64) -> String {
    format!("{{p{partition:03}}}")
}

/// FNV-1a over the channel's text: nothing but spreading is asked of it, and that every version counts alike.
pub(super) fn partition(channel: &Channel) -> u64 {
    let hash = channel
        .as_str()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    // The low bits of FNV know little of the last bytes' high ones.
    (hash ^ (hash >> 32)) % PARTITIONS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_gives_its_channel_back() {
        let names = Names::new(3);
        for text in ["nodes", "n:abcdefgh", "t:acme:chat:g:a}:b{c}: d", "t:acme:chat:g:é"] {
            let channel = Channel::of_wire(text);
            let name = names.channel(&channel);
            assert_eq!(names.channel_of(name.as_bytes()), Some(channel), "{name}");
            assert_eq!(Names::new(2).channel_of(name.as_bytes()), None, "another database's");
            assert_eq!(Names::new(30).channel_of(name.as_bytes()), None, "another database's");
        }
        for foreign in [&b"news"[..], b"octavo:live:3:x", b"octavo:live:3:{p1", b"\xff"] {
            assert_eq!(names.channel_of(foreign), None);
        }
    }

    #[test]
    fn all_names_of_a_channel_carry_the_tag_of_its_partition() {
        let (names, channel) = (Names::new(0), Channel::of_wire("t:acme:chat:g:{x}"));
        let tag = tag(partition(&channel));
        for name in [names.channel(&channel), names.history(&channel), names.promise(&channel)] {
            assert_eq!(&name[name.find('{').unwrap()..=name.find('}').unwrap()], tag, "{name}");
        }
    }

    #[test]
    fn partitions_are_the_same_in_every_version_and_about_equally_full() {
        let known = ["nodes", "n:abcdefgh", "t:acme:chat:all"].map(|text| partition(&Channel::of_wire(text)));
        assert_eq!(known, [72, 56, 16]);
        let mut full = vec![0; 128];
        for n in 0..12_800 {
            full[usize::try_from(partition(&Channel::of_wire(&format!("t:acme:chat:g:{n}")))).unwrap()] += 1;
        }
        assert!(full.iter().all(|count| (50..=160).contains(count)), "{full:?}");
    }
}
