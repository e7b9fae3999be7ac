//! Names that Rust cannot have.

use super::{refused, refused_together};

#[test]
fn two_properties_that_become_one() {
    refused(
        "        size: {",
        "        ID: {",
        "components.schemas.Note.properties: `id` and `ID` would both be `id` in Rust",
    );
}

#[test]
fn two_values_that_become_one() {
    refused(
        "enum: [RED, BLUE]",
        "enum: [RED, BLUE, red]",
        "components.schemas.Colour.enum: `RED` and `red` would both be `Red` in Rust",
    );
}

#[test]
fn two_schemas_that_become_one() {
    refused_together(
        &[
            ("    Colour:\n", "    note: {type: object, description: Another.}\n    Colour:\n"),
            ("text: {type: string, maxLength: 10,", "text: {$ref: '#/components/schemas/note',"),
        ],
        "components.schemas: `Note` and `note` would both be `NOTE` in Rust",
    );
}

#[test]
fn a_schema_called_like_what_is_generated_for_another() {
    refused_together(
        &[
            ("    Colour:\n", "    NoteKind: {type: object, description: Another.}\n    Colour:\n"),
            ("text: {type: string, maxLength: 10,", "text: {$ref: '#/components/schemas/NoteKind',"),
        ],
        "components.schemas: `NoteKind` and `the choice in Note` would both be `NoteKind` in Rust",
    );
}

#[test]
fn a_value_whose_name_is_taken() {
    refused(
        "enum: [RED, BLUE]",
        "enum: [RED, UNRECOGNIZED]",
        "`UNRECOGNIZED` would be the variant `Unrecognized`, which is taken",
    );
    refused("enum: [RED, BLUE]", "enum: [RED, self]", "`self` would be the variant `Self`, which is taken");
}

#[test]
fn a_value_without_a_letter() {
    refused(
        "enum: [RED, BLUE]",
        "enum: [RED, '*']",
        "`*` has neither a letter nor a digit to make a name of",
    );
}

#[test]
fn an_option_that_every_request_has_already() {
    refused(
        "        sheets: {",
        "        timeout: {",
        "pads.fill: every request has a method `timeout` already",
    );
}

#[test]
fn a_setter_called_like_what_makes_the_object() {
    refused(
        "        sheets: {",
        "        new: {",
        "components.schemas.Pad: `a constructor` and `a setter` would both be `new` in Rust",
    );
}
