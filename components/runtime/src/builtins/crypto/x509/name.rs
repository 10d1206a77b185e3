//! Distinguished names.

use super::super::der::{Der, Oid, tag};
use super::super::failure::{Failure, Outcome};
use super::super::json::Json;

/// A name: its attributes in a row.
#[derive(Debug, Clone, Default)]
pub struct Name<'a> {
    pub attributes: Vec<Attribute<'a>>,
}

/// What a name says about one thing.
#[derive(Debug, Clone)]
pub struct Attribute<'a> {
    pub id: Oid<'a>,
    pub value: Text,
}

/// A value of an attribute, in JSON as Go writes what it was read into.
#[derive(Debug, Clone)]
pub enum Text {
    String(Vec<u8>),
    /// Anything else: JSON text.
    Other(Vec<u8>),
}

/// The string in a value of one of the types of strings.
pub fn string(tag: u8, content: &[u8]) -> Outcome<Vec<u8>> {
    let checked = |valid: bool, problem: &'static str| if valid { Ok(content.to_vec()) } else { Err(Failure::from(problem)) };
    match tag {
        tag::T61_STRING => Ok(content.iter().map(|byte| char::from(*byte)).collect::<String>().into_bytes()),
        tag::PRINTABLE_STRING => checked(content.iter().all(|byte| is_printable(*byte)), "invalid PrintableString"),
        tag::UTF8_STRING => checked(core::str::from_utf8(content).is_ok(), "invalid UTF-8 string"),
        tag::BMP_STRING => bmp_string(content).ok_or(Failure::from("invalid BMPString")),
        tag::IA5_STRING => checked(content.is_ascii(), "invalid IA5String"),
        tag::NUMERIC_STRING => checked(
            content.iter().all(|byte| byte.is_ascii_digit() || *byte == b' '),
            "invalid NumericString",
        ),
        _ => Err(Failure::of(&[
            b"unsupported string type: ",
            &super::super::number::small(i64::from(tag)),
        ])),
    }
}

fn is_printable(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"'()+,-./ :=?*&".contains(&byte)
}

/// Two bytes a character, none of them a surrogate or reserved for good.
fn bmp_string(content: &[u8]) -> Option<Vec<u8>> {
    let content = content
        .strip_suffix(&[0, 0])
        .filter(|_| content.len().is_multiple_of(2))
        .unwrap_or(content);
    let text: Option<String> = content
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => {
                let point = u32::from(*high) << 8 | u32::from(*low);
                char::from_u32(point).filter(|_| !matches!(point, 0xfffe | 0xffff | 0xfdd0..=0xfdef))
            }
            _ => None,
        })
        .collect();
    text.map(String::into_bytes)
}

impl<'a> Name<'a> {
    /// The name in a certificate.
    pub fn parse(der: &'a [u8]) -> Outcome<Name<'a>> {
        let malformed = || Failure::from("x509: invalid RDNSequence");
        let mut names = Der(der).enter(tag::SEQUENCE).ok_or_else(malformed)?;
        let mut attributes = Vec::new();
        while !names.is_empty() {
            let mut set = names.enter(tag::SET).ok_or_else(malformed)?;
            while !set.is_empty() {
                let mut pair = set
                    .enter(tag::SEQUENCE)
                    .ok_or(Failure::from("x509: invalid RDNSequence: invalid attribute"))?;
                let id = pair
                    .oid()
                    .ok_or(Failure::from("x509: invalid RDNSequence: invalid attribute type"))?;
                let value = pair
                    .any()
                    .ok_or(Failure::from("x509: invalid RDNSequence: invalid attribute value"))?;
                let value = string(value.tag, value.content)
                    .map_err(|failure| failure.behind("x509: invalid RDNSequence: invalid attribute value: "))?;
                let value = Text::String(value);
                attributes.push(Attribute { id, value });
            }
        }
        Ok(Name { attributes })
    }

    /// The values of `2.5.4.number` that are strings.
    fn values(&self, number: u8) -> Vec<&[u8]> {
        let values = self.attributes.iter().filter_map(|attribute| match &attribute.value {
            Text::String(value) if attribute.id.0 == [0x55, 4, number] => Some(value.as_slice()),
            _ => None,
        });
        values.collect()
    }

    /// As Go's structure is written in JSON.
    pub fn write(&self, json: &mut Json) {
        const LISTS: [(&str, u8); 7] = [
            ("Country", 6),
            ("Organization", 10),
            ("OrganizationalUnit", 11),
            ("Locality", 7),
            ("Province", 8),
            ("StreetAddress", 9),
            ("PostalCode", 17),
        ];
        json.object(|json| {
            for (key, number) in LISTS {
                json.key(key).strings(&self.values(number));
            }
            for (key, number) in [("SerialNumber", 5), ("CommonName", 3)] {
                json.key(key).string(self.values(number).last().copied().unwrap_or_default());
            }
            json.key("Names").list(&self.attributes, |json, attribute| attribute.write(json));
            json.key("ExtraNames").null();
        });
    }
}

impl Attribute<'_> {
    /// As Go's structure is written in JSON.
    pub fn write(&self, json: &mut Json) {
        json.object(|json| {
            json.key("Type").oid(&self.id);
            match &self.value {
                Text::String(value) => json.key("Value").string(value),
                Text::Other(value) => json.key("Value").raw(value),
            }
        });
    }
}
