//! Archives that are larger than they look, or that are not whole.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use warrego_bundle::{Error, files};

/// A gzipped tarball of one file that says it has `size` bytes, and has `content`.
fn archive(name: &str, size: u64, content: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    let mut header = tar::Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_size(size);
    header.set_cksum();
    packed.write_all(header.as_bytes()).unwrap();
    packed.write_all(content).unwrap();
    packed.finish().unwrap()
}

#[test]
fn a_bomb_ends_at_the_limit() {
    let zeros = vec![0; 1 << 20];
    // What is not part of a bundle is not kept, but counts; so does what follows the archive's end.
    for (name, size) in [
        ("data.json", 1 << 20),
        ("readme", 1 << 20),
        ("readme", 0),
        ("data.json", u64::MAX >> 8),
    ] {
        let limit = 1 << 19;
        assert_eq!(
            files(&archive(name, size, &zeros), limit),
            Err(Error::TooLarge { limit }),
            "{name} {size}"
        );
    }
    assert_eq!(
        files(&archive("data.json", 1 << 20, &zeros), 1 << 22).unwrap()[0].bytes.len(),
        1 << 20
    );
}

#[test]
fn members_follow_each_other_and_garbage_does_not_count() {
    let content = [b'1'; 512];
    let whole = archive("data.json", 512, &content);
    let mut two = archive("data.json", 512, &[]);
    let mut rest = GzEncoder::new(Vec::new(), Compression::fast());
    rest.write_all(&content).unwrap();
    two.extend(rest.finish().unwrap());
    assert_eq!(files(&two, 1 << 20), files(&whole, 1 << 20));
    two.extend(b"garbage");
    assert_eq!(files(&two, 1 << 20), files(&whole, 1 << 20));
}

#[test]
fn what_is_cut_off_or_changed_is_refused() {
    let whole = archive("data.json", 512, &[b'1'; 512]);
    assert!(files(&whole, 1 << 20).is_ok());
    for len in 0..whole.len() {
        assert!(matches!(files(&whole[..len], 1 << 20), Err(Error::Archive(_))), "{len}");
    }
    // The checksum is the last thing but the size.
    let mut changed = whole.clone();
    let at = changed.len() - 6;
    changed[at] ^= 1;
    assert!(matches!(files(&changed, 1 << 20), Err(Error::Archive(_))));
}
