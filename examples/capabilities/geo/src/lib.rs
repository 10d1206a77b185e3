//! Functions of an embedder's own for policies, as a component: `acme.geo.distance` of `functions.json` beside this.
//!
//! A namespace is an interface of the package `warrego:functions`. A function takes each argument as JSON text and returns JSON text, none for undefined, or a
//! message that says what is wrong.

mod bindings {
    #![allow(missing_docs, reason = "generated")]
    wit_bindgen::generate!({
        inline: "
            package warrego:functions@0.2.0;

            interface acme-geo {
                distance: func(%from: string, to: string) -> result<option<string>, string>;
            }

            world geo {
                export acme-geo;
            }
        ",
        world: "geo",
    });
}

use bindings::exports::warrego::functions::acme_geo::Guest;

/// The mean radius of the earth in metres.
const RADIUS: f64 = 6_371_008.8;

/// The component.
pub struct Geo;

#[cfg(target_arch = "wasm32")]
bindings::export!(Geo with_types_in bindings);

impl Guest for Geo {
    fn distance(from: String, to: String) -> Result<Option<String>, String> {
        let metres = distance(place(&from)?, place(&to)?);
        Ok(Some(metres.round().to_string()))
    }
}

/// Latitude and longitude in degrees.
fn place(json: &str) -> Result<[f64; 2], String> {
    let numbers: Vec<f64> = serde_json::from_str(json).map_err(|error| format!("not a place: {error}"))?;
    match numbers[..] {
        [latitude, longitude] if latitude.abs() <= 90.0 && longitude.abs() <= 180.0 => Ok([latitude, longitude]),
        _ => Err("a place is latitude and longitude in degrees".to_owned()),
    }
}

/// The distance on a sphere.
fn distance(from: [f64; 2], to: [f64; 2]) -> f64 {
    let [latitude, longitude] = from.map(f64::to_radians);
    let [other_latitude, other_longitude] = to.map(f64::to_radians);
    let half = |angle: f64| (angle / 2.0).sin().powi(2);
    let chord = half(other_latitude - latitude) + latitude.cos() * other_latitude.cos() * half(other_longitude - longitude);
    2.0 * RADIUS * chord.sqrt().min(1.0).asin()
}
