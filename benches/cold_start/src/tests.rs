//! What benches/support has. Its files are also part of benchmarks that have no tests.

use crate::{page::with_section, spread::Spread};

#[track_caller]
fn assert_spread(figures: &[f64], lower: f64, median: f64, upper: f64) {
    let expected = Spread {
        lower,
        median,
        upper,
    };
    assert_eq!(Spread::of(figures.iter().copied()), Some(expected));
}

#[test]
fn quartiles_lie_between_figures_where_they_must() {
    assert_eq!(Spread::of([]), None);
    assert_spread(&[7.0], 7.0, 7.0, 7.0);
    assert_spread(&[2.0, 1.0], 1.25, 1.5, 1.75);
    assert_spread(&[5.0, 1.0, 3.0, 2.0, 4.0], 2.0, 3.0, 4.0);
    assert_spread(&[4.0, 1.0, 3.0, 2.0], 1.75, 2.5, 3.25);
}

#[test]
fn a_section_of_a_page_is_replaced_and_nothing_else() {
    let page = "before\n<!-- size: begin -->\nold\n<!-- size: end -->\nafter\n";
    let replaced = "before\n<!-- size: begin -->\n\nnew\n\n<!-- size: end -->\nafter\n";
    assert_eq!(with_section(page, "size", "new\n").as_deref(), Ok(replaced));
    // Again, and it stays.
    let again = with_section(replaced, "size", "new");
    assert_eq!(again.as_deref(), Ok(replaced));
    assert!(with_section(page, "time", "new").is_err());
}
