//! Schemas that are not understood.

use super::refused;

const NOTE: &str = "components.schemas.Note";

#[test]
fn a_reference_to_nothing() {
    refused(
        "form: {$ref: '#/components/schemas/Form'",
        "form: {$ref: '#/components/schemas/Nothing'",
        &format!("{NOTE}.properties.form: the $ref `#/components/schemas/Nothing` leads to nothing"),
    );
}

#[test]
fn a_keyword_that_the_type_does_not_take() {
    refused(
        "{type: integer, format: int32, minimum: 1,",
        "{type: integer, format: int32, maxLength: 1,",
        &format!("{NOTE}.properties.size: an integer cannot have `maxLength`"),
    );
}

#[test]
fn an_unknown_type() {
    refused(
        "{type: integer, format: int32, minimum",
        "{type: tuple, minimum",
        &format!("{NOTE}.properties.size: unknown type `tuple`"),
    );
}

#[test]
fn an_unknown_format() {
    refused(
        "text: {type: string, maxLength: 10,",
        "text: {type: string, format: morse,",
        &format!("{NOTE}.properties.text: unknown format `morse`"),
    );
}

#[test]
fn a_number_without_a_width() {
    refused(
        "format: int32, minimum: 1,",
        "minimum: 1,",
        "properties.size: an integer needs the format int32 or int64",
    );
}

#[test]
fn a_type_that_is_missing() {
    refused(
        "text: {type: string, maxLength: 10,",
        "text: {maxLength: 10,",
        "properties.text: has no type and no $ref",
    );
}

#[test]
fn limits_that_nothing_keeps() {
    refused(
        "text: {type: string, maxLength: 10,",
        "text: {type: string, minLength: 11, maxLength: 10,",
        "properties.text.minLength: 11 is more than the maximum, 10",
    );
}

#[test]
fn an_enum_without_a_name() {
    refused(
        "text: {type: string, maxLength: 10,",
        "text: {type: string, enum: [A],",
        "every enum is a schema of its own",
    );
}

#[test]
fn an_object_without_a_name() {
    refused(
        "text: {type: string, maxLength: 10,",
        "text: {type: object,",
        "one with properties is a schema of its own",
    );
}

#[test]
fn a_schema_of_another_form() {
    refused(
        "    Square:\n      type: object",
        "    Square:\n      type: integer",
        "components.schemas.Square: must be an object, an enum of strings, or a oneOf with a discriminator",
    );
}

#[test]
fn a_schema_that_nothing_uses() {
    refused(
        "    Colour:\n",
        "    Lonely: {type: object, description: Alone.}\n    Colour:\n",
        "components.schemas.Lonely: no operation and no callback uses it",
    );
}

#[test]
fn a_schema_in_both_files() {
    refused(
        "    Pad:\n",
        "    Note: {type: object, description: Another.}\n    Pad:\n",
        "another file has a schema of this name",
    );
}

#[test]
fn a_property_without_a_description() {
    refused(
        "id: {type: string, description: Its id.}",
        "id: {type: string}",
        "properties.id: needs a description",
    );
}

#[test]
fn a_required_property_that_is_none() {
    refused("required: [id]", "required: [ids]", &format!("{NOTE}.required: `ids` is no property"));
}

#[test]
fn a_member_of_a_choice_that_is_no_property() {
    refused(
        "x-one-of: [text, form]",
        "x-one-of: [text, from]",
        &format!("{NOTE}.x-one-of: `from` is no property"),
    );
}

#[test]
fn a_member_of_a_choice_that_is_required() {
    refused(
        "x-one-of: [text, form]",
        "x-one-of: [text, id]",
        &format!("{NOTE}.x-one-of: `id` cannot be one of several"),
    );
}

#[test]
fn several_choices_in_a_model() {
    refused(
        "x-one-of: [text, form]",
        "x-one-of: [[text, form], [colour, size]]",
        &format!("{NOTE}: several choices in one object are not supported in models"),
    );
}

#[test]
fn a_number_that_depends_on_what_is_no_enum() {
    refused(
        "x-one-of: [text, form]",
        "x-phone-number-when: {property: text, by: id, in: [SMS]}",
        &format!("{NOTE}.x-phone-number-when: `id` is not an enum"),
    );
}

#[test]
fn a_default_that_is_none_of_the_values() {
    refused(
        "default: RED,",
        "default: GREEN,",
        "properties.colour.default: `GREEN` is no value of this type",
    );
}

#[test]
fn a_note_on_what_is_no_value() {
    refused(
        "x-values: {RED:",
        "x-values: {GREEN:",
        "components.schemas.Colour.x-values: `GREEN` is none of the values",
    );
}

#[test]
fn the_same_value_twice() {
    refused(
        "enum: [RED, BLUE]",
        "enum: [RED, BLUE, RED]",
        "components.schemas.Colour.enum: `RED` stands here twice",
    );
}

#[test]
fn secret_and_personal_at_once() {
    refused(
        "maxLength: 10,",
        "maxLength: 10, x-secret: true, x-personal: true,",
        "properties.text: is x-secret and x-personal",
    );
}

#[test]
fn free_form_json_that_anybody_may_read() {
    refused(
        "text: {type: string, maxLength: 10,",
        "text: {type: object, additionalProperties: true,",
        "properties.text: free-form JSON must be x-personal",
    );
}

#[test]
fn keys_that_are_no_enum() {
    refused(
        "propertyNames: {$ref: '#/components/schemas/Colour'}",
        "propertyNames: {type: string}",
        "properties.labels.propertyNames: must be a $ref to an enum",
    );
}

#[test]
fn a_union_without_a_tag() {
    refused(
        "      discriminator: {propertyName: kind, mapping: {square: '#/components/schemas/Square'}}\n",
        "",
        "components.schemas.Form: oneOf needs a discriminator",
    );
}

#[test]
fn a_form_whose_tag_is_another_one() {
    refused(
        "const: square,",
        "const: round,",
        "components.schemas.Form.discriminator: `Square` needs the property `kind` with the const `square`",
    );
}

#[test]
fn a_tag_for_what_is_no_form() {
    refused(
        "mapping: {square: '#/components/schemas/Square'}",
        "mapping: {square: '#/components/schemas/Notes'}",
        "components.schemas.Form.discriminator.mapping.square: `Notes` is not in oneOf",
    );
}

#[test]
fn a_value_that_could_never_end() {
    refused(
        "      required: [kind]\n      properties:",
        "      required: [kind, inner]\n      properties:\n        inner: {$ref: '#/components/schemas/Square', description: In it.}",
        "components.schemas.Square.properties.inner: is required and leads back to its own schema",
    );
}

#[test]
fn a_property_of_the_api_that_must_be_written() {
    refused(
        "required: [id]",
        "required: [id, set_by_api]",
        &format!("{NOTE}.properties.set_by_api: the API sets it"),
    );
}
